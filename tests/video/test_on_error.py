"""The `on_error` policies of `video_dataset` for videos that cannot be read."""

import json

import numpy as np
import pytest
import tensorflow as tf

from keras_nonlocal.data.manifest import Entry, Manifest
from keras_nonlocal.video.clip_spec import ClipSpec
from keras_nonlocal.video.dataset import video_dataset

CLIP = ClipSpec(4, size=(16, 16))


@pytest.fixture
def source(write, damaged, tmp_path):
    """A good video, a file of text, a video whose frame 12 cannot be decoded, and a good one."""
    good = [write(f"good{i}.mp4", frames=20) for i in range(2)]
    text = tmp_path / "text.mp4"
    text.write_bytes(b"not a video")
    paths = [good[0], text, damaged, good[1]]
    return [(str(path), index) for index, path in enumerate(paths)]


def error_log_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_raise_names_the_file(source, tmp_path):
    error_log = tmp_path / "bad.jsonl"
    with pytest.raises(tf.errors.OpError, match=r"Cannot read '.*text\.mp4' as a video"):
        list(video_dataset(source, clip=CLIP, error_log=error_log, num_parallel_calls=1))
    (line,) = error_log_of(error_log)
    assert line["path"] == source[1][0]
    assert line["bytes"] == 11
    assert line["policy"] == "raise"
    assert "Invalid data" in line["cause"]


@pytest.mark.parametrize("training", [False, True])
def test_skip_skips_only_unreadable_videos_and_logs_them(source, tmp_path, training):
    error_log = tmp_path / "bad.jsonl"
    clip = ClipSpec(20, size=(16, 16))  # every frame of each video
    dataset = video_dataset(
        source, clip=clip, on_error="skip", error_log=error_log, training=training, batch_size=4
    )
    ((clips, labels),) = dataset
    assert clips.shape == (2, 20, 16, 16, 3)
    assert sorted(labels.numpy()) == [0, 3]
    lines = error_log_of(error_log)
    assert sorted(line["path"] for line in lines) == sorted([source[1][0], source[2][0]])
    assert {line["policy"] for line in lines} == {"skip"}


def test_previous_frame_repeats_a_frame_and_logs_it(source, tmp_path, read_indices):
    error_log = tmp_path / "bad.jsonl"
    clip = ClipSpec(20, size=(16, 16))
    dataset = video_dataset(
        [source[0], source[2]], clip=clip, on_error="previous_frame", error_log=error_log
    )
    ((clips, labels),) = dataset
    whole, repaired = (read_indices(clip) for clip in clips.numpy())
    assert labels.numpy().tolist() == [0, 2]
    assert whole == list(range(20))
    assert repaired == [*range(12), 11, *range(13, 20)]
    (line,) = error_log_of(error_log)
    assert line["path"] == source[2][0]
    assert line["policy"] == "previous_frame"
    assert line["cause"] == "1 of the frames of the clips cannot be decoded"


def test_previous_frame_raises_for_a_file_without_frames(source, tmp_path):
    with pytest.raises(tf.errors.OpError, match=r"text\.mp4"):
        list(video_dataset(source, clip=CLIP, on_error="previous_frame"))


def test_an_entry_without_frames_between_start_and_end_raises(source):
    late = Manifest((Entry(source[0][0], (0,), start=50.0),), ("a",))
    with pytest.raises(tf.errors.OpError, match="no frame from 50 to inf seconds"):
        list(video_dataset(late, clip=CLIP))


def test_memory_does_not_grow_over_two_thousand_clips(source):
    resource = pytest.importorskip("resource", reason="only Unix reports memory use")
    entries = tuple(Entry(source[0][0], start=i / 1000) for i in range(500))
    dataset = video_dataset(Manifest(entries), clip=CLIP, training=True, batch_size=20)

    def most():
        for clips in dataset:
            assert np.shape(clips)[1:] == (4, 16, 16, 3)
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    most()
    before = most()
    assert most() + most() - 2 * before < 40  # MB; 2,000 clips of 2.5 kB each, and their files


def test_skipping_all_videos_raises(source, tmp_path):
    with pytest.raises(tf.errors.OpError, match=r"None of the 1 videos can be read.*text\.mp4"):
        list(video_dataset(source[1:2], clip=CLIP, on_error="skip", error_log=tmp_path / "x.jsonl"))


def test_a_video_that_is_too_small_for_the_crop_is_skipped(source, write, tmp_path):
    upright = write("upright.mp4", frames=20, size=(48, 32))
    clip = ClipSpec(4, short_side=32, size=(32, 40))
    error_log = tmp_path / "bad.jsonl"
    (clips,) = video_dataset(
        [source[0][0], upright], clip=clip, on_error="skip", error_log=error_log
    )
    assert clips.shape == (1, 4, 32, 40, 3)
    (line,) = error_log_of(error_log)
    assert "`size` does not fit into its frames, which are (48, 32)" in line["cause"]
    with pytest.raises(tf.errors.OpError, match=r"upright.mp4.*Use a larger `short_side`"):
        list(video_dataset([upright], clip=clip))
