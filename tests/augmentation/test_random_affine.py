"""RandomAffine against loops over pixels, and the distribution of its random numbers."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from augmentation.cases import clips

from keras_nonlocal.augmentation import RandomAffine
from keras_nonlocal.augmentation.functional.geometry import zoom_shift_turn

SEEDS = np.stack([np.arange(300), np.ones(300)], 1).astype("int32")
SIZE = (31, 41)
CENTER = (15, 20)


def transformed(image, zoom, shift, turn):
    """The transformed image, pixel by pixel through the inverse transformation."""
    height, width = image.shape[:2]
    result = np.zeros(image.shape)
    for row, column in itertools.product(range(height), range(width)):
        down = row - (height - 1) / 2 - shift[0] * height
        right = column - (width - 1) / 2 - shift[1] * width
        y = (height - 1) / 2 + (np.sin(turn) * right + np.cos(turn) * down) / zoom
        x = (width - 1) / 2 + (np.cos(turn) * right - np.sin(turn) * down) / zoom
        y, x = min(max(y, 0), height - 1), min(max(x, 0), width - 1)
        for near_y, near_x in itertools.product(
            range(int(y), int(y) + 2), range(int(x), int(x) + 2)
        ):
            weight = (1 - abs(y - near_y)) * (1 - abs(x - near_x))
            result[row, column] += weight * image[min(near_y, height - 1), min(near_x, width - 1)]
    return result


@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_zoom_shift_turn_matches_loops(dtype):
    original = clips(4, 2, dtype=dtype)
    zooms, turns = (1.0, 1.7, 0.6, 1.1), (0.0, 0.0, 0.0, 0.4)
    shifts = ((0.0, 0.0), (0.0, 0.0), (0.2, -0.1), (-0.05, 0.1))
    result = zoom_shift_turn(original, *(np.float32(each) for each in (zooms, shifts, turns)))
    assert result.dtype == "float32"
    np.testing.assert_array_equal(result[0], original[0])
    for clip, frames, *numbers in zip(original, result.numpy(), zooms, shifts, turns, strict=True):
        for before, after in zip(clip, frames, strict=True):
            np.testing.assert_allclose(after, transformed(before, *numbers), atol=0.02)


def test_a_quarter_turn_matches_numpy():
    square = clips(1, 1, (9, 9), dtype="float32")
    result = zoom_shift_turn(square, *(np.float32(each) for each in ([1], [[0, 0]], [np.pi / 2])))
    np.testing.assert_allclose(result[0, 0], np.rot90(square[0, 0]), atol=0.01)


def spot_positions(place, **arguments):
    """Row and column of a bright spot, from the center, after each of many random changes."""
    clip = np.zeros((len(SEEDS), 1, *SIZE, 1), "float32")
    rows, columns = np.indices(SIZE)
    away = np.hypot(rows - CENTER[0] - place[0], columns - CENTER[1] - place[1])
    clip[..., 0] = 255 * np.maximum(1 - away / 3, 0)
    result = tf.function(RandomAffine(**arguments).augment)(clip, None, SEEDS)[0].numpy()[
        :, 0, ..., 0
    ]
    weight = result.sum((1, 2))
    places = [(result * axis).sum((1, 2)) / weight for axis in (rows, columns)]
    return np.stack(places, 1) - CENTER


def test_shifts_are_uniform():
    parts = spot_positions((0, 0), shift=0.2) / SIZE
    assert np.abs(parts).max() < 0.201
    for axis in (0, 1):
        counts, _ = np.histogram(parts[:, axis], bins=5, range=(-0.2, 0.2))
        assert counts.min() > 35  # of 60 expected; the deviation is 7
    assert abs(np.corrcoef(parts.T)[0, 1]) < 0.2


def test_zooms_are_log_uniform():
    logarithms = np.log(spot_positions((0, 8), zoom=1.6)[:, 1] / 8) / np.log(1.6)
    assert np.abs(logarithms).max() < 1.05
    counts, _ = np.histogram(logarithms, bins=4, range=(-1, 1))
    assert counts.min() > 45  # of 75 expected


def test_turns_are_uniform():
    rows, columns = spot_positions((0, 10), turn=0.3).T
    np.testing.assert_allclose(np.hypot(rows, columns), 10, atol=0.2)
    angles = np.arctan2(rows, columns)
    assert np.abs(angles).max() < 0.31
    counts, _ = np.histogram(angles, bins=4, range=(-0.3, 0.3))
    assert counts.min() > 45


def test_default_arguments_change_nothing():
    np.testing.assert_array_equal(RandomAffine()(clips()), clips())


def test_edge_pixels_are_repeated():
    flat = np.full((2, 2, 8, 9, 3), 77, "uint8")
    np.testing.assert_array_equal(RandomAffine(zoom=3.0, shift=0.9, turn=1.0)(flat), flat)
