"""The sampling rules give the same indices with NumPy and in TensorFlow graphs."""

from fractions import Fraction

import numpy as np
import pytest
import tensorflow as tf

from keras_nonlocal.video.clip_spec import ClipSpec
from keras_nonlocal.video.sampling.rules import SAMPLING_RULES, random_indices, spread_indices
from keras_nonlocal.video.shards.reading import TENSORFLOW

LENGTHS = (1, 2, 7, 31, 63, 64, 65, 100, 301)
SHAPES = ((1, 1), (4, 1), (8, 8), (32, 2))


class FixedGenerator:
    """A generator that always draws the same share of the range."""

    def __init__(self, share):
        self.share = share

    def integers(self, places):
        return min(int(self.share * places), places - 1)


def _times(length, fps):
    return np.array([round(i * 1_000_000 / fps) for i in range(length)])


def _rate(fps):
    fraction = Fraction(fps).limit_denominator(1001)
    return tf.constant([fraction.numerator, fraction.denominator], tf.int64)


def _in_graph(clip):
    times, rate = tf.TensorSpec([None], tf.int64), tf.TensorSpec([2], tf.int64)
    number, share = tf.TensorSpec([], tf.int64), tf.TensorSpec([], tf.float64)

    def draw_at(share):
        def draw(places):
            at = tf.cast(share * tf.cast(places, tf.float64), tf.int64)
            return tf.minimum(at, tf.cast(places, tf.int64) - 1)

        return draw

    @tf.function(input_signature=[number, times, rate])
    def spread(number, times, rate):
        return spread_indices(clip, number, times, tuple(tf.unstack(rate)), TENSORFLOW)

    @tf.function(input_signature=[share, times, rate])
    def random(share, times, rate):
        draw = draw_at(share)
        return random_indices(clip, times, tuple(tf.unstack(rate)), draw, TENSORFLOW)

    return spread, random


CLIPS = [
    ClipSpec(frames, stride, sampling=name, num_clips=clips)
    for name in SAMPLING_RULES
    for (frames, stride), clips in zip(SHAPES, (1, 3, 10, 4), strict=True)
]
BY_TIME = [
    ClipSpec(8, seconds_between_frames=0.08, num_clips=3),
    ClipSpec(4, seconds_between_frames=0.5),
    ClipSpec(6, seconds_between_frames=0.5, num_clips=2, past_end="repeat_last"),
    ClipSpec(1, seconds_between_frames=1.0, num_clips=2),
]


WITH_SPEED_JITTER = [ClipSpec(8, 3, sampling=name, speed_jitter=1.4) for name in SAMPLING_RULES]


@pytest.mark.parametrize("clip", CLIPS + BY_TIME + WITH_SPEED_JITTER, ids=str)
def test_graphs_give_the_indices_of_numpy(clip):
    spread, random = _in_graph(clip)
    compared = 0
    for fps in (30, 25.0, 30000 / 1001):
        for length in LENGTHS:
            times, rate = _times(length, fps), _rate(fps)
            ours = [spread(n, times, rate).numpy().tolist() for n in range(clip.num_clips)]
            assert ours == clip.spread_indices(times, fps), (length, fps)
            for share in (0.0, 0.3, 0.99999999):
                drawn = clip.random_indices(times, FixedGenerator(share), fps)
                assert random(share, times, rate).numpy().tolist() == drawn, (length, fps, share)
                compared += 1
    assert compared == 3 * 3 * len(LENGTHS)
