"""ResizeLike against bilinear weights in NumPy."""

import keras
import numpy as np
import pytest
from backend import answer

from keras_nonlocal.layers import ResizeLike


def weights(new, old, align_corners):
    """The weight of each old pixel in each new one, written place by place."""
    matrix = np.zeros((new, old))
    for row in range(new):
        if align_corners:
            place = row * (old - 1) / max(new - 1, 1)
        else:
            place = min(max((row + 0.5) * old / new - 0.5, 0), old - 1)
        low = min(int(place), max(old - 2, 0))
        matrix[row, low] += 1 - (place - low)
        if place > low:
            matrix[row, low + 1] += place - low
    return matrix


@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize(
    ("old", "new"), [((2, 3), (4, 6)), ((5, 4), (13, 9)), ((6, 5), (3, 2)), ((1, 1), (4, 1))]
)
def test_resize_like_is_bilinear(align_corners, old, new):
    maps = np.random.default_rng(0).normal(size=(2, *old, 3)).astype("float32")
    layer = ResizeLike(align_corners=align_corners)
    found = keras.ops.convert_to_numpy(layer([maps, np.zeros((2, *new, 1), "float32")]))
    rows, columns = (weights(n, o, align_corners) for n, o in zip(new, old, strict=True))
    expected = np.einsum("Hh,bhwc,Ww->bHWc", rows, maps, columns)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    if align_corners and min(new) > 1:
        np.testing.assert_allclose(found[:, -1, -1], maps[:, -1, -1], atol=1e-5)


def test_sizes_may_be_dynamic():
    maps, reference = (keras.Input((None, None, channels)) for channels in (3, 1))
    model = keras.Model([maps, reference], ResizeLike(align_corners=True)([maps, reference]))
    x = np.random.default_rng(0).normal(size=(1, 3, 4, 3)).astype("float32")
    for size in ((5, 7), (8, 4)):
        assert answer(model, [x, np.zeros((1, *size, 1), "float32")]).shape == (1, *size, 3)


def test_the_configuration_keeps_the_corners():
    layer = ResizeLike.from_config(ResizeLike(align_corners=True).get_config())
    assert layer.align_corners
