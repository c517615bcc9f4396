"""Rows of each example of a batch, in one operation where the backend has one."""

from __future__ import annotations

import keras
from keras import ops


def take_rows(x, places):
    """Takes `x[b, places[b, n]]`.

    `keras.ops.take_along_axis` does the same by many operations, and makes an index for each value.

    Args:
        x: `(B, R, ...)`.
        places: Integers from 0 to R - 1, `(B, N)`.

    Returns:
        `(B, N, ...)`.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.gather(x, places, batch_dims=1)
    shape = (*ops.shape(places), *(1,) * (len(x.shape) - 2))
    return ops.take_along_axis(x, ops.reshape(places, shape), axis=1)
