"""Outputs of Detectron2 for weights by a formula. They are no part of the project."""

import importlib.util
import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from keras_nonlocal import models
from keras_nonlocal.regions import TrainingOptions
from keras_nonlocal.weights import convert

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "golden_detection"
MEAN = np.array([103.530, 116.280, 123.675], "float32")  # BGR

needed = pytest.mark.skipif(
    not FOLDER.is_dir(),
    reason="golden data is not here: expected ../shared/data/golden_detection beside the project",
)


@cache
def arrays(kind):
    return dict(np.load(FOLDER / f"d2_{kind}_rcnn_r50_fpn.npz"))


def gradients(kind):
    return json.loads((FOLDER / f"d2_{kind}_grads.json").read_text())


def shapes(name):
    return json.loads((FOLDER / f"{name}_state_dict.json").read_text())


def checkpoint(name):
    """The weights of the golden networks, by the names of their code base."""
    spec = importlib.util.spec_from_file_location("formula", FOLDER / "formula.py")
    formula = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(formula)
    return {key: formula.tensor(key, shape) for key, shape in shapes(name).items()}


def network(kind, prefix="", **options):
    """The network of Detectron2's configuration, with the weights of the formula."""
    beta = {"mask": 0.0, "keypoint": 0.5}[kind]
    options = {"options": TrainingOptions(sample="first", box_beta=beta), **options}
    model = getattr(models, f"{prefix}{kind}_rcnn_r50_fpn")(**options)
    model.get_layer("proposals").kept = (1000, {"mask": 1000, "keypoint": 1500}[kind])
    convert(checkpoint(f"d2_{kind}"), model, "detectron2")
    return model


def normalized(image):
    return image[..., ::-1].astype("float32") - MEAN


def image_batch(kind):
    """Both images, padded to the same size."""
    images = [arrays("mask")[f"image{index}"] for index in (0, 1)]
    batch = np.zeros((2, 320, 320, 3), "float32")
    for place, image in zip(batch, images, strict=True):
        place[: image.shape[0], : image.shape[1]] = normalized(image)
    return {"images": batch, "sizes": np.array([image.shape[:2] for image in images], "int32")}


def labels(kind):
    """The objects of both images, padded to the same number."""
    golden, (sizes, most) = arrays(kind), (image_batch(kind)["sizes"], 4)
    batch = {"boxes": -np.ones((2, most, 4), "float32"), "labels": -np.ones((2, most), "int32")}
    if kind == "mask":
        batch["masks"] = np.zeros((2, most, 320, 320), "uint8")
    else:
        batch["keypoints"] = np.zeros((2, most, 17, 3), "float32")
    for index, (height, width) in enumerate(sizes):
        count = len(golden[f"gt_classes{index}"])
        batch["boxes"][index, :count] = golden[f"gt_boxes{index}"]
        batch["labels"][index, :count] = golden[f"gt_classes{index}"]
        if kind == "mask":
            masks = np.unpackbits(golden[f"gt_masks{index}"], axis=-1)[..., :width]
            batch["masks"][index, :count, :height, :width] = masks
        else:
            batch["keypoints"][index, :count] = golden[f"gt_keypoints{index}"]
    return batch
