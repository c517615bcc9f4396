"""What differs between Keras backends, for tests that run on all of them."""

from __future__ import annotations

import keras
import numpy as np

NAME = keras.backend.backend()


def answer(model, x):
    """What a model says of one batch: eagerly, as tracing a network takes longer than a call."""
    return keras.tree.map_structure(keras.ops.convert_to_numpy, model(x, training=False))


def value_and_gradients(function, arrays, dy):
    """`function(*arrays)` and the gradients of `sum(y * dy)`, as NumPy arrays."""
    y, gradients = _BACKENDS[NAME](function, arrays, dy)
    host = keras.ops.convert_to_numpy
    return host(y), [host(gradient) for gradient in gradients]


def _tensorflow(function, arrays, dy):
    import tensorflow as tf

    tensors = [tf.constant(array) for array in arrays]

    @tf.function(autograph=False)
    def run(*tensors):
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            y = function(*tensors)
        return y, tape.gradient(y, tensors, output_gradients=tf.cast(dy, y.dtype))

    return run(*tensors)


def _jax(function, arrays, dy):
    import jax

    @jax.jit
    def run(*tensors):
        y, pullback = jax.vjp(function, *tensors)
        return y, pullback(jax.numpy.asarray(dy, y.dtype))

    return run(*map(jax.numpy.asarray, arrays))


def _torch(function, arrays, dy):
    import torch

    tensors = [torch.tensor(np.asarray(array), requires_grad=True) for array in arrays]
    y = function(*tensors)
    y.backward(torch.tensor(np.asarray(dy)).to(y.dtype))
    return y.detach(), [tensor.grad for tensor in tensors]


_BACKENDS = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}
