"""The plan of a run agrees with its data, network and recipe."""

import dataclasses

import pytest
from training.video_files import write_squares

from keras_nonlocal.cost import flops
from keras_nonlocal.tasks import plan_training
from keras_nonlocal.tasks.video_classification.network import build
from keras_nonlocal.tasks.video_classification.recipe import VideoRecipe

pytestmark = pytest.mark.usefixtures("shallow_networks")

RECIPE = VideoRecipe(
    "nl_c2d_small",
    num_frames=2,
    frame_stride=2,
    size=(24, 24),
    about="a plan",
    arguments={"variant": "slowfast", "blocks": 1},
    epochs=3,
    batch_size=4,
)


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    return write_squares(tmp_path_factory.mktemp("videos"), 6)


@pytest.fixture(scope="module")
def plan(videos):
    return plan_training(RECIPE, videos)


def test_clips_classes_and_steps_of_the_data(plan):
    assert (plan.examples, plan.classes) == (6, 2)
    assert (plan.timetable.steps_per_epoch, plan.timetable.steps) == (2, 6)


def test_multiply_adds_and_parameters_of_the_network(plan):
    model = build(RECIPE, 2).inference
    cost = flops(model, (2, 24, 24, 3))
    assert plan.macs == cost.total_macs
    assert plan.parameters == sum(weight.numpy().size for weight in model.trainable_weights)


def test_hours_cover_all_clips_of_all_steps(plan):
    assert plan.seconds_per_example > 0
    assert plan.hours == pytest.approx(6 * 4 * plan.seconds_per_example / 3600)
    slow = dataclasses.replace(plan, seconds_per_example=900.0)
    assert slow.hours == pytest.approx(6.0)
    assert "about 6.0 hours on this machine (900.000 s per clip)" in str(slow)


def test_plan_prints_as_a_page(plan):
    page = str(plan)
    for line in (
        "recipe         a plan",
        "data           6 videos of 2 classes",
        "clips          2 x 24 x 24, 4 in each step",
        "steps          6 in 3 epochs",
        f"network        nl_c2d_small, {plan.parameters:,} trained parameters",
    ):
        assert line in page.splitlines()
    assert "res4_0_nonlocal" in page


@pytest.fixture(scope="module")
def unmeasured(videos):
    recipe = RECIPE.changed(
        builder="c2d_small", arguments={"variant": "slowfast"}, epochs=None, steps=5, batch_size=8
    )
    return plan_training(recipe, videos, measure=False)


def test_measure_false_measures_no_time(unmeasured):
    assert (unmeasured.seconds_per_example, unmeasured.hours) == (None, None)
    assert "not measured" in str(unmeasured)
    assert "5 in 5 epochs" in str(unmeasured)


def test_network_without_blocks_has_no_table_of_blocks(unmeasured):
    assert unmeasured.blocks == ""
    assert "Non-local" not in str(unmeasured)


def test_memory_grows_with_the_batch(plan, videos):
    smaller = plan_training(RECIPE.changed(batch_size=1), videos, measure=False)
    weights = 3 * 4 * plan.parameters
    assert plan.bytes - weights == 4 * (smaller.bytes - weights)


SHAPES = {
    "size": ({}, (2, 24, 24, 3)),
    "crop": (
        {"size": None, "augmentation": ({"layer": "MultiScaleCrop", "size": [20, 28]},)},
        (2, 20, 28, 3),
    ),
    "resize": (
        {"size": (24, 36), "augmentation": ({"layer": "ResizeShortSide", "short_side": 32},)},
        (2, 32, 48, 3),
    ),
    "both": (
        {
            "augmentation": (
                {"layer": "RandomFlip"},
                {"layer": "RandomCrop", "size": 16},
                {"layer": "ResizeShortSide", "short_side": 32},
            )
        },
        (2, 32, 32, 3),
    ),
    "track_motion": ({"subtract_mean_frame": True, "track_motion": (16, 20)}, (2, 16, 20, 3)),
}


@pytest.mark.parametrize(("changes", "expected"), SHAPES.values(), ids=SHAPES)
def test_input_shape_after_augmentation(changes, expected):
    assert RECIPE.changed(**changes).input_shape == expected


def test_plan_needs_a_known_size(videos):
    with pytest.raises(ValueError, match="`size`"):
        plan_training(RECIPE.changed(size=None), videos, measure=False)


def test_plan_of_unlabeled_videos_is_an_error(videos):
    with pytest.raises(ValueError, match="must have labels"):
        plan_training(RECIPE, videos / "bright", measure=False)
