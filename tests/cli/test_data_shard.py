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


def test_each_split_gets_a_folder_of_its_own(folder, capsys):
    table, out = folder / "actions.csv", folder / "out"
    rows = ("path,label,split", "run/a.mp4,run,train", "sit/a.mp4,sit,val")
    table.write_text("\n".join(rows))
    options = ("--root", folder / "videos", "--num-processes", 1, "--short-side", 32)
    assert shard(table, out, *options) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{out}/train: 1 videos in 1 shards",
        f"{out}/val: 1 videos in 1 shards",
    ]
    for split in ("train", "val"):
        assert (read_set(out / split).clips, read_set(out / split).class_names) == (
            1,
            ("run", "sit"),
        )
    assert shard(table, folder / "one", *options, "--split", "val") == 0
    assert read_set(folder / "one").clips == 1


def test_videos_without_a_split_do_not_go_to_the_shards_of_others(folder, capsys):
    table = folder / "actions.csv"
    table.write_text("path,label,split\nrun/a.mp4,run,train\nsit/a.mp4,sit,\n")
    assert shard(table, folder / "out", "--root", folder / "videos", "--num-processes", 1) == 2
    error = capsys.readouterr().err
    assert "must have one split" in error
    assert "Received: 'train', None" in error
