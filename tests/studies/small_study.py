"""A study that trains in seconds: two people, two actions, two networks in three rows."""

import json

import numpy as np

from keras_nonlocal.studies.study import Trial, recipe_of
from keras_nonlocal.video.decoding.write import write_video

PEOPLE = ("ann", "bob")
RECIPE = {
    "task": "video_classification",
    "builder": "c2d_small",
    "num_frames": 2,
    "frame_stride": 1,
    "size": [24, 24],
    "arguments": {"variant": "slowfast"},
    "epochs": 1,
    "batch_size": 4,
    "test_num_clips": 1,
}
BLOCK = {"builder": "nl_c2d_small", "arguments.blocks": 1}
STUDY = {
    "about": "Small networks",
    "recipe": "recipe.json",
    "seeds": [0, 1],
    "group": "^([a-z]+)_",
    "rows": [
        {"table": "a: blocks", "name": "none", "changes": {}},
        {"table": "a: blocks", "name": "one", "changes": BLOCK},
        {"table": "b: again", "name": "C2D", "changes": {}},
    ],
}


def write_videos(folder):
    """A video of each person and action, whose names begin with the person's."""
    rng = np.random.default_rng(0)
    for action in ("jump", "walk"):
        for person in PEOPLE:
            video = rng.integers(0, 255, (3, 24, 24, 3), "uint8")
            write_video(folder / action / f"{person}_{action}.mp4", video)
    return folder


def write_study(folder, **changes):
    """The study's file, with its recipe beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "recipe.json").write_text(json.dumps(RECIPE))
    (folder / "study.json").write_text(json.dumps({**STUDY, **changes}))
    return folder / "study.json"


def write_results(folder, study, recipe, groups, right, videos=10):
    """Results as a study leaves them: `right[row][seed][group]`; `None` for one that is missing."""
    (folder / "results").mkdir(parents=True, exist_ok=True)
    for row, of_row in zip(study.rows, right, strict=True):
        for seed, of_seed in zip(study.seeds, of_row, strict=True):
            for group, count in zip(groups, of_seed, strict=True):
                if count is None:
                    continue
                values = {"group": group, "seed": seed, "videos": videos, "right": count}
                text = json.dumps({**values, "loss": 0.5, "seconds": 10.0 + seed})
                key = Trial(recipe_of(row, recipe, seed), group).key
                (folder / "results" / f"{key}.json").write_text(text)
