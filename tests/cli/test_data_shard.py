"""`keras-nonlocal data shard` writes TFRecord files and an error log."""

import numpy as np
import pytest

from keras_nonlocal.cli.main import main
from keras_nonlocal.data.error_log import read_error_log
from keras_nonlocal.video.decoding.write import write_video
from keras_nonlocal.video.shards.index import read_set


@pytest.fixture
def folder(tmp_path):
    for name in ("run", "sit"):
        write_video(tmp_path / "videos" / name / "a.mp4", np.zeros((4, 32, 32, 3), "uint8"))
    (tmp_path / "videos" / "sit" / "bad.mp4").write_bytes(b"no video")
    return tmp_path


def shard(*arguments):
    return main(["data", "shard", *map(str, arguments)])


def test_videos_are_written_to_shards_and_unreadable_ones_to_the_error_log(folder, capsys):
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
    assert shard(folder / "videos", out, *options) == 0
    assert read_set(out).class_names == ("run", "sit")
    assert capsys.readouterr().out.splitlines() == [
        f"{out}: 2 videos in 1 shards",
        f"skipped videos: 1 (see {error_log})",
    ]
    assert [row["path"].endswith("bad.mp4") for row in read_error_log(error_log)] == [True]


def test_unreadable_video_is_an_error_by_default(folder, capsys):
    assert shard(folder / "videos", folder / "out", "--num-processes", 1) == 2
    assert "--on-error skip" in capsys.readouterr().err
