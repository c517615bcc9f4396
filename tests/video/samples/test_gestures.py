"""The classes of the rendered gestures differ in the order of time only."""

import numpy as np
import pytest

from keras_nonlocal.data.sources.read import read_source
from keras_nonlocal.video.decoding.probe import probe
from keras_nonlocal.video.samples import gestures
from keras_nonlocal.video.samples.gestures import CLASS_NAMES

PAIRS = {"left": "right", "up": "down", "close": "open", "clockwise": "counterclockwise"}


@pytest.fixture(scope="module")
def rendered():
    return list(gestures.gestures(16, seed=5))


def hand(frame):
    """Row, column and number of the pixels that differ much from the ground."""
    gray = frame.mean(axis=-1)
    box = np.lib.stride_tricks.sliding_window_view(np.pad(gray, 2, mode="edge"), (5, 5))
    smooth = box.mean(axis=(-2, -1))
    rows, columns = np.nonzero(abs(smooth / np.median(smooth) - 1) > 0.31)
    return np.median(rows), np.median(columns), len(rows)


def test_every_second_video_is_the_one_before_it_backwards(rendered):
    for forwards, backwards in zip(rendered[::2], rendered[1::2], strict=True):
        np.testing.assert_array_equal(forwards.video, backwards.video[::-1])
        assert forwards.fps == backwards.fps
        assert PAIRS[CLASS_NAMES[forwards.label]] == CLASS_NAMES[backwards.label]
        assert abs(forwards.video.astype(int) - forwards.video[::-1]).max() > 30


def test_all_classes_are_equally_frequent(rendered):
    assert np.bincount([each.label for each in rendered]).tolist() == [2] * 8


def test_the_hand_does_what_the_class_says(rendered):
    """Each class is found from the hand in the first, the middle and the last frame."""
    for video, label, _ in rendered:
        (top, left, large), (bottom, right, small) = hand(video[0]), hand(video[-1])
        name = CLASS_NAMES[label]
        found = {
            "left": left - right > 25,
            "right": right - left > 25,
            "up": top - bottom > 25,
            "down": bottom - top > 25,
            "close": large > 1.2 * small,
            "open": small > 1.2 * large,
        }
        if "clockwise" not in name:
            assert [each for each, is_it in found.items() if is_it] == [name]
        else:
            path = np.array([hand(frame)[:2] for frame in video]) - hand(video[0])[:2]
            down, right = path.T
            area = np.sum(right[:-1] * down[1:] - right[1:] * down[:-1]) / 2
            assert not any(found.values())
            assert (area > 300) == (name == "clockwise")
            assert abs(area) > 300


def test_a_seed_gives_the_same_videos_and_another_seed_other_ones(rendered):
    again = next(gestures.gestures(1, seed=5))
    np.testing.assert_array_equal(again.video, rendered[0].video)
    other = next(gestures.gestures(1, seed=6))
    assert other.video.shape != again.video.shape or (other.video != again.video).any()


def test_rates_and_lengths_differ_between_videos(rendered):
    seconds = [len(each.video) / each.fps for each in rendered]
    assert 0.9 < min(seconds) < 2 < max(seconds) < 4.1
    assert len({each.fps for each in rendered}) > 3


def test_files_have_the_frames_and_the_rate_of_the_gestures(tmp_path, rendered):
    paths = gestures.write_gestures(tmp_path / "gestures", 4, seed=5)
    manifest = read_source(tmp_path / "gestures")
    assert set(manifest.class_names) == {"left", "right", "up", "down"}
    for path, each in zip(paths, rendered[:4], strict=True):
        info = probe(path)
        assert (info.frames, info.width, info.height) == (len(each.video), 160, 120)
        assert info.fps == pytest.approx(each.fps, rel=0.01)
        assert path.parent.name == CLASS_NAMES[each.label]


@pytest.mark.parametrize("count", [0, 2.5])
def test_a_count_that_is_no_positive_integer_is_an_error(count):
    with pytest.raises(ValueError, match="`count` must be a positive integer"):
        gestures.gestures(count)


def test_no_jump_at_one_end_tells_the_direction_of_time(rendered):
    for video, _, _ in rendered[::2]:
        change = abs(np.diff(video.astype(int), axis=0)).mean(axis=(1, 2, 3))
        assert max(change[0], change[-1]) < 1.5 * np.median(change) + 1
