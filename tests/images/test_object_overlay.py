"""Objects are drawn where they are."""

import numpy as np
import pytest

from keras_nonlocal.images import draw_objects

IMAGE = np.full((60, 80, 3), 100, "uint8")
MASKS = np.zeros((2, 60, 80), bool)
MASKS[0, 30:50, 10:30] = MASKS[1, 35:55, 40:70] = True
OBJECTS = {"boxes": [[10, 30, 30, 50], [40, 35, 70, 55]], "labels": [0, 1], "masks": MASKS}
NAMES = ("cat", "dog")


def differs(drawn):
    return (drawn != IMAGE).any(axis=-1)


def test_masks_and_boxes_are_colored_and_nothing_else():
    drawn = draw_objects(IMAGE, OBJECTS, NAMES)
    assert (drawn.shape, drawn.dtype) == (IMAGE.shape, np.uint8)
    assert differs(drawn)[MASKS.any(axis=0)].all()
    assert not differs(drawn)[56:].any()
    assert not differs(drawn)[45:, :10].any()
    assert (drawn[40, 20] != drawn[45, 60]).any()
    assert (IMAGE == 100).all()


def test_boxes_alone_have_borders_only():
    drawn = differs(draw_objects(IMAGE, {**OBJECTS, "masks": None}, NAMES))
    assert drawn[49, 10:30].all()
    assert drawn[30:50, 29].all()
    assert not drawn[32:48, 12:28].any()
    assert not drawn[50:, :40].any()


def test_objects_of_low_confidence_and_padding_are_left_out():
    found = {**OBJECTS, "confidence": [0.3, 0.9]}
    drawn = differs(draw_objects(IMAGE, found, NAMES, least_confidence=0.5))
    assert not drawn[30:50, 10:30].any()
    assert drawn[40, 50]
    padded = {"boxes": [[-1, -1, -1, -1]], "labels": [-1]}
    assert not differs(draw_objects(IMAGE, padded, NAMES)).any()


def test_labeled_keypoints_are_drawn_with_lines():
    points = [[[15, 45, 2], [25, 45, 1], [20, 35, 0]], [[0, 0, 0]] * 3]
    objects = {"boxes": OBJECTS["boxes"], "labels": [0, 1], "keypoints": points}
    drawn = differs(draw_objects(IMAGE, objects, NAMES, skeleton=[(0, 1), (1, 2)]))
    assert drawn[45, 15:26].all()
    assert not drawn[33:41, 14:27].any()
    assert not drawn[0, 0]


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="label and a mask for each box"):
        draw_objects(IMAGE, {**OBJECTS, "labels": [0]}, NAMES)
    with pytest.raises(ValueError, match=r"size of the image, \(60, 80\)"):
        draw_objects(IMAGE, {**OBJECTS, "masks": MASKS[:, :40]}, NAMES)
