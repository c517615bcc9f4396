import argparse

import numpy as np
import pytest

from keras_nonlocal.cli import data_shard
from keras_nonlocal.data.error_log import read_error_log
from keras_nonlocal.video.decoding.write import write_video
from keras_nonlocal.video.shards.index import read_set


@pytest.fixture
def folder(tmp_path):
    for name in ("run", "sit"):
        write_video(tmp_path / "videos" / name / "a.mp4", np.zeros((4, 32, 32, 3), "uint8"))
    (tmp_path / "videos" / "sit" / "bad.mp4").write_bytes(b"no video")
    return tmp_path


def _run(*arguments):
    parser = argparse.ArgumentParser()
    data_shard.add_parser(parser.add_subparsers(required=True))
    parsed = parser.parse_args(["shard", *map(str, arguments)])
    return parsed.run(parsed)


def test_a_folder_becomes_shards_and_bad_videos_an_error_log(folder, capsys):
    out, error_log = folder / "out", folder / "bad.jsonl"
    options = (
        "--shards",
        1,
        "--num-processes",
        1,
        "--short-side",
        32,
        "--on-error",
        "skip",
        "--error-log",
        error_log,
    )
    assert _run(folder / "videos", out, *options) == 0
    assert read_set(out).class_names == ("run", "sit")
    assert "2 videos in 1 shards" in capsys.readouterr().out
    assert [row["path"].endswith("bad.mp4") for row in read_error_log(error_log)] == [True]


def test_a_bad_video_stops_it_unless_it_may_be_left_out(folder):
    with pytest.raises(ValueError, match="--on-error skip"):
        _run(folder / "videos", folder / "out", "--num-processes", 1)
