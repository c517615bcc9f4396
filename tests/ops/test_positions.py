"""Conversion of a grid to sets of positions, and back."""

import keras
import numpy as np
import pytest

from keras_nonlocal.ops import positions

CASES = [(rank, axes) for rank, names in positions.AXES.items() for axes in names]


@pytest.mark.parametrize(("rank", "axes"), CASES)
@pytest.mark.parametrize("groups", [1, 2])
def test_unfold_inverts_fold(rank, axes, groups):
    x = np.random.default_rng(0).normal(size=(2, 4, 3, 5)[: rank + 1] + (6,)).astype("float32")
    shape = x.shape[:-1]
    folded = positions.fold(x, shape, axes, groups)
    assert len(folded.shape) == 3
    rows = x.reshape(-1, 6)
    np.testing.assert_array_equal(
        *map(keras.ops.convert_to_numpy, (folded, positions.fold(rows, shape, axes, groups)))
    )
    unfolded = keras.ops.convert_to_numpy(positions.unfold(folded, shape, axes, groups))
    np.testing.assert_array_equal(unfolded, rows)


def test_sets_of_space_and_of_time():
    x = np.arange(2 * 4 * 3 * 5).reshape(2, 4, 3, 5, 1)
    space, time = (
        keras.ops.convert_to_numpy(positions.fold(x, x.shape[:-1], axes))
        for axes in ("space", "time")
    )
    np.testing.assert_array_equal(space, x.reshape(8, 15, 1))
    np.testing.assert_array_equal(time, x.transpose(0, 2, 3, 1, 4).reshape(30, 4, 1))


def test_groups_are_consecutive_frames():
    x = np.arange(4 * 2 * 2).reshape(1, 4, 2, 2, 1)
    folded = keras.ops.convert_to_numpy(positions.fold(x, (1, 4, 2, 2), "spacetime", groups=2))
    np.testing.assert_array_equal(folded[..., 0], [np.arange(8), np.arange(8, 16)])
