"""Preparation is one line of arithmetic, so it is compared with the same line in NumPy."""

import numpy as np

from keras_nonlocal.data import prepare

MEAN, STD = (110.0, 115.0, 120.0), (50.0, 60.0, 70.0)


def clips():
    return np.random.default_rng(0).integers(0, 256, (2, 5, 4, 6, 3)).astype("uint8")


def test_values_are_centred_and_scaled():
    expected = (clips().astype("float64") - MEAN) / STD
    np.testing.assert_allclose(prepare(clips(), mean=MEAN, std=STD), expected, atol=1e-5)


def test_motion_is_centred_on_each_pixel_and_scaled_by_its_own_spread():
    video = clips().astype("float64")
    motion = video - video.mean(axis=1, keepdims=True)
    expected = motion / motion.std(axis=(1, 2, 3, 4), keepdims=True)
    result = prepare(clips(), mean=MEAN, std=STD, motion_only=True)
    np.testing.assert_allclose(result, expected, atol=1e-5)


def test_a_still_clip_has_no_motion():
    still = np.full((4, 6, 6, 3), 200, "uint8")
    assert not np.any(prepare(still, mean=MEAN, std=STD, motion_only=True))


def test_a_clip_alone_is_prepared_as_in_a_batch():
    batch = prepare(clips(), mean=MEAN, std=STD, motion_only=True)
    alone = prepare(clips()[1], mean=MEAN, std=STD, motion_only=True)
    np.testing.assert_allclose(alone, batch[1], atol=1e-6)
