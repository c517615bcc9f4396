"""Boxes against loops in float64, and against Keras's own functions where it has them."""

import numpy as np
import pytest
from keras import ops

from keras_nonlocal.ops.box_formats import BOX_FORMATS, from_pixels, to_pixels
from keras_nonlocal.ops.boxes import (
    anchor_boxes,
    box_iou,
    clip_boxes,
    decode_boxes,
    encode_boxes,
)


def random_boxes(count, seed=0, size=100):
    corners = np.random.default_rng(seed).uniform(0, size, (count, 2, 2))
    return np.concatenate([corners.min(1), corners.max(1)], 1).astype("float32")


def numpy_of(tensor):
    return ops.convert_to_numpy(tensor)


def test_overlap_equals_loops_also_for_boxes_without_an_area():
    boxes, others = random_boxes(20), random_boxes(15, seed=1)
    boxes[0], others[0], others[1] = 5, 5, boxes[1]
    boxes[2] = boxes[2][[2, 1, 0, 3]]  # turned inside out
    expected = np.zeros((20, 15))
    for i, a in enumerate(boxes.astype("float64")):
        for j, b in enumerate(others.astype("float64")):
            width = min(a[2], b[2]) - max(a[0], b[0])
            height = min(a[3], b[3]) - max(a[1], b[1])
            if width > 0 and height > 0:
                areas = sum((c[2] - c[0]) * (c[3] - c[1]) for c in (a, b))
                expected[i, j] = width * height / (areas - width * height)
    np.testing.assert_allclose(numpy_of(box_iou(boxes, others)), expected, atol=1e-6)
    assert expected[1, 1] == 1


def test_deltas_of_boxes_give_the_boxes_back():
    boxes, anchors, weights = random_boxes(30), random_boxes(30, seed=2), (10.0, 10.0, 5.0, 5.0)
    anchors[:, 2:] += 10  # else a box may be more than 62.5 times as long
    deltas = numpy_of(encode_boxes(boxes, anchors, weights))
    sides, anchor_sides = boxes[:, 2:] - boxes[:, :2], anchors[:, 2:] - anchors[:, :2]
    centers = (boxes[:, :2] + boxes[:, 2:]) / 2 - (anchors[:, :2] + anchors[:, 2:]) / 2
    np.testing.assert_allclose(deltas[:, :2], 10 * centers / anchor_sides, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(deltas[:, 2:], 5 * np.log(sides / anchor_sides), atol=1e-4)
    np.testing.assert_allclose(numpy_of(decode_boxes(deltas, anchors, weights)), boxes, atol=1e-3)


def test_a_delta_enlarges_at_most_by_62_and_a_half():
    grown = numpy_of(decode_boxes([[0.0, 0.0, 99.0, 99.0]], [[0.0, 0.0, 2.0, 2.0]]))
    np.testing.assert_allclose(grown[:, 2:] - grown[:, :2], 125, rtol=1e-6)


def test_deltas_of_a_box_without_an_area_are_finite():
    assert np.isfinite(numpy_of(encode_boxes([[3.0, 3, 3, 3]], [[-1.0, -1, -1, -1]]))).all()


def test_boxes_are_cut_off_at_the_border_of_their_own_image():
    boxes = np.array([[[-5.0, 3, 50, 70]], [[-5.0, 3, 50, 70]]])
    clipped = numpy_of(clip_boxes(boxes, [[60, 40], [80, 90]]))
    assert clipped.tolist() == [[[0, 3, 40, 60]], [[0, 3, 50, 70]]]


def test_anchors_are_in_the_order_of_rows_columns_and_ratios():
    anchors = numpy_of(anchor_boxes((2, 3), 8, 16.0, (0.5, 1.0, 2.0)))
    expected = []
    for y in (0, 8):
        for x in (0, 8, 16):
            for ratio in (0.5, 1, 2):
                width, height = 16 / ratio**0.5, 16 * ratio**0.5
                expected.append([x - width / 2, y - height / 2, x + width / 2, y + height / 2])
    np.testing.assert_allclose(anchors, expected, rtol=1e-6)


def test_rounded_anchors_are_those_of_torchvision():
    anchors = numpy_of(anchor_boxes((1, 1), 4, 32.0, (0.5, 1.0, 2.0), rounded=True))
    assert anchors.tolist() == [[-23, -11, 23, 11], [-16, -16, 16, 16], [-11, -23, 11, 23]]


@pytest.mark.parametrize("name", BOX_FORMATS)
def test_every_format_equals_keras_and_comes_back(name):
    from keras.utils import bounding_boxes

    boxes, sizes = random_boxes(6).reshape(2, 3, 4), np.array([[100, 100], [100, 100]])
    written = from_pixels(boxes, name, sizes)
    of_keras = bounding_boxes.convert_format(
        boxes.copy(), source="xyxy", target=name, height=100, width=100
    )
    np.testing.assert_allclose(numpy_of(written), numpy_of(of_keras), atol=1e-4)
    np.testing.assert_allclose(numpy_of(to_pixels(written, name, sizes)), boxes, atol=1e-4)


def test_padding_stays_as_it_is_in_every_format():
    padding = -np.ones((1, 2, 4), "float32")
    for name in BOX_FORMATS:
        assert (numpy_of(from_pixels(padding, name, [[50, 60]])) == -1).all()


def test_relative_boxes_are_those_of_the_image_without_its_padding():
    boxes = np.array([[[10.0, 20, 30, 40]], [[10.0, 20, 30, 40]]])
    written = numpy_of(from_pixels(ops.convert_to_tensor(boxes), "rel_xyxy", [[80, 100], [40, 50]]))
    np.testing.assert_allclose(written[0, 0], [0.1, 0.25, 0.3, 0.5], rtol=1e-6)
    np.testing.assert_allclose(written[1, 0], [0.2, 0.5, 0.6, 1.0], rtol=1e-6)


def test_an_unknown_format_is_named_with_the_known_ones():
    with pytest.raises(ValueError, match=r"one of 'xyxy', .*Received: .*'xxyy'"):
        to_pixels(np.zeros((1, 1, 4)), "xxyy", [[1, 1]])
