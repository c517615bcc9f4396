import keras
import numpy as np
import pytest

import keras_nonlocal
from keras_nonlocal.layers.max_pool import MaxPool3D


@pytest.fixture(scope="module")
def network():
    """Takes clips of any size; its first pooling needs two frames, three rows, three columns."""
    return keras_nonlocal.models.nl_i3d_small(classes=2)


@pytest.mark.parametrize("answer", ["__call__", "predict_on_batch"])
@pytest.mark.parametrize(
    ("clip", "layer"),
    [((2, 64, 64, 3), "pool1"), ((8, 4, 64, 3), "pool1"), ((4, 64, 64, 3), "pool2")],
)
def test_a_clip_too_small_for_the_network_is_refused_in_words(network, clip, layer, answer):
    with pytest.raises(ValueError, match=f"'{layer}' pools windows of .* give the network clips"):
        getattr(network, answer)(np.zeros((1, *clip), "float32"))


def test_it_pools_as_keras_does():
    clips = keras.random.normal((2, 5, 7, 6, 3), seed=1)
    ours, theirs = (
        layer((2, 3, 3), (1, 2, 2))(clips) for layer in (MaxPool3D, keras.layers.MaxPooling3D)
    )
    np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (ours, theirs)))
