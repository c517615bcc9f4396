"""Base class of random layers: it draws a seed for each clip when a call brings no seeds."""

from __future__ import annotations

import random

import keras
import tensorflow as tf

from .base import ClipAugmentation


class RandomAugmentation(ClipAugmentation):
    """Base class of layers that draw random numbers once for each clip.

    Args:
        seed: The same seed gives the same sequence of random changes. If it is None, a random seed
            is drawn.
    """

    def __init__(self, *, seed: int | None = None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        on_tensorflow = keras.backend.backend() == "tensorflow"
        generator = keras.random.SeedGenerator if on_tensorflow else _TensorFlowSeedGenerator
        self._seed_generator = generator(seed)

    def _draw_seeds(self, batch):
        return tf.random.split(tf.cast(self._seed_generator.next(), "int32"), batch)

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}


class _TensorFlowSeedGenerator:
    """Draws seeds with TensorFlow when Keras runs on another backend.

    `tf.data` would treat the seeds of another backend as constants.
    """

    def __init__(self, seed: int | None):
        seed = random.randrange(2**31) if seed is None else seed
        self._generator = tf.random.Generator.from_seed(seed, alg="philox")

    def next(self):
        return self._generator.make_seeds(1)[:, 0]
