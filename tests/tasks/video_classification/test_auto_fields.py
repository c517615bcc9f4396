"""Fields of a recipe that are "auto" become numbers that fit the training videos."""

import json
from dataclasses import replace

import numpy as np
import pytest

from keras_nonlocal.data.manifest import Entry, Manifest
from keras_nonlocal.data.sources.read import read_source
from keras_nonlocal.tasks.recipes import find_recipe, read_recipe
from keras_nonlocal.tasks.video_classification.auto_fields import resolved
from keras_nonlocal.tasks.video_classification.recipe import VideoRecipe
from keras_nonlocal.tasks.video_classification.task import VideoClassification
from keras_nonlocal.training.recipe_files import change_recipe, write_recipe
from keras_nonlocal.video.decoding.write import write_video
from keras_nonlocal.video.shards.writing import write_shards

AUTO = VideoRecipe("c2d_small", "auto", 1, "auto", seconds="auto", steps=4)


def scanned(lengths, fps=20.0, size=(480, 640), **values):
    """Videos of these lengths in seconds, which a scan has described."""
    return Manifest(
        tuple(
            Entry(f"{index}.mp4", frames=round(each * fps), fps=fps, height=size[0], width=size[1])
            for index, each in enumerate(lengths)
        )
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Four videos of 3 seconds, 60 x 80."""
    folder = tmp_path_factory.mktemp("clips")
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        for index in range(2):
            video = rng.integers(0, 256, (30, 60, 80, 3), "uint8")
            write_video(folder / name / f"{index}.mp4", video, fps=10)
    return folder


def test_a_clip_covers_all_but_the_longest_videos():
    seconds = resolved(AUTO, scanned([*np.linspace(1, 4, 40), 30])).seconds
    assert 3.7 < seconds <= 4


@pytest.mark.parametrize(
    ("length", "frames"), [(0.5, 16), (2.5, 24), (3.0, 24), (3.1, 32), (60, 32)]
)
def test_frames_follow_the_median_length(length, frames):
    assert resolved(AUTO, scanned([length] * 3)).num_frames == frames


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((480, 640), (40, 48)),
        ((640, 480), (48, 40)),
        ((1080, 1920), (40, 64)),
        ((144, 180), (40, 48)),
        ((100, 100), (40, 40)),
        ((30, 36), (24, 24)),
        ((6, 200), (8, 64)),
    ],
)
def test_the_size_follows_the_shorter_side_and_the_aspect(size, expected):
    assert resolved(AUTO, scanned([2], size=size)).size == expected


def test_a_part_of_a_video_counts_with_its_own_length():
    (entry,) = scanned([60]).entries
    part = Manifest((replace(entry, start=10, end=12.5),))
    assert resolved(AUTO, part).seconds == 2.5


def test_numbers_of_a_recipe_stay():
    recipe = AUTO.changed(num_frames=5)
    assert resolved(recipe, scanned([2])).num_frames == 5
    done = resolved(recipe, scanned([2]))
    assert resolved(done, scanned([9])) is done


def test_files_are_opened_if_no_scan_has_described_them(folder):
    assert resolved(AUTO, read_source(folder)) == AUTO.changed(
        num_frames=24, size=(40, 48), seconds=3.0
    )


def test_files_that_cannot_be_opened_are_left_out_unless_there_are_no_others(folder, tmp_path):
    (tmp_path / "no.mp4").write_text("no video")
    both = [str(tmp_path / "no.mp4"), str(folder / "a" / "0.mp4")]
    assert resolved(AUTO, read_source(both)).seconds == 3.0
    with pytest.raises(ValueError, match=r"None of the 1 videos .* can be opened"):
        resolved(AUTO, read_source(both[:1]))


def test_a_task_has_the_numbers_and_clips_by_the_clock(folder):
    task = VideoClassification(AUTO, folder)
    assert task.recipe.left_to_videos == ()
    clip = task.recipe.training_clip
    assert (clip.num_frames, clip.size) == (24, (40, 48))
    assert clip.seconds_between_frames == pytest.approx(3 / 24)
    videos, _ = next(iter(task.batches()))
    assert videos.shape == (8, 24, 40, 48, 3)


def test_a_recipe_that_is_not_resolved_says_so(folder):
    for make in (lambda: AUTO.training_clip, lambda: AUTO.testing_clip, lambda: AUTO.input_shape):
        with pytest.raises(ValueError, match=r"must be known here.* Received: num_frames='auto'"):
            make()


def test_shards_do_not_say_how_long_their_videos_are(folder, tmp_path):
    write_shards(folder, tmp_path / "shards", short_side=48, num_processes=1)
    with pytest.raises(ValueError, match=r"num_frames, size, seconds .* --set num_frames=24"):
        VideoClassification(AUTO, tmp_path / "shards")


def test_auto_survives_writing_reading_and_setting(tmp_path):
    write_recipe(AUTO, tmp_path / "recipe.json")
    assert json.loads((tmp_path / "recipe.json").read_text())["size"] == "auto"
    assert read_recipe(tmp_path / "recipe.json") == AUTO
    changed = change_recipe(AUTO, {"size": "[32, 32]", "seconds": "1.5", "num_frames": "8"})
    assert (changed.size, changed.seconds, changed.num_frames) == ((32, 32), 1.5, 8)
    assert change_recipe(changed, {"size": "auto"}).size == "auto"
    for field in ("size", "seconds", "num_frames"):
        with pytest.raises(ValueError, match=f"`{field}`"):
            change_recipe(AUTO, {field: "automatic"})


@pytest.mark.parametrize("builder", ["nl_i3d_small", "i3d_small", "c2d_small"])
def test_small_networks_have_a_recipe_of_their_name_that_leaves_clips_to_the_videos(builder):
    recipe = find_recipe(builder)
    assert recipe.builder == builder
    assert recipe.left_to_videos == ("num_frames", "size", "seconds")
    assert "RandomFlip" not in json.dumps(recipe.augmentation)
    assert not recipe.test_flip
