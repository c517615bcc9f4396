"""Every tensor of Detectron2's, torchvision's and MMDetection's detectors goes to its place."""

import numpy as np
import pytest
from regions import golden

from keras_nonlocal import models
from keras_nonlocal.weights import convert, find_source

pytestmark = golden.needed
MASKS, KEYPOINTS = "mask_rcnn_r50_fpn", "keypoint_rcnn_r50_fpn"
FILES = {  # the builder, its options, and the code base
    "d2_mask": (MASKS, {}, "detectron2"),
    "d2_keypoint": (KEYPOINTS, {}, "detectron2"),
    "tv_maskrcnn_resnet50_fpn": (
        MASKS,
        {"variant": "torchvision", "classes": 90},
        "torchvision_detection",
    ),
    "tv_maskrcnn_resnet50_fpn_v2": (
        MASKS,
        {"variant": "torchvision_v2", "classes": 90},
        "torchvision_detection",
    ),
    "tv_keypointrcnn_resnet50_fpn": (
        KEYPOINTS,
        {"variant": "torchvision"},
        "torchvision_detection",
    ),
    "mmdet_mask": (MASKS, {"variant": "mmdetection"}, "mmdetection"),
}
# The names of the pyramid and of other parts in files of torchvision before state version 2.
OLD_NAMES = (
    ("inner_blocks.{}.0.", "inner_blocks.{}."),
    ("layer_blocks.{}.0.", "layer_blocks.{}."),
    ("rpn.head.conv.{}.0.", "rpn.head.conv."),
)


def numbered(shapes):
    """A tensor of its own for each name."""
    rng = np.random.default_rng(0)
    return {name: rng.uniform(size=shape).astype("float32") for name, shape in shapes.items()}


@pytest.mark.parametrize("name", FILES)
def test_every_tensor_is_used_and_classes_and_channels_are_in_order(name, undrawn_weights):
    builder, options, source = FILES[name]
    model = getattr(models, builder)(**options)
    tensors = numbered(golden.shapes(name))
    assert find_source(tensors) == source
    report = convert(tensors, model, source)
    used = {row.source_name for row in report.rows if row.target_name != "-"}
    assert {key for key in tensors if not key.endswith("num_batches_tracked")} <= used
    weights = {weight.path: np.asarray(weight) for weight in model.weights}

    dense = next(v for v in tensors.values() if v.shape == (1024, 12544))
    features = np.random.default_rng(1).normal(size=(7, 7, 256)).astype("float32")
    expected = dense @ features.transpose(2, 0, 1).ravel()  # PyTorch reads channel by channel
    found = features.ravel() @ weights["box_dense_1/kernel"]
    np.testing.assert_allclose(found, expected, rtol=1e-2, atol=1e-2)

    first = source == "torchvision_detection"  # the background, which is last here
    classes = weights["box_logits/bias"].size - 1
    logits = next(v for v in tensors.values() if v.shape == (classes + 1,))
    deltas = next(v for v in tensors.values() if v.shape == (4 * (classes + first),))
    order = [*range(1, classes + 1), 0] if first else range(classes + 1)
    np.testing.assert_array_equal(weights["box_logits/bias"], logits[list(order)])
    np.testing.assert_array_equal(weights["box_deltas/bias"], deltas[4 * first :])
    if builder == MASKS:
        masks = next(v for v in tensors.values() if v.shape == (classes + first, 256, 1, 1))
        np.testing.assert_array_equal(
            weights["mask_logits/kernel"][0, 0], masks[int(first) :, :, 0, 0].T
        )


def test_names_before_the_second_version_of_torchvision_are_known(undrawn_weights):
    builder, options, source = FILES["tv_maskrcnn_resnet50_fpn"]
    tensors = numbered(golden.shapes("tv_maskrcnn_resnet50_fpn"))
    for index in range(4):
        for new, old in OLD_NAMES:
            tensors = {
                key.replace(new.format(index), old.format(index)): value
                for key, value in tensors.items()
            }
    assert "backbone.fpn.inner_blocks.3.weight" in tensors
    assert find_source(tensors) == source
    convert(tensors, getattr(models, builder)(**options), source)


def test_the_classes_of_another_network_are_an_error_and_change_nothing():
    model = models.mask_rcnn_r50_fpn(classes=3)
    before = model.get_weights()
    with pytest.raises(ValueError, match="box_logits"):
        convert(numbered(golden.shapes("d2_mask")), model, "detectron2")
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
