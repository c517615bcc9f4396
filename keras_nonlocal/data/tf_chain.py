"""What every `tf.data` chain of this package needs: orders of examples, seeds and options."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Callable
from functools import cache

import tensorflow as tf

from ..utils.checks import any_int, at_least
from ..utils.compat import take_down

# AutoGraph would take most of the time that is needed to build a dataset.
as_written = tf.autograph.experimental.do_not_convert


def shuffled(count: int, *, training: bool, seed: int) -> tf.data.Dataset:
    """Returns `(index, draw)` of all examples once, shuffled in each epoch of training.

    A draw is a random number, new in each epoch, that seeds the random choices for the example.
    """
    order = tf.data.Dataset.range(count)
    if training:
        order = order.shuffle(count, seed=seed)
    draws = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True)
    return tf.data.Dataset.zip((order, draws))


def endless_order(
    count: int, batch_size: int, *, seed: int = 0, first: int = 0, shard: tuple[int, int] = (0, 1)
) -> tf.data.Dataset:
    """Returns `(index, draw)` of examples without end; each epoch has every example once.

    Batch `n` depends on `seed` and `n` alone.

    Args:
        count: Number of examples.
        batch_size: Number of examples in a batch.
        seed: The seed of the order and of the draws.
        first: Index of the batch to start with.
        shard: `(index, count)` divides each batch into `count` equal parts and gives only part
            `index`.
    """
    index, parts = check_shard(shard, batch_size)
    first = int(at_least("first", any_int("first", first), 0))
    part_size = batch_size // parts

    @as_written
    def in_part(position):
        return position % batch_size // part_size == index

    positions = tf.data.Dataset.range(first * batch_size, tf.int64.max).filter(in_part)
    return positions.map(_draws(count, any_int("seed", seed)))


def _draws(count: int, seed: int) -> Callable:
    """A function from a position in the stream to a video and a random number for it."""

    @as_written
    def draw(position):
        epoch = tf.stack([seed, position // count])
        index = tf.random.experimental.index_shuffle(position % count, epoch, count - 1)
        place = tf.stack([seed, position])
        return index, tf.random.stateless_uniform((), place, 0, tf.int64.max, tf.int64)

    return draw


@as_written
def seed_of(draw: tf.Tensor) -> tf.Tensor:
    """The seed `(2,)` of the layers of `augment`, the same from files and from shards."""
    return tf.bitcast(tf.cast(draw, tf.int64), tf.int32)


def with_fixed_tuning(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Disables autotuning, with which the end of an epoch sometimes takes seconds, and releases
    iterators when Python exits."""
    _release_iterators_at_exit()
    options = tf.data.Options()
    options.autotune.enabled = False
    options.deterministic = True
    return dataset.with_options(options)


@cache
def _release_iterators_at_exit() -> None:
    """Deletes all iterators before Python exits.

    TensorFlow waits for running Python functions when it deletes an iterator. While Python exits,
    their threads never return, so a script that reads one batch would not end.
    """
    atexit.register(_release_iterators)


def _release_iterators() -> None:
    for item in gc.get_objects():
        if issubclass(type(item), tf.data.Iterator):
            take_down(item)


def check_shard(shard: tuple[int, int], batch_size: int) -> tuple[int, int]:
    """Returns the part and the number of parts, after a check that a batch can be divided so."""
    index, count = (any_int("shard", number) for number in shard)
    if not 0 <= index < count or batch_size % count:
        raise ValueError(
            "`shard` must be (index, count) with 0 <= index < count, and count must divide the "
            f"batch. Received: shard={shard!r}, batch_size={batch_size}"
        )
    return index, count
