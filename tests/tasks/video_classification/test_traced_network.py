"""The batch size of a traced network fits into memory, and its digest identifies the network."""

import keras
import numpy as np
import pytest

from keras_nonlocal import models
from keras_nonlocal.cost.memory import inference_bytes
from keras_nonlocal.tasks.video_classification.traced_network import TracedNetwork, digest
from keras_nonlocal.video.clip_spec import ClipSpec

pytestmark = pytest.mark.usefixtures("shallow_networks")

CLIP = ClipSpec(8, size=(32, 32))


def test_batch_size_fits_into_memory(model):
    shape = (8, 32, 32, 3)
    one = inference_bytes(model, shape)
    for memory, views in ((1, 1), (one * 2 - 1, 1), (one * 2, 2), (one * 5, 5), (one * 999, 64)):
        assert TracedNetwork(model, CLIP, memory).batch_size(shape) == views


def test_digest_depends_on_layers_and_weights_but_not_on_numbered_names():
    model = models.nl_i3d_small(classes=3)
    other = models.nl_i3d_small(classes=3, axes="space")
    again = models.nl_i3d_small(classes=3)
    for each in (other, again):
        each.set_weights(model.get_weights())
    wrapped = [
        keras.Model(inputs, each(inputs))
        for each in (model, again, other)
        for inputs in [keras.Input((None, None, None, 3))]
    ]
    assert digest(model) == digest(again) != digest(other)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        half = models.nl_i3d_small(classes=3)
    finally:
        keras.config.set_dtype_policy("float32")
    half.set_weights(model.get_weights())
    assert digest(half) != digest(model)
    one, same, differing = map(digest, wrapped)
    assert one == same != differing
    again.get_layer("logits").kernel.assign(-model.get_layer("logits").kernel)
    assert digest(again) != digest(model)


def test_digest_of_a_layer_without_get_config_depends_on_its_weights():
    class Shift(keras.layers.Layer):
        def __init__(self, initial, **kwargs):  # Keras cannot serialize an array
            super().__init__(**kwargs)
            self.shift = self.add_weight(shape=(initial.size,))

        def call(self, x):
            return x + self.shift

    inputs = keras.Input((4,))
    with pytest.raises(NotImplementedError, match="get_config"):  # the case that `digest` handles
        Shift(np.zeros(4)).get_config()
    one, other = (keras.Model(inputs, Shift(np.zeros(4))(inputs)) for _ in range(2))
    other.set_weights(one.get_weights())
    assert digest(one) == digest(other)
    other.set_weights([one.get_weights()[0] + 1])
    assert digest(one) != digest(other)
