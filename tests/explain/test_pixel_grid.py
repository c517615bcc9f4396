"""Cells of a block in pixels: against where an input changes the features."""

import keras
import numpy as np
import pytest

from keras_nonlocal import models
from keras_nonlocal.explain.pixel_grid import PixelGrid, pixel_grid
from keras_nonlocal.explain.queries import cell_means
from keras_nonlocal.explain.recording import blocks_of
from keras_nonlocal.layers import NonLocal2D
from keras_nonlocal.surgery import insert_nonlocal

layers = keras.layers
NETWORKS = {
    "both sides": [
        layers.ZeroPadding2D(3),
        layers.Conv2D(1, 7, 2),
        layers.ZeroPadding2D(1),
        layers.MaxPooling2D(3, 2),
    ],
    "same": [layers.Conv2D(1, 3, 2, padding="same"), layers.Conv2D(1, 5, 2, padding="same")],
    "valid": [layers.Conv2D(1, 5, 3), layers.AveragePooling2D(2)],
    "dilated": [layers.Conv2D(1, 3, dilation_rate=3), layers.Conv2D(1, 2, 2)],
}


@pytest.mark.parametrize("name", NETWORKS)
def test_centers_are_in_the_middle_of_what_a_cell_reads(name):
    model = keras.Sequential([keras.Input((32, 32, 1)), *NETWORKS[name]])
    for weight in model.weights:
        weight.assign(np.full(weight.shape, len(weight.shape) > 1))  # biases are zero
    block = insert_nonlocal(model, model.layers[-1].name)
    cells = block.output_shape[1:3]
    grid = pixel_grid(block, f"{model.layers[-1].name}_nonlocal", (32, 32), cells)
    rising = np.broadcast_to(np.arange(32.0)[None, :, None, None], (1, 32, 32, 1))
    inner = slice(2, cells[0] - 2)  # cells that read no padding
    read = np.asarray(model(rising))[0, inner, cells[1] // 2, 0]
    ones = np.asarray(model(np.ones((1, 32, 32, 1))))[0, inner, cells[1] // 2, 0]
    expected = read / ones
    if name == "both sides":
        expected = expected - 2  # the maximum of three is that of the last, two pixels below
    centers = grid.centers([(i, 0) for i in range(cells[0])])[inner, 0]
    np.testing.assert_allclose(centers, expected, rtol=1e-5)


def test_sequential_models_within_models_are_followed():
    inner = keras.Sequential([keras.Input((32, 32, 3)), layers.Conv2D(4, 1, 2)], name="inner")
    block = NonLocal2D(name="a_nonlocal")
    model = keras.Sequential([keras.Input((32, 32, 3)), inner, layers.Conv2D(4, 1, 2), block])
    grid = pixel_grid(model, "a_nonlocal", (32, 32), (8, 8))
    assert grid == PixelGrid((8, 8), (0.0, 0.0), (4.0, 4.0))


def test_the_padding_of_detectors_is_known():
    model = models.nl_mask_rcnn_small(classes=1)
    (name,) = blocks_of(model)
    grid = pixel_grid(model, name, (40, 70), (4, 6))  # extended to 64 x 96
    assert grid == PixelGrid((4, 6), (0.0, 0.0), (16.0, 16.0))


def test_layers_of_unknown_geometry_leave_tiles():
    inputs = keras.Input((32, 24, 3))
    x = layers.Reshape((8, 8, 36), name="patches")(inputs)
    model = insert_nonlocal(keras.Model(inputs, x), "patches")
    grid = pixel_grid(model, "patches_nonlocal", (32, 24), (8, 8))
    assert grid == PixelGrid((8, 8), (1.5, 1.0), (4.0, 3.0))


def test_each_pixel_belongs_to_one_cell():
    grid = PixelGrid((4,), (0.0,), (8.0,))
    values = np.arange(32.0)
    # The first cell begins half outside, and pixels beyond the last cell are in none.
    expected = [values[:4].mean(), values[4:12].mean(), values[12:20].mean(), values[20:28].mean()]
    np.testing.assert_allclose(cell_means(values, grid), expected)
    assert grid.cell_at([11.9]) == (1,)
    assert grid.cell_at([99]) == (3,)
