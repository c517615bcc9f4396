"""Seeds -> numbers, clip by clip, so that a clip's numbers do not depend on its batch."""

from __future__ import annotations

import tensorflow as tf

# A large odd number: neighboring seeds that are moved on by it do not meet.
_STEP = 0x3C6EF35F


def uniforms(seeds, count: int) -> tf.Tensor:
    """Numbers in `[0, 1)`: seeds int32 `(B, 2)` -> float32 `(B, count)`."""

    def draw(seed):
        return tf.random.stateless_uniform((count,), seed, alg="philox")

    return _each(draw, seeds, (count,))


def normals(seeds, clips) -> tf.Tensor:
    """Standard normal numbers, float32, as many as the clips have values: seeds `(B, 2)`."""

    def draw(seed):
        return tf.random.stateless_normal(tf.shape(clips)[1:], seed, alg="philox")

    return _each(draw, seeds, clips.shape[1:])


def beta(seeds, alpha: float) -> tf.Tensor:
    """A number in `[0, 1]` from Beta(alpha, alpha): seeds `(B, 2)` -> float32 `(B,)`."""

    def draw(seed):
        first, second = tf.unstack(tf.random.stateless_gamma((2,), seed, alpha, dtype="float64"))
        return tf.cast(tf.math.divide_no_nan(first, first + second), "float32")

    return _each(draw, seeds, ())


def _each(draw, seeds, shape) -> tf.Tensor:
    """What `draw` makes of each seed; of a single one without a loop, which is slow to trace."""
    if seeds.shape[0] == 1:
        return tf.ensure_shape(draw(seeds[0])[None], (1, *shape))
    return tf.map_fn(draw, seeds, fn_output_signature=tf.TensorSpec(shape, "float32"))


def order(seeds) -> tf.Tensor:
    """A permutation of the batch: seeds `(B, 2)` -> int32 `(B,)`."""
    return tf.argsort(uniforms(seeds, 1)[:, 0])


def at_place(seeds, place: int) -> tf.Tensor:
    """Other seeds for each layer of a chain; place 0 leaves them as they are."""
    return seeds + tf.constant([0, _shift(place)], "int32")


def for_use(seeds, use: int) -> tf.Tensor:
    """Other seeds for each use within a layer, which those at no other place meet."""
    return seeds + tf.constant([_shift(use), 0], "int32")


def _shift(steps: int) -> int:
    return (steps * _STEP + 2**31) % 2**32 - 2**31


def between(numbers, low, high) -> tf.Tensor:
    """`[0, 1)` -> `[low, high)`."""
    return low + numbers * (high - low)


def integers(numbers, count) -> tf.Tensor:
    """`[0, 1)` -> int32 `0 .. count - 1`, each as likely as another."""
    whole = tf.cast(numbers * tf.cast(count, "float32"), "int32")
    return tf.minimum(whole, tf.cast(count, "int32") - 1)
