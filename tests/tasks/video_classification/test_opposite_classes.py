"""Classes that a mirror or a reversal exchanges are found by their names, and warned of."""

import warnings

import pytest
from training.video_files import write_squares

from keras_nonlocal.tasks.video_classification.opposite_classes import (
    ORDERS,
    SIDES,
    opposite_pairs,
    warn_of_opposites,
)
from keras_nonlocal.tasks.video_classification.recipe import VideoRecipe
from keras_nonlocal.tasks.video_classification.task import VideoClassification

RECIPE = VideoRecipe("i3d_small", num_frames=4, frame_stride=1, size=(24, 24), steps=1)
FLIP = ({"layer": "RandomFlip"},)


@pytest.mark.parametrize(
    ("names", "pairs"),
    [
        (("left", "right"), [(0, 1)]),
        (("stop", "swipe_right", "swipe_left"), [(1, 2)]),
        (("SwipeLeft", "SwipeRight"), [(0, 1)]),
        (
            ("Pushing something from left to right", "Pushing something from right to left"),
            [(0, 1)],
        ),
        (("clockwise", "counterclockwise"), [(0, 1)]),
        (("turn anti-clockwise", "turn clockwise"), [(0, 1)]),
        (("open door", "close door", "close window"), [(0, 1)]),
        (("opened", "closed"), [(0, 1)]),
        (("hand-up", "hand-down"), [(0, 1)]),
        (("left", "swipe right"), []),
        (("upright", "downleft", "copyright"), []),
        (("walk", "run"), []),
    ],
)
def test_pairs_differ_in_opposite_words_only(names, pairs):
    assert opposite_pairs(names, SIDES, ORDERS) == pairs


@pytest.mark.parametrize(
    ("names", "changes", "message"),
    [
        (
            ("left", "right"),
            {"augmentation": FLIP},
            r"'left' and 'right' .* `pairs` .*\[\[0, 1\]\]",
        ),
        (("cw", "ccw"), {"augmentation": FLIP}, "'cw' and 'ccw' look like classes that a mirror"),
        (("left", "right"), {"test_flip": True}, "`test_flip` evaluates mirrored clips, too"),
        (
            ("open", "close"),
            {"builder": "c2d_small"},
            "order of time, which c2d_small does not see",
        ),
        (("left", "right"), {"builder": "nl_c2d_small"}, "which nl_c2d_small does not see"),
    ],
)
def test_a_recipe_that_mixes_opposite_classes_up_warns(names, changes, message):
    with pytest.warns(UserWarning, match=message):
        warn_of_opposites(RECIPE.changed(**changes), names)


@pytest.mark.parametrize(
    ("names", "changes"),
    [
        (("left", "right", "open", "close"), {}),
        (("open", "close"), {"augmentation": FLIP, "test_flip": True}),
        (("walk", "run"), {"augmentation": FLIP, "test_flip": True, "builder": "c2d_small"}),
        (("left", "right"), {"augmentation": ({"layer": "RandomFlip", "pairs": [[1, 0]]},)}),
        (("left", "right"), {"augmentation": ({"layer": "RandomFlip", "veto": [0, 1]},)}),
        (("left", "right"), {"augmentation": ({"layer": "RandomFlip", "p": 0.0},)}),
    ],
)
def test_other_recipes_do_not_warn(names, changes):
    with warnings.catch_warnings(action="error"):
        warn_of_opposites(RECIPE.changed(**changes), names)


def test_a_task_warns_of_the_classes_of_its_videos(tmp_path):
    write_squares(tmp_path, 2)
    (tmp_path / "bright").rename(tmp_path / "left")
    (tmp_path / "dark").rename(tmp_path / "right")
    with pytest.warns(UserWarning, match="'left' and 'right'"):
        VideoClassification(RECIPE.changed(augmentation=FLIP), tmp_path)
