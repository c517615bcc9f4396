"""`WindowAverage3D`: each window is the mean of what lies in it, and of nothing else."""

import keras
import numpy as np
import pytest

from keras_nonlocal.layers import WindowAverage3D


def windows(x, size):
    """By loops, in float64."""
    x = np.asarray(x, "float64").mean(axis=1, keepdims=True)
    sizes = [min(size, length) for length in x.shape[2:4]]
    rows, columns = (length - size + 1 for length, size in zip(x.shape[2:4], sizes, strict=True))
    y = np.empty((x.shape[0], 1, rows, columns, x.shape[4]))
    for row in range(rows):
        for column in range(columns):
            window = x[:, :, row : row + sizes[0], column : column + sizes[1]]
            y[:, :, row, column] = window.mean(axis=(2, 3))
    return y


@pytest.mark.parametrize("shape", [(9, 12), (7, 7), (3, 10), (1, 1)])
@pytest.mark.parametrize("dynamic", [False, True])
def test_windows_are_means_of_their_places(shape, dynamic):
    x = np.random.default_rng(0).normal(size=(2, 3, *shape, 4)).astype("float32")
    layer = WindowAverage3D(7)
    inputs = keras.Input((None, None, None, 4) if dynamic else x.shape[1:])
    y = keras.Model(inputs, layer(inputs))(x)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(y), windows(x, 7), atol=1e-6)


@pytest.mark.parametrize("held", [1e5, np.nan, np.inf])
def test_a_place_changes_only_the_windows_that_hold_it(held):
    x = np.random.default_rng(1).normal(size=(1, 1, 20, 15, 2)).astype("float32")
    other = x.copy()
    other[:, :, 3, 4] = held
    layer = WindowAverage3D(7)
    first, second = (keras.ops.convert_to_numpy(layer(clip)) for clip in (x, other))
    outside = np.ones(first.shape[2:4], bool)
    outside[:4, :5] = False
    np.testing.assert_array_equal(first[:, :, outside], second[:, :, outside])
    assert (first[:, :, ~outside] != second[:, :, ~outside]).all()
