"""Where a layer's seeds come from when none are given."""

from __future__ import annotations

import random

import keras
import tensorflow as tf


class _TensorFlowSeeds:
    """Seeds by TensorFlow where Keras runs on another backend, whose own ones `tf.data` would
    take for constants."""

    def __init__(self, seed: int | None):
        seed = random.randrange(2**31) if seed is None else seed
        self._generator = tf.random.Generator.from_seed(seed, alg="philox")

    def next(self):
        return self._generator.make_seeds(1)[:, 0]


def seed_source(seed: int | None):
    """An object whose `next()` gives two integers, others each time."""
    if keras.backend.backend() == "tensorflow":
        return keras.random.SeedGenerator(seed)
    return _TensorFlowSeeds(seed)


def clip_seeds(source, batch) -> tf.Tensor:
    """Seeds for a batch, int32 `(batch, 2)`."""
    return tf.random.split(tf.cast(source.next(), "int32"), batch)
