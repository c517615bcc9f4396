"""The crop that follows the motion agrees with loops in NumPy and follows a moving square."""

import numpy as np
import pytest

from keras_nonlocal.video.motion_crop import crop_along, path_of
from keras_nonlocal.video.preprocessing import pixels_seen, preprocess

NORMAL = {"mean": (0.0,) * 3, "std": (1.0,) * 3, "subtract_mean_frame": True}


def moving_square(frames=8, speed=4, start=6, row=12):
    """A bright square of 5 x 5 that moves across a dark, noisy background."""
    noise = np.random.default_rng(0).integers(0, 6, (frames, 32, 48, 3))
    for time in range(frames):
        noise[time, row : row + 5, start + speed * time : start + speed * time + 5] = 200
    return noise.astype("uint8")


def path_by_loops(motion):
    """Weighted mean positions and a weighted line, computed by loops."""
    frames, height, width, _ = motion.shape
    weights, columns, rows = np.zeros(frames), np.zeros(frames), 0.0
    for t in range(frames):
        for y in range(height):
            for x in range(width):
                power = float((motion[t, y, x].astype("float64") ** 2).sum())
                weights[t] += power
                columns[t] += power * x
                rows += power * y
    columns /= weights
    slope, middle = np.polyfit(np.arange(frames), columns, 1, w=np.sqrt(weights))
    return [(rows / weights.sum(), middle + slope * t) for t in range(frames)]


def test_the_path_is_the_weighted_line_fit():
    motion = np.random.default_rng(1).gamma(1.0, size=(5, 7, 9, 3)).astype("float32")
    np.testing.assert_allclose(path_of(motion[None])[0], path_by_loops(motion), rtol=1e-4)


def test_a_moving_square_stays_in_the_crop():
    """Not exactly in its center, as the square also changes the mean frame."""
    seen = pixels_seen(moving_square(), track_motion=(16, 16)).numpy()
    assert seen.shape == (8, 16, 16, 3)
    assert seen.dtype == np.uint8
    for frame in seen.astype(float).mean(axis=-1):
        places = np.argwhere(frame > 100)
        assert 20 <= len(places) <= 30
        np.testing.assert_allclose(places.mean(axis=0), (7.5, 7.5), atol=3)


def test_a_crop_at_integer_positions_is_a_slice():
    clip = np.random.default_rng(2).normal(size=(1, 3, 10, 12, 2)).astype("float32")
    path = np.array([[[4.5, 5.5], [4.5, 6.5], [5.5, 3.5]]], "float32")
    cropped = crop_along(clip, path, (4, 6)).numpy()
    for time, (top, left) in enumerate([(3, 3), (3, 4), (4, 1)]):
        expected = clip[0, time, top : top + 4, left : left + 6]
        np.testing.assert_allclose(cropped[0, time], expected, atol=1e-5)


def test_pixels_outside_of_the_frame_are_zero():
    clip = np.ones((1, 1, 4, 4, 1), "float32")
    cropped = crop_along(clip, np.array([[[0.0, 0.0]]], "float32"), (5, 5)).numpy()[0, 0, :, :, 0]
    np.testing.assert_array_equal(cropped[:2], 0)
    np.testing.assert_array_equal(cropped[2:, 2:], 1)


def test_a_single_clip_is_cropped_as_in_a_batch():
    batch = np.stack([moving_square(), moving_square(speed=1, row=20)])
    together = preprocess(batch, **NORMAL, track_motion=(16, 16))
    assert together.shape == (2, 8, 16, 16, 3)
    for clip, expected in zip(batch, together, strict=True):
        np.testing.assert_allclose(
            preprocess(clip, **NORMAL, track_motion=(16, 16)), expected, rtol=1e-3, atol=1e-3
        )


def test_a_still_clip_is_cropped_in_the_center():
    still = np.broadcast_to(moving_square()[:1], (4, 32, 48, 3))
    np.testing.assert_array_equal(pixels_seen(still, track_motion=(16, 16)), still[:, 8:24, 16:32])
    assert not np.any(preprocess(still, **NORMAL, track_motion=(16, 16)))


def test_track_motion_without_subtract_mean_frame_raises():
    with pytest.raises(ValueError, match="subtract_mean_frame"):
        preprocess(moving_square(), mean=(0.0,) * 3, std=(1.0,) * 3, track_motion=(16, 16))
