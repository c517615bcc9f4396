"""COCO's average precision as a Keras metric equals that of the images' own objects."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_nonlocal
from keras_nonlocal.images import read_object_set
from keras_nonlocal.images.samples.objects import KEYPOINTS, write_objects
from keras_nonlocal.metrics import coco_average_precision
from keras_nonlocal.ops.box_formats import from_pixels
from keras_nonlocal.tasks.detection import CocoAveragePrecision

pytest.importorskip("pycocotools", reason="pycocotools is not installed")
SIGMAS = (0.05,) * len(KEYPOINTS)
SIZE = 160


@pytest.fixture(scope="module")
def objects(tmp_path_factory):
    folder = tmp_path_factory.mktemp("objects")
    write_objects(folder, 6, seed=3)
    return read_object_set(folder, keypoints=True)


def batch_of(objects, box_format="xyxy"):
    """Labels of all images, and detections: moved objects, of which some have a wrong class."""
    random, read = np.random.default_rng(0), [objects.read(n) for n in range(len(objects))]
    rows = max(len(each["labels"]) for each in read) + 1

    def filled(arrays, value):
        shape = (len(arrays), rows, *arrays[0].shape[1:])
        whole = np.full(shape, value, arrays[0].dtype)
        for place, array in enumerate(arrays):
            whole[place, : len(array)] = array
        return whole

    names = {"boxes": -1, "labels": -1, "masks": 0, "keypoints": 0}
    labels = {name: filled([each[name] for each in read], fill) for name, fill in names.items()}
    exists = labels["labels"] >= 0
    shift = random.normal(0, 2, labels["boxes"].shape).astype("float32")
    wrong = random.random(exists.shape) < 0.2
    points = labels["keypoints"] + random.normal(0, 2, labels["keypoints"].shape) * (1, 1, 0)
    found = {
        "boxes": np.where(exists[..., None], labels["boxes"] + shift, -1).astype("float32"),
        "labels": np.where(exists, np.where(wrong, 0, labels["labels"]), -1),
        "confidence": np.where(exists, random.random(exists.shape), -1).astype("float32"),
        "masks": np.where(exists[..., None, None], random.random((*exists.shape, 28, 28)), 0),
        "keypoints": points.astype("float32"),
        "sizes": np.full((len(read), 2), SIZE, "int32"),
    }
    for each in (labels, found):
        each["boxes"] = np.array(from_pixels(each["boxes"], box_format, found["sizes"]))
    return labels, found


def part(batch, start, end):
    return keras.tree.map_structure(lambda values: values[start:end], batch)


def expected(objects, labels, found, kinds):
    detections = []
    for n in range(len(objects)):
        exists = found["labels"][n] >= 0
        each = {name: values[n][exists] for name, values in found.items() if name != "sizes"}
        masks = keras_nonlocal.ops.paste_masks(each["masks"], each["boxes"], (SIZE, SIZE))
        detections.append({**each, "masks": masks})
    known = replace(objects, sigmas=SIGMAS)
    if kinds == ["keypoints"]:  # whose areas are those of boxes, for want of masks
        no_area = {"area": None, "segmentation": None}
        rows = [[{**row, **no_area} for row in image] for image in known.objects]
        known = replace(known, objects=rows)
    return coco_average_precision(known, detections, kinds).summary()


@pytest.mark.parametrize("kind", ["box", "mask", "keypoint"])
@pytest.mark.parametrize("graph", [False, True])
def test_it_equals_the_numbers_of_the_objects(objects, kind, graph):
    kinds = [{"box": "boxes"}.get(kind, f"{kind}s")]
    metric = CocoAveragePrecision(kinds, sigmas=SIGMAS)
    update = tf.function(metric.update_state) if graph else metric.update_state
    batch = batch_of(objects)
    for start in range(0, len(objects), 2):
        update(*part(batch, start, start + 2))
    numbers = expected(objects, *batch, kinds)
    assert 0.1 < numbers[f"{kind}_ap50"] < 1 or kind == "mask"
    assert metric.result() == {
        f"{kind}_{n}": numbers[f"{kind}_{n}"] for n in ("ap", "ap50", "ap75")
    }
    metric.reset_state()
    assert all(map(np.isnan, metric.result().values()))


@pytest.mark.parametrize("box_format", ["rel_yxyx", "center_xywh"])
def test_boxes_of_any_format_have_the_same_numbers(objects, box_format):
    results = []
    for name in ("xyxy", box_format):
        metric = CocoAveragePrecision(bounding_box_format=name)
        metric.update_state(*batch_of(objects, name))
        results.append(metric.result())
    assert results[0] == pytest.approx(results[1], abs=1e-6)


def test_evaluate_gives_the_numbers_of_what_the_model_predicts():
    keras.utils.set_random_seed(0)
    model = keras_nonlocal.models.mask_rcnn_small(classes=2)
    model.get_layer("detections").score_threshold = 0.0
    random = np.random.default_rng(0)
    images = random.normal(size=(4, 64, 64, 3)).astype("float32")
    model.run_eagerly = True  # a graph takes twenty seconds to trace
    found = model.predict(images, batch_size=2, verbose=0)
    labels = {  # the first and the fourth detection of each image, at nearly the same place
        "boxes": found["boxes"][:, 0:4:3] + 1,
        "labels": found["labels"][:, 0:4:3],
        "masks": np.ones((4, 2, 64, 64), "uint8"),
    }
    weights = [np.array(each) for each in model.weights]
    metric = CocoAveragePrecision(["boxes", "masks"])
    model.compile("sgd", metrics=[metric], run_eagerly=True)
    scores = model.evaluate(images, labels, batch_size=2, verbose=0, return_dict=True)
    for one, other in zip(weights, model.weights, strict=True):
        np.testing.assert_array_equal(one, other, err_msg="evaluation changes no statistics")
    again = CocoAveragePrecision(["boxes", "masks"])
    again.update_state(labels, {**found, "sizes": np.full((4, 2), 64)})
    assert again.result()["box_ap"] > 0.1
    assert {name: scores[name] for name in again.result()} == pytest.approx(again.result())


def test_wrong_use_is_told(objects):
    with pytest.raises(ValueError, match="tolerance for each"):
        CocoAveragePrecision(["keypoints"])
    with pytest.raises(ValueError, match="`kinds` must be"):
        CocoAveragePrecision(["circles"])
    labels, found = batch_of(objects)
    del labels["masks"]
    with pytest.raises(ValueError, match=r"labels must be a dictionary.*Missing: masks"):
        CocoAveragePrecision(["masks"]).update_state(labels, found)
    restored = CocoAveragePrecision.from_config(CocoAveragePrecision(["boxes"]).get_config())
    assert restored.kinds == ("boxes",)
