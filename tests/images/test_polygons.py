"""Polygons are drawn pixel for pixel as by COCO's own library."""

import json

import numpy as np
import pytest
from real_objects import COCO_MINI, needed

from keras_nonlocal.images.polygons import draw_polygons

library = pytest.importorskip("pycocotools.mask", reason="pycocotools is not installed")


def drawn_by_the_library(polygons, height, width):
    return library.decode(library.merge(library.frPyObjects(polygons, height, width)))


def test_rectangles_fill_their_pixels():
    mask = draw_polygons([[2, 1, 7, 1, 7, 4, 2, 4]], 6, 9)
    expected = np.zeros((6, 9), "uint8")
    expected[1:4, 2:7] = 1
    np.testing.assert_array_equal(mask, expected)
    assert mask.dtype == np.uint8


def test_random_polygons_equal_those_of_the_library():
    """With corners outside of the image, crossing borders, and repeated corners."""
    random = np.random.default_rng(0)
    for _ in range(400):
        height, width = random.integers(1, 40, 2).tolist()
        polygons = []
        for _ in range(random.integers(1, 4)):
            corners = random.uniform(-6, 46, (random.integers(3, 9), 2)).round(random.integers(3))
            polygons.append(corners.repeat(random.integers(1, 3), axis=0).ravel().tolist())
        np.testing.assert_array_equal(
            draw_polygons(polygons, height, width),
            drawn_by_the_library(polygons, height, width),
            err_msg=f"{height} {width} {polygons}",
        )


@needed
@pytest.mark.parametrize("split", ["val", "train"])
def test_all_polygons_of_coco_images_equal_those_of_the_library(split):
    content = json.loads((COCO_MINI / "annotations" / f"instances_{split}2017.json").read_text())
    sizes = {row["id"]: (row["height"], row["width"]) for row in content["images"]}
    polygons = 0
    for row in content["annotations"]:
        if isinstance(row["segmentation"], list):
            arguments = row["segmentation"], *sizes[row["image_id"]]
            np.testing.assert_array_equal(
                draw_polygons(*arguments), drawn_by_the_library(*arguments), err_msg=str(row["id"])
            )
            polygons += 1
    assert polygons > 600
