"""The time limit of a file counts processor time, not waiting."""

import time

import numpy as np
import pytest

from keras_nonlocal.video.decoding.container import Deadline, VideoError
from keras_nonlocal.video.decoding.open_video import Video
from keras_nonlocal.video.decoding.read import count_frames
from keras_nonlocal.video.decoding.write import write_video


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("videos") / "a.mp4"
    write_video(path, np.zeros((6, 24, 32, 3), "uint8"))
    return path


def spin(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def test_waiting_does_not_count():
    deadline, began = Deadline("a.mp4", 0.05), time.monotonic()
    for _ in range(3):
        with deadline:
            time.sleep(0.04)  # as a process that was suspended
        spin(0.04)  # work of the caller, between two frames
    assert time.monotonic() - began > 0.2  # four times the limit


def test_processor_time_adds_up():
    deadline = Deadline("a.mp4", 0.05)
    with deadline:
        spin(0.03)
    with pytest.raises(VideoError, match=r"'a\.mp4'.*it took longer than 0\.05 seconds"), deadline:
        spin(0.03)


def test_other_errors_are_not_hidden():
    with pytest.raises(KeyError), Deadline("a.mp4", 0.0):
        raise KeyError


def test_reading_raises_when_the_time_limit_is_reached(path):
    assert count_frames(path, time_limit=60) == 6
    with pytest.raises(VideoError, match="it took longer than 1e-09 seconds"):
        count_frames(path, time_limit=1e-9)
    with pytest.raises(VideoError, match="longer"), Video(path, time_limit=1e-9) as video:
        video.read([0])


def test_a_slow_caller_gets_all_frames(path):
    with Video(path, time_limit=0.5) as video:
        for _ in range(8):
            assert len(video.read(range(6))) == 6
            spin(0.1)
