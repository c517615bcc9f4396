"""Keypoints against loops: cells to learn, and places from maps, enlarged by a cubic."""

import numpy as np
import pytest
from keras import ops

from keras_nonlocal.ops.keypoints import keypoint_peaks, keypoint_targets


def cubic(t):
    """The cubic of PyTorch, with -0.75 as its slope at the first zero."""
    t, a = abs(t), -0.75
    if t <= 1:
        return (a + 2) * t**3 - (a + 3) * t**2 + 1
    return a * t**3 - 5 * a * t**2 + 8 * a * t - 4 * a if t < 2 else 0


def enlarged(map_, height, width):
    """A map at whole pixels, one pixel and sixteen neighbors at a time."""
    out = np.zeros((height, width))
    for i, j in np.ndindex(height, width):
        y = (i + 0.5) * map_.shape[0] / height - 0.5
        x = (j + 0.5) * map_.shape[1] / width - 0.5
        for a in range(int(np.floor(y)) - 1, int(np.floor(y)) + 3):
            for b in range(int(np.floor(x)) - 1, int(np.floor(x)) + 3):
                value = map_[np.clip(a, 0, map_.shape[0] - 1), np.clip(b, 0, map_.shape[1] - 1)]
                out[i, j] += cubic(y - a) * cubic(x - b) * value
    return out


@pytest.mark.parametrize("sides", [(9.3, 30.0), (70.2, 65.0), (0.4, 5.0)], ids=str)
def test_the_peak_is_the_best_pixel_of_the_enlarged_map(sides):
    maps = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")
    boxes = np.array([[10, 20, 10 + sides[0], 20 + sides[1]], [0, 0, 12, 7]], "float32")
    points = ops.convert_to_numpy(keypoint_peaks(maps, boxes))
    for r, k in np.ndindex(2, 3):
        width, height = np.maximum(boxes[r, 2:] - boxes[r, :2], 1)
        map_ = enlarged(
            maps[r, ..., k].astype("float64"), int(np.ceil(height)), int(np.ceil(width))
        )
        y, x = np.unravel_index(map_.argmax(), map_.shape)
        expected = [
            boxes[r, 0] + (x + 0.5) * width / np.ceil(width),
            boxes[r, 1] + (y + 0.5) * height / np.ceil(height),
            np.exp(map_.max()) / np.exp(maps[r, ..., k].astype("float64")).sum(),
        ]
        np.testing.assert_allclose(points[r, k], expected, rtol=1e-4)


def test_of_equal_pixels_the_first_is_taken_across_tiles():
    maps = np.zeros((1, 2, 2, 1), "float32")
    points = ops.convert_to_numpy(keypoint_peaks(maps, [[0.0, 0.0, 200.0, 130.0]]))
    np.testing.assert_allclose(points[0, 0, :2], [0.5, 0.5])


def test_cells_equal_loops_and_what_is_outside_or_hidden_does_not_count():
    rng = np.random.default_rng(1)
    boxes = np.array([[0, 0, 10, 20], [5, 5, 9, 9], [3, 3, 3, 3]], "float32")
    points = np.concatenate([rng.uniform(-2, 22, (3, 40, 2)), rng.integers(0, 3, (3, 40, 1))], -1)
    points[0, 0], points[0, 1] = (10, 20, 2), (10, 20.001, 2)  # on the last edge, and behind it
    cells, inside = (ops.convert_to_numpy(x) for x in keypoint_targets(points, boxes, 7))
    points = points.astype("float32")
    for r, k in np.ndindex(3, 40):
        (x, y, visible), (x0, y0, x1, y1) = points[r, k], boxes[r]
        within = visible > 0 and x0 <= x <= x1 and y0 <= y <= y1 and x1 > x0
        assert inside[r, k] == within
        if within:
            column = 6 if x == x1 else int((x - x0) * 7 / (x1 - x0))
            row = 6 if y == y1 else int((y - y0) * 7 / (y1 - y0))
            assert cells[r, k] == row * 7 + column
