"""Tasks of KerasHub on backbones of this package: one step of training, saved, and loaded."""

from functools import cache

import keras
import numpy as np
import pytest
from new_process import assert_same_in_a_new_process

from keras_nonlocal import models
from keras_nonlocal.surgery import insert_nonlocal

keras_hub = pytest.importorskip("keras_hub", reason="KerasHub is not installed (extra `hub`)")

RNG = np.random.default_rng(0)
IMAGES = RNG.normal(size=(2, 64, 64, 3)).astype("float32")
MASKS = RNG.choice([0, 1, 2, 3, 255], (2, 64, 64))
BOXES = {
    "boxes": np.array([[[8, 8, 24, 32]], [[16, 4, 40, 40]]], "float32"),
    "labels": np.array([[1], [0]], "float32"),
}


def backbone(output_stride=32, blocks=None):
    shape = {"input_shape": (64, 64, 3), "output_stride": output_stride}
    features = models.fcn_small(include_top=False, **shape)
    return insert_nonlocal(features, blocks) if blocks else features


def classifier(features):
    task = keras_hub.models.ImageClassifier(backbone=features, num_classes=3)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    task.compile("sgd", loss)
    return task, np.array([0, 2])


def segmenter(features, key, upsampling):
    deeplab = keras_hub.models.DeepLabV3Backbone(
        image_encoder=features,
        low_level_feature_key="P2",
        spatial_pyramid_pooling_key=key,
        upsampling_size=upsampling,
        dilation_rates=[1, 2],
        image_shape=(64, 64, 3),
    )
    task = keras_hub.models.DeepLabV3ImageSegmenter(deeplab, num_classes=4)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=255)
    iou = keras.metrics.MeanIoU(4, ignore_class=255, sparse_y_pred=False)
    task.compile("sgd", loss, metrics=[iou])
    return task, MASKS


def detector(features):
    pyramid = keras_hub.models.RetinaNetBackbone(
        features, min_level=3, max_level=5, use_p5=False, image_shape=(64, 64, 3)
    )
    task = keras_hub.models.RetinaNetObjectDetector(
        pyramid, num_classes=3, bounding_box_format="xyxy", pre_logits_num_conv_layers=1
    )
    task.compile(keras.optimizers.SGD(1e-3, global_clipnorm=10.0))
    return task, BOXES


BLOCKS = "res4_*_out"
TASKS = {
    # KerasHub reads `pyramid_outputs`, so it takes a backbone as it comes out of surgery.
    "ImageClassifier with blocks": lambda: classifier(backbone(blocks=BLOCKS)),
    "DeepLabV3": lambda: segmenter(backbone(), "P5", 8),
    "DeepLabV3 with blocks": lambda: segmenter(backbone(blocks=BLOCKS), "P5", 8),
    "DeepLabV3 on 1/8": lambda: segmenter(backbone(output_stride=8), "P3", 2),
    "RetinaNet": lambda: detector(backbone()),
    "RetinaNet with blocks": lambda: detector(backbone(blocks=BLOCKS)),
}


@pytest.fixture(scope="module")
def fitted():
    """From the name of a task to the task after a step of training, and the losses."""

    @cache
    def fit(name):
        task, y = TASKS[name]()
        return task, task.fit(IMAGES, y, batch_size=2, verbose=0).history["loss"]

    return fit


@pytest.mark.parametrize("name", TASKS)
def test_a_task_trains_on_our_backbone(fitted, name):
    task, (loss,) = fitted(name)
    assert np.isfinite(loss)
    outputs = task(IMAGES, training=False)
    if "DeepLab" in name:
        assert outputs.shape == (2, 64, 64, 4)
    elif "RetinaNet" in name:
        assert outputs["bbox_regression"].shape == (2, 9 * (8**2 + 4**2 + 2**2), 4)
    else:
        assert outputs.shape == (2, 3)


def test_saved_tasks_say_the_same_in_a_new_process(fitted, tmp_path):
    tasks = [(fitted(name)[0], IMAGES) for name in TASKS]
    assert_same_in_a_new_process(tasks, tmp_path, "keras_hub")


def test_a_level_that_a_dilated_backbone_lacks_is_named():
    with pytest.raises(KeyError, match="P5"):
        segmenter(backbone(output_stride=8), "P5", 8)
    with pytest.raises(ValueError, match=r"maximum level \(3\) is less than the desired"):
        detector(backbone(output_stride=8))
