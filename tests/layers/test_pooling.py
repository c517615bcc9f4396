"""MaxPool3D and WindowAverage3D. The values of the latter are in `models/test_heads.py`."""

import keras
import numpy as np
import pytest

from keras_nonlocal import models
from keras_nonlocal.layers import MaxPool3D, WindowAverage3D


@pytest.fixture(scope="module")
def network():
    """A network for clips of any size, whose first pooling needs two frames and 3 x 3 positions."""
    return models.nl_i3d_small(classes=2)


@pytest.mark.parametrize("method", ["__call__", "predict_on_batch"])
@pytest.mark.parametrize(
    ("clip", "layer"),
    [((2, 64, 64, 3), "pool1"), ((8, 4, 64, 3), "pool1"), ((4, 64, 64, 3), "pool2")],
)
def test_clips_that_are_too_small_are_refused(network, clip, layer, method):
    with pytest.raises(ValueError, match=f"'{layer}' pools windows of .* Give the network longer"):
        getattr(network, method)(np.zeros((1, *clip), "float32"))


def test_max_pool_equals_keras():
    clips = keras.random.normal((2, 5, 7, 6, 3), seed=1)
    ours, theirs = (
        layer((2, 3, 3), (1, 2, 2))(clips) for layer in (MaxPool3D, keras.layers.MaxPooling3D)
    )
    np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (ours, theirs)))


def test_window_average_output_shape():
    layer = WindowAverage3D(7)
    assert layer.compute_output_shape((2, 4, 9, 5, 3)) == (2, 1, 3, 1, 3)
    assert layer.compute_output_shape((2, 4, None, 8, 3)) == (2, 1, None, 2, 3)
    with pytest.raises(ValueError, match="size=0"):
        WindowAverage3D(0)
