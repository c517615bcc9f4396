"""Augmentations change a clip, but never what moves between its frames."""

import numpy as np
import pytest
import tensorflow as tf

from keras_nonlocal.training import augment
from keras_nonlocal.training.augment import NOTHING, change_speed, frames_to_read

CHANGES = {
    "zoom": 1.3,
    "shift": 0.2,
    "turn": 0.3,
    "contrast": 0.5,
    "brightness": 60.0,
    "tint": 0.4,
    "grey": 1.0,
    "invert": 1.0,
    "noise": 20.0,
}


@pytest.fixture
def clip():
    return np.random.default_rng(0).integers(60, 190, (6, 24, 32, 3)).astype("uint8")


@pytest.fixture
def still(clip):
    return np.repeat(clip[:1], 6, axis=0)


def test_every_change_is_tested():
    assert set(CHANGES) == set(NOTHING)


def test_nothing_asked_for_changes_nothing(clip):
    np.testing.assert_allclose(augment(clip, {}, (0, 1)), clip, atol=1e-3)


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_changes_the_clip(clip, name):
    changed = augment(clip, {name: CHANGES[name]}, (3, 4)).numpy()
    assert changed.shape == clip.shape
    assert np.abs(changed - clip).mean() > 1
    assert changed.min() >= 0
    assert changed.max() <= 255


@pytest.mark.parametrize("name", [name for name in CHANGES if name != "noise"])
def test_a_still_clip_stays_still(still, name):
    changed = augment(still, {name: CHANGES[name]}, (3, 4)).numpy()
    np.testing.assert_allclose(changed, np.repeat(changed[:1], 6, axis=0), atol=1e-3)


def test_one_seed_gives_one_clip_and_another_seed_another(clip):
    first, again, other = (augment(clip, CHANGES, seed) for seed in ((1, 2), (1, 2), (1, 3)))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1


def test_a_shift_moves_the_picture_by_at_most_that_part():
    clip = np.zeros((2, 20, 40, 3), "float32")
    clip[:, 10, 20] = 255
    places = []
    for seed in range(40):
        moved = augment(clip, {"shift": 0.1}, (seed, 0)).numpy()[0, :, :, 0]
        rows, columns = np.indices(moved.shape)
        places.append([(moved * axis).sum() / moved.sum() for axis in (rows, columns)])
    distances = np.abs(np.array(places) - (10, 20)).max(axis=0)
    assert (distances <= (2.01, 4.01)).all()
    assert (distances > (1, 2)).all()


@pytest.mark.parametrize(("stride", "speed"), [(1, 1.0), (2, 1.0), (2, 1.5), (3, 1.2)])
def test_speed_keeps_frames_in_order_and_evenly_apart(stride, speed):
    count = frames_to_read(8, stride, speed)
    video = np.arange(count, dtype="uint8")[:, None, None, None]
    for seed in range(20):
        numbers = change_speed(video, 8, stride, speed, (seed, 5)).numpy().ravel().astype(int)
        steps = np.diff(numbers)
        assert steps.max() - steps.min() <= 1
        assert stride / speed - 0.2 <= steps.mean() <= stride * speed + 0.2


def test_augmentation_works_in_a_dataset_as_it_does_alone(clip):
    dataset = tf.data.Dataset.from_tensors(clip).map(lambda video: augment(video, CHANGES, (1, 2)))
    np.testing.assert_allclose(next(iter(dataset)), augment(clip, CHANGES, (1, 2)), atol=1e-3)
