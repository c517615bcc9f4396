"""What differs between Keras backends, for tests that run on all of them."""

from __future__ import annotations

from contextlib import contextmanager

import keras
import numpy as np

NAME = keras.backend.backend()


def answer(model, x, **options):
    """What a model says of one batch: eagerly, as tracing a network takes longer than a call.

    JAX compiles each operation of a call by itself, which takes longer than the whole at once.
    """
    y = _jax_answer(model, x, options) if NAME == "jax" else model(x, training=False, **options)
    return keras.tree.map_structure(keras.ops.convert_to_numpy, y)


def _jax_answer(model, x, options):
    import jax

    @jax.jit
    def run(values, x, options):
        with keras.StatelessScope(zip(model.variables, values, strict=True)):
            return model(x, training=False, **options)

    values = [variable.value for variable in model.variables]
    return run(values, jax.tree.map(jax.numpy.asarray, x), options)


def value_and_gradients(function, arrays, dy):
    """`function(*arrays)` and the gradients of `sum(y * dy)`, as NumPy arrays.

    On TensorFlow it runs eagerly, as tracing takes longer than a call.
    """
    return differentiated(function, compiled=False)(arrays, dy)


def differentiated(function, compiled=True):
    """`(arrays, dy, *others) -> y, gradients` of `function(*arrays, *others)`, compiled once."""
    run = _BACKENDS[NAME](function, compiled)

    def call(arrays, dy, *others):
        y, gradients = run(arrays, dy, others)
        host = keras.ops.convert_to_numpy
        return host(y), [host(gradient) for gradient in gradients]

    return call


def _tensorflow(function, compiled):
    import tensorflow as tf

    def run(tensors, dy, others):
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            y = function(*tensors, *others)
        return y, tape.gradient(y, tensors, output_gradients=tf.cast(dy, y.dtype))

    if compiled:
        run = tf.function(run, autograph=False)
    return lambda *given: run(*tf.nest.map_structure(tf.constant, given))


def _jax(function, _):
    import jax

    @jax.jit
    def run(tensors, dy, others):
        y, pullback = jax.vjp(lambda *tensors: function(*tensors, *others), *tensors)
        return y, pullback(dy.astype(y.dtype))

    return lambda *given: run(*jax.tree.map(jax.numpy.asarray, given))


def _torch(function, _):
    import torch

    def run(arrays, dy, others):
        tensors = [torch.tensor(np.asarray(array), requires_grad=True) for array in arrays]
        y = function(*tensors, *map(torch.tensor, others))
        y.backward(torch.tensor(np.asarray(dy)).to(y.dtype))
        return y.detach(), [tensor.grad for tensor in tensors]

    return run


_BACKENDS = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}


@contextmanager
def eagerly():
    """Functions of TensorFlow run without a graph, which takes long to trace for a large network.

    For tests of what is around a network whose graph other tests run.
    """
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)
