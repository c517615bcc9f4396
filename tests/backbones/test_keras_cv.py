"""Tasks of KerasCV on backbones of this package: one step of training, saved, and loaded."""

from functools import cache

import keras
import numpy as np
import pytest
from new_process import assert_same_in_a_new_process

from keras_nonlocal import models
from keras_nonlocal.surgery import insert_nonlocal

keras_cv = pytest.importorskip("keras_cv", reason="KerasCV is not installed (extra `cv`)")

RNG = np.random.default_rng(0)
IMAGES = RNG.normal(size=(2, 64, 64, 3)).astype("float32")
CLIPS = RNG.normal(size=(2, 8, 32, 32, 3)).astype("float32")
MASKS = RNG.integers(0, 4, (2, 64, 64))
BOXES = {
    "boxes": np.array([[[8, 8, 24, 32]], [[16, 4, 40, 40]]], "float32"),
    "classes": np.array([[1], [0]], "float32"),
}


def image_backbone(**options):
    options = {"input_shape": (64, 64, 3), "output_stride": 32, **options}
    return models.fcn_small(include_top=False, **options)


def with_blocks(backbone, folder):
    """KerasCV reads `layer.output`, so it needs a model of its own layers."""
    insert_nonlocal(backbone, "res4_*_out").save(folder / "backbone.keras")
    return keras.models.load_model(folder / "backbone.keras")


def video_classifier(builder):
    backbone = builder(include_top=False, input_shape=(8, 32, 32, 3), variant="official_8x8")
    task = keras_cv.models.VideoClassifier(backbone=backbone, num_classes=3)
    task.compile("sgd", "sparse_categorical_crossentropy")
    return task, CLIPS, np.array([0, 2])


def segmenter(make, backbone):
    task = make(backbone=backbone, num_classes=4)
    task.compile("sgd", "sparse_categorical_crossentropy")
    return task, IMAGES, MASKS


def detector(backbone):
    task = keras_cv.models.RetinaNet(backbone=backbone, num_classes=3, bounding_box_format="xywh")
    losses = {"classification_loss": "focal", "box_loss": "smoothl1"}
    sgd = keras.optimizers.SGD(1e-3, global_clipnorm=10.0)
    task.compile(optimizer=sgd, **losses, jit_compile=False)
    return task, IMAGES, BOXES


def deeplab(backbone):
    return segmenter(keras_cv.models.DeepLabV3Plus, backbone)


def segformer(backbone):
    return segmenter(keras_cv.models.SegFormer, backbone)


TASKS = {
    "VideoClassifier": lambda _: video_classifier(models.i3d_small),
    "VideoClassifier with blocks": lambda _: video_classifier(models.nl_i3d_small),
    "DeepLabV3Plus": lambda _: deeplab(image_backbone()),
    "DeepLabV3Plus with blocks": lambda folder: deeplab(with_blocks(image_backbone(), folder)),
    # With a fixed size, KerasCV computes wrong sizes of P6 and P7.
    "RetinaNet": lambda _: detector(image_backbone(input_shape=(None, None, 3))),
    "SegFormer with blocks": lambda folder: segformer(with_blocks(image_backbone(), folder)),
    "SegFormer on two levels": lambda _: segformer(image_backbone(output_stride=8)),
}


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """From the name of a task to the task after a step of training, its inputs, and the losses."""

    @cache
    def fit(name):
        task, x, y = TASKS[name](tmp_path_factory.mktemp("backbone"))
        return task, x, task.fit(x, y, batch_size=2, verbose=0).history["loss"]

    return fit


@pytest.mark.parametrize("name", TASKS)
def test_a_task_trains_on_our_backbone(fitted, name):
    task, x, (loss,) = fitted(name)
    assert np.isfinite(loss)
    outputs = task(x, training=False)
    if x is CLIPS:
        assert outputs.shape == (2, 3)
    elif isinstance(outputs, dict):
        assert outputs["box"].shape[1:] == (9 * (8**2 + 4**2 + 2**2 + 1 + 1), 4)
    else:
        assert outputs.shape == (2, 64, 64, 4)


def test_saved_tasks_say_the_same_in_a_new_process(fitted, tmp_path):
    tasks = [fitted(name)[:2] for name in TASKS]
    assert_same_in_a_new_process(tasks, tmp_path, "keras_cv")


@pytest.mark.parametrize("make", [deeplab, detector])
def test_a_task_that_needs_levels_of_a_dilated_backbone_says_which(make):
    with pytest.raises(KeyError, match=r"P[45]"):
        make(image_backbone(output_stride=8))
