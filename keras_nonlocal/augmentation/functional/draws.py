"""Random numbers from seeds, for each clip by itself: they do not depend on the batch."""

from __future__ import annotations

import tensorflow as tf

# A large odd number, so that shifted seeds do not coincide with neighboring seeds.
_STEP = 0x3C6EF35F


def uniforms(seeds, count: int) -> tf.Tensor:
    """Draws numbers in `[0, 1)`: seeds int32 `(B, 2)` -> float32 `(B, count)`."""

    def draw(seed):
        return tf.random.stateless_uniform((count,), seed, alg="philox")

    return _each(draw, seeds, (count,))


def normals(seeds, clips) -> tf.Tensor:
    """Draws standard normal numbers, float32, in the shape of the clips: seeds `(B, 2)`."""

    def draw(seed):
        return tf.random.stateless_normal(tf.shape(clips)[1:], seed, alg="philox")

    return _each(draw, seeds, clips.shape[1:])


def beta(seeds, alpha: float) -> tf.Tensor:
    """Draws numbers in `[0, 1]` from Beta(alpha, alpha): seeds `(B, 2)` -> float32 `(B,)`."""

    def draw(seed):
        first, second = tf.unstack(tf.random.stateless_gamma((2,), seed, alpha, dtype="float64"))
        return tf.cast(tf.math.divide_no_nan(first, first + second), "float32")

    return _each(draw, seeds, ())


def _each(draw, seeds, shape) -> tf.Tensor:
    """Calls `draw` for each seed, without a loop if there is one seed: loops are slow to trace."""
    if seeds.shape[0] == 1:
        return tf.ensure_shape(draw(seeds[0])[None], (1, *shape))
    return tf.map_fn(draw, seeds, fn_output_signature=tf.TensorSpec(shape, "float32"))


def order(seeds) -> tf.Tensor:
    """Draws a permutation of the batch: seeds `(B, 2)` -> int32 `(B,)`."""
    return tf.argsort(uniforms(seeds, 1)[:, 0])


def at_place(seeds, place: int) -> tf.Tensor:
    """Derives the seeds of the layer at this place of a chain; place 0 keeps them."""
    return seeds + tf.constant([0, _shift(place)], "int32")


def for_use(seeds, use: int) -> tf.Tensor:
    """Derives seeds for another use within a layer; they differ from those of all other layers."""
    return seeds + tf.constant([_shift(use), 0], "int32")


def _shift(steps: int) -> int:
    return (steps * _STEP + 2**31) % 2**32 - 2**31


def between(numbers, low, high) -> tf.Tensor:
    """Maps `[0, 1)` to `[low, high)`."""
    return low + numbers * (high - low)


def integers(numbers, count) -> tf.Tensor:
    """Maps `[0, 1)` to int32 `0 .. count - 1`, all with the same probability."""
    whole = tf.cast(numbers * tf.cast(count, "float32"), "int32")
    return tf.minimum(whole, tf.cast(count, "int32") - 1)
