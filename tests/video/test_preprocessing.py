"""Preprocessing agrees with the same arithmetic in NumPy."""

import numpy as np
import pytest

from keras_nonlocal.video.preprocessing import preprocess

MEAN, STD = (110.0, 115.0, 120.0), (50.0, 60.0, 70.0)


def clips():
    return np.random.default_rng(0).integers(0, 256, (2, 5, 4, 6, 3)).astype("uint8")


def test_pixels_are_normalized_by_mean_and_std():
    expected = (clips().astype("float64") - MEAN) / STD
    np.testing.assert_allclose(preprocess(clips(), mean=MEAN, std=STD), expected, atol=1e-5)


def test_subtract_mean_frame_takes_absolute_differences_and_normalizes_them():
    video = clips().astype("float64")
    motion = np.abs(video - video.mean(axis=1, keepdims=True))
    expected = motion / np.sqrt((motion**2).mean(axis=(1, 2, 3, 4), keepdims=True))
    result = preprocess(clips(), mean=MEAN, std=STD, subtract_mean_frame=True)
    np.testing.assert_allclose(result, expected, atol=1e-5)


def test_subtract_mean_frame_ignores_the_sign_of_contrast():
    dark, bright = preprocess(
        np.stack([255 - clips()[0], clips()[0]]), mean=MEAN, std=STD, subtract_mean_frame=True
    )
    np.testing.assert_allclose(dark, bright, atol=1e-5)


def test_a_still_clip_has_no_motion():
    still = np.full((4, 6, 6, 3), 200, "uint8")
    assert not np.any(preprocess(still, mean=MEAN, std=STD, subtract_mean_frame=True))


def test_a_single_clip_is_preprocessed_as_in_a_batch():
    batch = preprocess(clips(), mean=MEAN, std=STD, subtract_mean_frame=True)
    alone = preprocess(clips()[1], mean=MEAN, std=STD, subtract_mean_frame=True)
    np.testing.assert_allclose(alone, batch[1], atol=1e-6)


@pytest.mark.parametrize("half", [{"mean": MEAN}, {"std": STD}])
def test_mean_without_std_raises(half):
    with pytest.raises(ValueError, match="both `mean` and `std`"):
        preprocess(clips(), **half)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_statistics_that_are_not_finite_are_errors(value):
    clip = np.zeros((2, 4, 4, 3), "uint8")
    for statistics in (
        {"mean": (value, 1, 1), "std": (1, 1, 1)},
        {"mean": (1,) * 3, "std": (0,) * 3},
    ):
        with pytest.raises(ValueError, match="`mean` and `std` finite"):
            preprocess(clip, **statistics)


def test_subtract_previous_frame_takes_signed_differences_and_normalizes_them():
    video = clips().astype("float64")
    motion = np.diff(video, axis=1)
    motion = np.concatenate([motion[:, :1], motion], axis=1)
    expected = motion / np.sqrt((motion**2).mean(axis=(1, 2, 3, 4), keepdims=True))
    result = preprocess(clips(), mean=MEAN, std=STD, subtract_previous_frame=True)
    np.testing.assert_allclose(result, expected, atol=1e-5)
    alone = preprocess(clips()[1], subtract_previous_frame=True)
    np.testing.assert_allclose(alone, result[1], atol=1e-6)


def test_a_clip_of_one_frame_has_no_differences():
    one = preprocess(clips()[:, :1], subtract_previous_frame=True)
    assert one.shape == (2, 1, 4, 6, 3)
    assert not np.any(one)


def test_two_differences_at_once_are_an_error():
    with pytest.raises(ValueError, match="`subtract_mean_frame` or `subtract_previous_frame`, not"):
        preprocess(clips(), subtract_mean_frame=True, subtract_previous_frame=True)
