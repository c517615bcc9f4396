"""Masks on a grid, and back in the image, against loops."""

import numpy as np
from keras import ops

from keras_nonlocal.ops.masks import mask_targets, paste_masks


def test_a_mask_of_a_box_on_whole_cells_is_cut_out():
    masks = (np.random.default_rng(0).uniform(size=(3, 20, 24)) < 0.5).astype("uint8")
    boxes = np.array([[2, 3, 12, 13], [0, 0, 10, 10], [14, 10, 24, 20]], "float32")
    grid = ops.convert_to_numpy(mask_targets(masks, boxes, [2, 0, 1], 10))
    for index, mask in enumerate((2, 0, 1)):
        x0, y0, x1, y1 = boxes[index].astype(int)
        assert (grid[index] == masks[mask, y0:y1, x0:x1]).all()


def test_a_mask_that_is_enlarged_keeps_its_halves():
    mask = np.zeros((1, 8, 8), "uint8")
    mask[:, :, 4:] = 1
    grid = ops.convert_to_numpy(mask_targets(mask, [[0.0, 0.0, 8.0, 8.0]], [0], 28))
    assert (grid[0] == (np.arange(28) >= 14)).all()


def linear(mask, y, x):
    """A mask at a place, in cells; outside of its cells it is zero."""
    total = 0.0
    for a, b in np.ndindex(*mask.shape):
        total += max(1 - abs(y - a), 0) * max(1 - abs(x - b), 0) * mask[a, b]
    return total


def test_pasting_equals_loops_at_the_border_and_for_boxes_without_an_area():
    masks = np.random.default_rng(1).uniform(size=(4, 5, 6))
    boxes = np.array([[3.3, 2.1, 14.8, 9.9], [-4, -3, 6, 5], [10, 8, 30, 30], [5, 5, 5, 9]])
    pasted = paste_masks(masks, boxes, (16, 20))
    for d, (x0, y0, x1, y1) in enumerate(boxes):
        for i, j in np.ndindex(16, 20):
            if x1 > x0 and y1 > y0:
                y = (i + 0.5 - y0) / (y1 - y0) * 5 - 0.5
                x = (j + 0.5 - x0) / (x1 - x0) * 6 - 0.5
                value = linear(masks[d], y, x)
                assert pasted[d, i, j] == (value >= 0.5) or abs(value - 0.5) < 1e-5
            else:
                assert not pasted[d, i, j]
    assert pasted[:3].any((1, 2)).all()
