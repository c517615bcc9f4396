"""Recipes of detection: what is refused, and that published ones are what they say."""

import pytest

from keras_nonlocal.images import DetectionImage
from keras_nonlocal.models.detection import DETECTION
from keras_nonlocal.tasks import find_recipe, read_recipe, recipe_names
from keras_nonlocal.tasks.detection import Detection, DetectionRecipe
from keras_nonlocal.tasks.detection.network import with_variant
from keras_nonlocal.training import write_recipe
from keras_nonlocal.training.optimizers.schedules import learning_rate

RECIPE = DetectionRecipe(
    "keypoint_rcnn_small",
    short_side=64,
    size=(96, 128),
    max_objects=9,
    augmentation=({"layer": "JointResize", "short_side": [64, 72], "max_side": 96},),
    class_names=("person",),
    frozen_stages=("conv1", "res2"),
    anchor_overlap=(0.25, 0.6),
    skeleton=((0, 1),),
    keypoint_names=("nose", "tail"),
    steps=10,
)
ONE_X = {
    "coco_mask_rcnn_r50_1x": ("mask_rcnn_r50_fpn", 0.0),
    "coco_nl_mask_rcnn_r50_1x": ("nl_mask_rcnn_r50_fpn", 0.0),
    "coco_keypoint_rcnn_r50_1x": ("keypoint_rcnn_r50_fpn", 0.5),
    "coco_nl_keypoint_rcnn_r101_1x": ("nl_keypoint_rcnn_r101_fpn", 0.5),
}


def test_recipes_are_written_and_read(tmp_path):
    write_recipe(RECIPE, tmp_path / "recipe.json")
    assert read_recipe(tmp_path / "recipe.json") == RECIPE


def test_a_recipe_knows_what_its_network_learns():
    kinds = {name: DetectionRecipe(name, steps=1).kinds for name in DETECTION}
    assert {name for name, found in kinds.items() if found == ("boxes", "keypoints")} == {
        name for name in DETECTION if "keypoint" in name
    }
    assert set(kinds.values()) == {("boxes", "masks"), ("boxes", "keypoints")}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"builder": "nl_fcn_small"}, "builder"),
        ({"augmentation": ({"layer": "RandomFlip"},)}, "JointRandomFlip"),
        ({"frozen_stages": ("stem",)}, "'conv1', 'res2'"),
        ({"channel_order": "hsv"}, "'rgb', 'bgr'"),
        ({"score_threshold": 1.5}, "`score_threshold` must be at most 1"),
        ({"boxes": 0}, "`boxes` must be a positive integer"),
        ({"size": (0, 3)}, "`size` must be a positive integer"),
        ({"sample": "best"}, "'random', 'first'"),
        ({"short_side": 0}, "`short_side` must be a positive integer"),
        ({"keypoint_tolerance": 0}, "`keypoint_tolerance` must be a number of at least 0.001"),
    ],
)
def test_wrong_recipes_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        RECIPE.changed(**changes)


def test_arguments_that_the_task_sets_are_refused(tmp_path):
    from keras_nonlocal.images.samples.objects import write_objects

    write_objects(tmp_path, 2, size=(96, 96))
    recipe = DetectionRecipe("mask_rcnn_small", steps=1, arguments={"classes": 3})
    with pytest.raises(ValueError, match=r"`arguments` must be arguments.*Received: classes"):
        Detection(recipe, tmp_path).build()
    with pytest.raises(ValueError, match="takes no `service`"):
        Detection(recipe, tmp_path, service="grpc://host:5000")
    with pytest.raises(ValueError, match="`class_names` must be different ones"):
        Detection(recipe.changed(class_names=("cat",)), tmp_path)


def test_objects_without_masks_are_refused_by_networks_of_masks(tmp_path):
    from images.object_files import write_voc

    recipe = DetectionRecipe("mask_rcnn_small", steps=1)
    with pytest.raises(ValueError, match=r"learns boxes and masks.*objects with boxes$"):
        Detection(recipe, write_voc(tmp_path))


@pytest.mark.parametrize("name", ONE_X)
def test_the_schedule_of_detectron2(name):
    """`SOLVER` of its `Base-RCNN-FPN.yaml`, with 90,000 steps and a warm-up of 1,000 steps."""
    recipe = find_recipe(name)
    assert (recipe.builder, recipe.box_beta) == ONE_X[name]
    assert (recipe.duration, recipe.batch_size, recipe.weight_decay) == (90_000, 16, 1e-4)
    assert (recipe.momentum, recipe.nesterov, recipe.channel_order) == (0.9, False, "rgb")
    assert (recipe.weights, recipe.testing_image) == ("imagenet", DetectionImage())
    rate = learning_rate(recipe, steps_per_epoch=1)
    steps = {0: 2e-5, 500: 0.01001, 1000: 0.02, 59_999: 0.02, 60_000: 0.002, 80_000: 0.0002}
    for step, expected in steps.items():
        assert float(rate(step)) == pytest.approx(expected, rel=1e-4), step
    (resize,) = (layer for layer in recipe.layers() if hasattr(layer, "max_side"))
    assert (resize.short_side, resize.max_side) == ((640, 672, 704, 736, 768, 800), 1333)
    assert recipe.testing_image.resized(480, 640) == (800, 1067)


@pytest.mark.parametrize(
    ("weights", "variant"),
    [
        ("imagenet", "mmdetection"),
        ("coco", "detectron2"),
        ("mask_rcnn_r50_fpn_coco_torchvision_v1", "torchvision"),
        (None, None),
        ("some.weights.h5", None),
    ],
)
def test_the_variant_is_that_of_the_weights(weights, variant):
    recipe = DetectionRecipe("nl_mask_rcnn_r50_fpn", weights=weights, steps=1)
    assert with_variant(recipe).arguments.get("variant") == variant
    given = recipe.changed(arguments={"variant": "mmdetection_caffe"})
    assert with_variant(given) == given


def test_a_run_gives_its_variant(tmp_path):
    arguments = {"variant": "torchvision"}
    run = DetectionRecipe("mask_rcnn_small", arguments=arguments, steps=1)
    write_recipe(run, tmp_path / "recipe.json")
    assert with_variant(run.changed(weights=str(tmp_path), arguments={})).arguments == arguments


def test_every_recipe_of_detection_can_be_read():
    names = {name for name in recipe_names() if find_recipe(name).task == "detection"}
    assert names == {*ONE_X, "finetune_mask_rcnn_r50", "mask_rcnn_small", "keypoint_rcnn_small"}
