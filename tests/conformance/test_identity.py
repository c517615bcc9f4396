"""A new layer is exactly the identity, and it can be trained."""

import backend
import keras
import numpy as np
from conformance.cases import each_case


@each_case
def test_new_layer_is_the_identity(case):
    x = case.input()
    for training in (False, True):
        y = keras.ops.convert_to_numpy(case.make()(x, training=training))
        np.testing.assert_array_equal(y, x)


@each_case
def test_new_layer_gets_gradients(case):
    """At least one weight must get a gradient that is not zero."""
    x = case.input()
    model = keras.Sequential([keras.Input(case.shape[1:]), case.make()])
    before = [keras.ops.convert_to_numpy(weight).copy() for weight in model.trainable_weights]
    # JAX compiles each operation of an eager step by itself, which takes twice as long.
    model.compile("sgd", "mse", run_eagerly=backend.NAME != "jax")
    model.train_on_batch(x, np.roll(x, 1, axis=1))
    after = [keras.ops.convert_to_numpy(weight) for weight in model.trainable_weights]
    assert any(np.abs(b - a).max() > 0 for b, a in zip(before, after, strict=True))
