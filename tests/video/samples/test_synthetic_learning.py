"""Training on the synthetic task with and without a non-local block (about 20 seconds)."""

import keras
import pytest
from keras import layers

from keras_nonlocal.layers import NonLocal3D
from keras_nonlocal.video.samples import synthetic_task


def _stage(x, channels, kernel, strides):
    x = layers.Conv3D(channels, kernel, strides=strides, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))


def _network(between):
    """Two stages that see 7 frames of 13 x 13 pixels, with `between` in the middle."""
    clip = keras.Input((16, 32, 32, 3))
    x = _stage(layers.Rescaling(1 / 64, offset=-110 / 64)(clip), 24, (3, 5, 5), (2, 4, 4))
    x = layers.GlobalAveragePooling3D()(_stage(between(x), 64, 3, (1, 2, 2)))
    return keras.Model(clip, layers.Dense(2, activation="softmax")(x))


def _accuracy(between):
    """Accuracy on held-out clips after four epochs."""
    keras.utils.set_random_seed(0)
    model = _network(between)
    rate = keras.optimizers.schedules.CosineDecay(1e-2, decay_steps=4 * 75)
    model.compile(
        keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    model.fit(
        synthetic_task.dataset(600, size=(32, 32), training=True, seed=1), epochs=4, verbose=0
    )
    held_out = synthetic_task.dataset(300, size=(32, 32), batch_size=50, seed=2)
    return model.evaluate(held_out, verbose=0, return_dict=True)["accuracy"]


def test_a_non_local_block_learns_the_task():
    # The gaussian form compares features from the first step on; the embedded one has to learn
    # to, from projections near zero, and takes about twice as long.
    assert _accuracy(NonLocal3D(16, instantiation="gaussian", norm=None)) >= 0.95


@pytest.mark.parametrize(
    "between",
    [
        layers.Conv3D(24, 1, activation="relu"),
        pytest.param(layers.Identity(), marks=pytest.mark.slow),  # less than a convolution can do
    ],
)
def test_the_same_network_without_the_block_does_not(between):
    assert _accuracy(between) <= 0.75
