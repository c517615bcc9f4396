"""`keras-nonlocal data scan`: what it writes, says and refuses."""

import csv

import pytest

from keras_nonlocal.cli.main import main
from keras_nonlocal.data.error_log import read_error_log
from keras_nonlocal.video.decoding.write import write_video
from keras_nonlocal.video.samples import sample_video


@pytest.fixture
def videos(tmp_path):
    for name in ("train/jack/a.mp4", "val/jack/b.mp4"):
        write_video(tmp_path / name, sample_video.jumping_jacks(5), fps=25)
    (tmp_path / "train" / "jack" / "empty.mp4").touch()
    return tmp_path


def scan(videos, *more):
    outputs = ["--manifest", str(videos / "m.csv"), "--error-log", str(videos / "bad.jsonl")]
    return main(["data", "scan", *outputs, "--num-processes", "1", *more])


def test_usable_files_go_to_the_manifest_and_the_others_to_the_error_log(videos, capsys):
    assert scan(videos, str(videos)) == 0
    table = (videos / "m.csv").read_text().splitlines()
    rows = [(row["path"], row["split"], row["frames"]) for row in csv.DictReader(table)]
    assert rows == [("train/jack/a.mp4", "train", "5"), ("val/jack/b.mp4", "val", "5")]
    (line,) = read_error_log(videos / "bad.jsonl")
    assert line["path"] == str(videos / "train" / "jack" / "empty.mp4")
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [
        f"{videos}/m.csv: 2 of 3 videos can be used",
        f"{videos}/bad.jsonl: 1 of 3 files are unusable or cut off",
    ]
    assert printed.err.splitlines()[0] == "2 of 3 files are usable."


def test_a_list_is_scanned_with_its_root_and_split(videos, tmp_path):
    (tmp_path / "list.csv").write_text("path,label,split\na.mp4,x,train\nb.mp4,x,val\n")
    root = str(videos / "val" / "jack")
    assert scan(videos, str(tmp_path / "list.csv"), "--root", root, "--split", "val") == 0
    rows = list(csv.DictReader((videos / "m.csv").read_text().splitlines()))
    assert [row["path"] for row in rows] == ["val/jack/b.mp4"]


def test_nothing_usable_is_status_one(videos):
    (videos / "list.csv").write_text("path\ntrain/jack/empty.mp4\n")
    assert scan(videos, str(videos / "list.csv"), "--time-limit", "20") == 1
    assert len(read_error_log(videos / "bad.jsonl")) == 1


def test_a_source_that_is_none_is_one_line_on_stderr(videos, capsys):
    assert scan(videos, str(videos / "nowhere")) == 2
    printed = capsys.readouterr()
    assert (
        printed.err
        == f"keras-nonlocal: There is no file or folder '{videos}/nowhere'. Check the path.\n"
    )
    assert not (videos / "m.csv").exists()


def test_ctrl_c_is_said_in_one_line(videos, capsys, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("keras_nonlocal.video.scan_files.scan", interrupted)
    assert scan(videos, str(videos)) == 130
    assert capsys.readouterr().err == "\nInterrupted: nothing was written.\n"
