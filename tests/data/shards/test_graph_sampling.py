"""The graph's frame numbers against `Clip`'s own, which are plain Python."""

from fractions import Fraction

import numpy as np
import pytest
import tensorflow as tf

from keras_nonlocal.data.clip import Clip
from keras_nonlocal.data.schemes import SCHEMES
from keras_nonlocal.data.shards.graph_sampling import random_numbers, spread_numbers

LENGTHS = (1, 2, 7, 31, 63, 64, 65, 100, 301)
SHAPES = ((1, 1), (4, 1), (8, 8), (32, 2))
FINE = 1 << 16  # the graph draws PySlowFast's starts on a grid that much coarser than Python's


class Drawn:
    """A generator that says how many places there are, and always draws the one it was told."""

    def __init__(self, share):
        self.share = share

    def integers(self, places):
        return self.at(places) if places < 1 << 32 else self.at(FINE) * (places // FINE)

    def at(self, places):
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
            return tf.minimum(at, places - 1)

        return draw

    spread = tf.function(lambda n, t, r: spread_numbers(clip, n, t, r), [number, times, rate])
    random = tf.function(
        lambda s, t, r: random_numbers(clip, t, r, draw_at(s)), [share, times, rate]
    )
    return spread, random


CLIPS = [
    Clip(frames, stride, sampling=name, clips=clips)
    for name in SCHEMES
    for (frames, stride), clips in zip(SHAPES, (1, 3, 10, 4), strict=True)
]
BY_THE_CLOCK = [Clip(8, seconds=0.08, clips=3), Clip(4, seconds=0.5), Clip(1, seconds=1.0, clips=2)]


AT_SPEED = [Clip(8, 3, sampling=name, speed=1.4) for name in SCHEMES]


@pytest.mark.parametrize("clip", CLIPS + BY_THE_CLOCK + AT_SPEED, ids=str)
def test_frame_numbers_are_those_of_python_for_every_clip_and_draw(clip):
    spread, random = _in_graph(clip)
    compared = 0
    for fps in (30, 25.0, 30000 / 1001):
        for length in LENGTHS:
            times, rate = _times(length, fps), _rate(fps)
            ours = [spread(n, times, rate).numpy().tolist() for n in range(clip.clips)]
            assert ours == clip.spread_numbers(times, fps), (length, fps)
            for share in (0.0, 0.3, 0.99999999):
                drawn = clip.random_numbers(times, Drawn(share), fps)
                assert random(share, times, rate).numpy().tolist() == drawn, (length, fps, share)
                compared += 1
    assert compared == 3 * 3 * len(LENGTHS)
