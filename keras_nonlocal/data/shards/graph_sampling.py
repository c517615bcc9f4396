"""The frame numbers of `Clip`, in graphs of TensorFlow: the same integers, without Python.

`tests/data/shards/test_graph_sampling.py` compares them with `schemes.py` and `moments.py`.
"""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from ..clip import Clip
from ..moments import MICROSECONDS, ROUNDING
from ..sampling import SPEEDS
from ..schemes import DENSE_RANGE, SLOWFAST_RATE

_FINE = 1 << 16

Draw = Callable[[tf.Tensor], tf.Tensor]


def random_numbers(clip: Clip, times: tf.Tensor, rate: tf.Tensor, draw: Draw) -> tf.Tensor:
    """Frame numbers of a training clip, int64 `(frames,)`.

    Args:
        clip: How clips are cut.
        times: When each frame is shown, int64 microseconds from the first.
        rate: Frames a second, as a numerator and a denominator.
        draw: From a number to one drawn evenly from 0 until before it.
    """
    if clip.seconds is not None:
        room = tf.maximum(times[-1] - _step(clip) * (clip.frames - 1), 0)
        start = tf.minimum(draw(room + _last_shown(times)), room)
        return _shown_at(clip, times, start)
    length = tf.size(times, tf.int64)
    if clip.speed == 1:
        return _random_numbers(clip, length, rate, draw)
    share = tf.cast(draw(tf.constant(SPEEDS + 1, tf.int64)), tf.float64) / SPEEDS
    speed = tf.constant(clip.speed, tf.float64) ** (2 * share - 1)
    played = tf.maximum(tf.cast(tf.round(tf.cast(length, tf.float64) / speed), tf.int64), 1)
    numbers = tf.cast(_random_numbers(clip, played, rate, draw), tf.float64)
    return tf.minimum(tf.cast(tf.round(numbers * speed), tf.int64), length - 1)


def _random_numbers(clip: Clip, length: tf.Tensor, rate: tf.Tensor, draw: Draw) -> tf.Tensor:
    if clip.sampling == "slowfast":
        span, room = _slowfast(clip, length, rate)
        return _stretched(
            clip, draw(tf.constant(_FINE, tf.int64)) * room, _FINE, span, rate, length
        )
    places = {
        "spread": tf.maximum(length - clip.span, 0) + 1,
        "mmaction2_dense": tf.maximum(length - DENSE_RANGE, 1),
    }.get(clip.sampling, tf.maximum(length - clip.frames * clip.stride, 0) + 1)
    return _looped(clip, draw(places), length)


def spread_numbers(clip: Clip, number: tf.Tensor, times: tf.Tensor, rate: tf.Tensor) -> tf.Tensor:
    """Frame numbers of test clip `number`, int64 `(frames,)`; arguments as above."""
    parts = max(clip.clips - 1, 1)
    if clip.seconds is not None:
        room = tf.maximum(times[-1] - _step(clip) * (clip.frames - 1), 0)
        start = room // 2 if clip.clips == 1 else room * number // parts
        return _shown_at(clip, times, start)
    length = tf.size(times, tf.int64)
    if clip.sampling == "slowfast":
        span, room = _slowfast(clip, length, rate)
        return _stretched(clip, room * number, clip.clips, span, rate, length)
    return _looped(clip, _SPREAD[clip.sampling](clip, length, number, parts), length)


def _spread(clip, length, number, parts):
    room = tf.maximum(length - clip.span, 0)
    return room // 2 if clip.clips == 1 else room * number // parts


def _official(clip, length, number, parts):
    return length * number // clip.clips


def _mmaction2(clip, length, number, parts):
    if clip.frames == 1:
        return length * (2 * number + 1) // (2 * clip.clips)
    room = tf.maximum(length - clip.span, 0)
    return room // 2 if clip.clips == 1 else _half_to_even(room * number, parts)


def _dense(clip, length, number, parts):
    return tf.maximum(length - DENSE_RANGE, 0) * number // parts


_SPREAD = {
    "spread": _spread,
    "official": _official,
    "mmaction2": _mmaction2,
    "mmaction2_dense": _dense,
}


def _half_to_even(numerator, denominator: int):
    whole, rest = numerator // denominator, 2 * (numerator % denominator)
    up = (rest > denominator) | ((rest == denominator) & (whole % 2 == 1))
    return whole + tf.cast(up, tf.int64)


def _looped(clip, start, length):
    return (start + tf.range(clip.frames, dtype=tf.int64) * clip.stride) % length


def _slowfast(clip, length, rate):
    """The span of a clip and the room around it, in 30ths of the rate's denominator."""
    span = clip.frames * clip.stride * rate[0]
    return span, tf.maximum(length * rate[1] * SLOWFAST_RATE - span, 0)


def _stretched(clip, start, parts: int, span, rate, length):
    """`start` counts in parts of the unit of `span`."""
    unit, steps = rate[1] * SLOWFAST_RATE, max(clip.frames - 1, 1)
    frames = tf.range(clip.frames, dtype=tf.int64)
    exact = (start * steps + frames * (span - unit) * parts) // (unit * steps * parts)
    return tf.clip_by_value(exact, 0, length - 1)


def _shown_at(clip, times, start):
    lasts, length = times[-1] + _last_shown(times), tf.size(times, tf.int64)
    early = tf.minimum(tf.minimum(lasts // (4 * length), ROUNDING), _last_shown(times) - 1)
    moments = (start + early + _step(clip) * tf.range(clip.frames, dtype=tf.int64)) % lasts
    return tf.searchsorted(times, moments, side="right", out_type=tf.int64) - 1


def _last_shown(times):
    shown = times[-1] - times[-tf.minimum(tf.size(times), 2)]
    return tf.maximum(shown, 1)


def _step(clip: Clip) -> int:
    return round((clip.seconds or 0) * MICROSECONDS)
