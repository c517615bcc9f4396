"""Files whose times cannot be those of a recording are said to be so, and not cut by time."""

from fractions import Fraction

import pytest
from video import odd_times

from keras_nonlocal.data import Entry, Manifest
from keras_nonlocal.data.error_log import read_error_log
from keras_nonlocal.video import ClipSpec, VideoError, probe, read_clips, scan, video_dataset

BY_TIME = ClipSpec(4, seconds_between_frames=0.1, size=(32, 32))
BY_INDEX = ClipSpec(4, size=(32, 32))


@pytest.fixture
def files(tmp_path):
    """Files by what is said of them."""
    return {
        "its 6 frames have the same time": odd_times.write(tmp_path / "equal.mkv", [0] * 6),
        "its times give 3,200 frames a second": odd_times.write(
            tmp_path / "fast.mp4", range(0, 48, 4), Fraction(1, 12_800)
        ),
        "": odd_times.write(tmp_path / "good.mp4", range(0, 720, 90), Fraction(1, 90_000)),
        "its times give a frame in 7,200 seconds": odd_times.write(
            tmp_path / "slow.mkv", [0, 7_200_000, 14_400_000], Fraction(1, 1000)
        ),
    }


def test_probe_and_scan_say_what_is_odd(files, tmp_path):
    assert {probe(path).note: path for path in files.values()} == files
    usable = scan(list(files.values()), error_log=tmp_path / "log", num_processes=1)
    lines = read_error_log(tmp_path / "log")
    assert {line["cause"]: line["path"] for line in lines} == {
        note: path for note, path in files.items() if note
    }
    assert {line["policy"] for line in lines} == {"keep"}
    assert len(usable) == 4


def test_a_clip_by_time_of_such_a_file_is_an_error(files):
    for note, path in files.items():
        assert read_clips(path, BY_INDEX).shape == (1, 4, 32, 32, 3)
        if note:
            with pytest.raises(VideoError, match=rf"{note}, and the clip is cut by time\. Cut"):
                read_clips(path, BY_TIME)
        else:
            assert read_clips(path, BY_TIME).shape == (1, 4, 32, 32, 3)


def test_a_data_set_by_time_leaves_such_files_out(files, tmp_path):
    log = tmp_path / "log"
    entries = tuple(Entry(path, (0,)) for path in files.values())
    source = Manifest(entries, ("a",))
    batches = video_dataset(source, clip=BY_TIME, batch_size=4, on_error="skip", error_log=log)
    assert sum(len(labels) for _, labels in batches) == 1
    assert len(read_error_log(log)) == 3
