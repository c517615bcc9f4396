"""Every file is read once: usable ones are listed with facts, the others with a cause."""

import hashlib
import io
import os
import re
import signal
import sys
import threading
from pathlib import Path

import av
import numpy as np
import pytest
from video import rough_inspection

from keras_nonlocal.data.error_log import read_error_log
from keras_nonlocal.data.manifest import Entry, Manifest
from keras_nonlocal.data.sources import read_source
from keras_nonlocal.video import scan_files
from keras_nonlocal.video.scan_files import scan


def cut(path, name, share):
    content = path.read_bytes()
    (path.parent / name).write_bytes(content[: int(len(content) * share)])


def causes(path):
    return {Path(line["path"]).name: line["cause"] for line in read_error_log(path)}


@pytest.fixture
def videos(tmp_path, write):
    """Two good videos in two classes, one cut off, and four that are none."""
    for name in ("run", "bend"):
        (tmp_path / name).mkdir()
    write("run/good.mp4", frames=20, fps=10)
    write("bend/other.avi", frames=7, size=(64, 48), fps=25)
    cut(write("run/whole.mkv", frames=100), "short.mkv", 0.6)
    (tmp_path / "run" / "whole.mkv").unlink()
    cut(tmp_path / "run" / "good.mp4", "broken.mp4", 0.7)
    (tmp_path / "run" / "empty.mp4").touch()
    (tmp_path / "bend" / "text.avi").write_text("no video at all\n")
    os.mkfifo(tmp_path / "bend" / "pipe.mp4")
    return tmp_path


def test_usable_files_are_listed_with_what_was_found(videos):
    usable = scan(videos, num_processes=2)
    found = {Path(entry.path).name: entry for entry in usable}
    assert list(found) == ["other.avi", "good.mp4", "short.mkv"]
    good = found["good.mp4"]
    assert (good.frames, good.fps, good.width, good.height) == (20, 10.0, 48, 32)
    assert good.sha256 == hashlib.sha256(Path(good.path).read_bytes()).hexdigest()
    other = found["other.avi"]
    assert (other.frames, other.fps, other.width, other.height) == (7, 25.0, 48, 64)
    assert usable.class_names == ("bend", "run")
    assert [entry.labels for entry in usable] == [(0,), (1,), (1,)]


def test_all_others_are_in_the_error_log_each_with_its_cause(videos):
    usable = scan(videos, error_log=videos / "bad.jsonl", num_processes=2)
    lines = {Path(line["path"]).name: line for line in read_error_log(videos / "bad.jsonl")}
    short = lines.pop("short.mkv")
    assert lines.keys() == {"broken.mp4", "empty.mp4", "text.avi", "pipe.mp4"}
    assert {line["policy"] for line in lines.values()} == {"skip"}
    assert lines["pipe.mp4"]["cause"] == "it is not a file"
    assert lines["empty.mp4"]["bytes"] == 0
    assert short["policy"] == "keep"
    seconds = usable.entries[2].frames / 10
    assert 3 < seconds < 8
    assert short["cause"] == f"{seconds:.1f} seconds decode, its header promises 10.0"


def test_whole_files_of_unusual_times_are_not_called_cut_off(tmp_path, write):
    late = write("late.mkv", frames=20, times=[500 + n for n in range(20)], codec="libx264")
    trimmed = write("trimmed.mp4", frames=20, codec="libx264", options={"g": "5", "bf": "2"})
    trim(trimmed, seconds=1)
    sound_goes_on(tmp_path / "sound.mkv")
    usable = scan(
        [late, trimmed, tmp_path / "sound.mkv"], error_log=tmp_path / "l", num_processes=1
    )
    assert [entry.frames for entry in usable] == [20, 10, 8]
    assert read_error_log(tmp_path / "l") == []


def trim(path, seconds):
    """Shortens what is shown of an mp4 file, from its end."""
    content = bytearray(path.read_bytes())
    entry = content.index(b"elst") + 12
    begins = content[entry + 4 : entry + 8]
    content[entry : entry + 8] = (1000 * seconds).to_bytes(4, "big") + begins
    path.write_bytes(content)


def sound_goes_on(path):
    """Writes eight frames in 0.8 seconds, and twenty seconds of sound."""
    with av.open(str(path), "w") as container:
        sound = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        picture = container.add_stream("mpeg4", rate=10)
        picture.width, picture.height, picture.pix_fmt = 48, 32, "yuv420p"
        for number in range(8):
            gray = np.full((32, 48, 3), 20 * number, "uint8")
            container.mux(picture.encode(av.VideoFrame.from_ndarray(gray, format="rgb24")))
        container.mux(picture.encode())
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 160_000), "int16"), "s16", "mono")
        silence.rate = 8000
        container.mux(sound.encode(silence))


def test_the_manifest_that_is_written_is_the_one_returned(videos):
    usable = scan(videos, manifest=videos / "lists" / "m.csv", num_processes=2)
    assert read_source(videos / "lists" / "m.csv") == usable
    assert len(usable) == 3


def test_the_summary_counts_files_by_cause(videos, capsys):
    (videos / "bend" / "text2.avi").write_text("again no video\n")
    scan(videos, num_processes=2)
    first, *rest = capsys.readouterr().err.splitlines()
    assert first == "3 of 8 files are usable."
    assert sum(int(line.split()[0]) for line in rest) == 6
    assert "     1 kept: N seconds decode, its header promises N" in rest
    scan(videos, num_processes=2, progress=False)
    assert capsys.readouterr().err == ""


def test_a_file_is_read_once_however_often_it_is_listed(write, tmp_path):
    path = str(write("a.mp4", frames=20))
    parts = (Entry(path, (0,), end=1.0), Entry(path, (1,), start=1.0), Entry("/gone.mp4", (1,)))
    usable = scan(Manifest(parts, ("x", "y")), error_log=tmp_path / "bad.jsonl", num_processes=1)
    assert [(entry.end, entry.frames) for entry in usable] == [(1.0, 20), (None, 20)]
    assert causes(tmp_path / "bad.jsonl") == {"gone.mp4": "there is no such file"}


def test_an_old_error_log_is_replaced(write, tmp_path):
    (tmp_path / "bad.jsonl").write_text("old\n")
    scan([write("a.mp4")], error_log=tmp_path / "bad.jsonl", num_processes=1)
    assert read_error_log(tmp_path / "bad.jsonl") == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "bad.jsonl"]


@pytest.fixture
def rough(monkeypatch):
    """Files whose names say so kill, crash or hang the process that reads them."""
    monkeypatch.setattr(scan_files, "inspect_file", rough_inspection.inspect_file)


def test_no_file_is_lost_with_the_process_that_read_it(rough, write, tmp_path):
    names = [
        f"{what}_{n}.mp4" for n in range(2) for what in ("killed", "good", "crashed", "hanging")
    ]
    for name in names:
        os.mkfifo(tmp_path / name) if "hanging" in name else write(name, frames=5)
    paths = [tmp_path / name for name in names]
    usable = scan(paths, error_log=tmp_path / "bad.jsonl", num_processes=2, time_limit=1.0)
    assert [Path(entry.path).name for entry in usable] == ["good_0.mp4", "good_1.mp4"]
    found = causes(tmp_path / "bad.jsonl")
    assert list(found) == [name for name in names if "good" not in name]  # in the source's order
    for name, cause in found.items():
        said = {"killed": "signal 9", "crashed": "signal 6", "hanging": "longer than 1 seconds"}
        assert cause.endswith(said[name.split("_")[0]])


@pytest.mark.usefixtures("ctrl_c", "rough")
def test_ctrl_c_ends_the_processes_and_writes_nothing(write, tmp_path):
    os.mkfifo(tmp_path / "hanging.mp4")
    paths = [write("good.mp4"), tmp_path / "hanging.mp4"]
    before = children()
    interrupt = threading.Timer(0.7, os.kill, (os.getpid(), signal.SIGINT))
    interrupt.start()
    with pytest.raises(KeyboardInterrupt):
        scan(paths, manifest=tmp_path / "m.csv", error_log=tmp_path / "l.jsonl", time_limit=None)
    assert children() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["good.mp4", "hanging.mp4"]


def children():
    """The processes that this one started and that are not gone."""
    tasks = Path("/proc/self/task").glob("*/children")
    return sorted(number for path in tasks for number in path.read_text().split())


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_sees_how_far_it_is(rough, write, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    scan([write(f"slow{n}.mp4", frames=3) for n in range(3)], num_processes=1)
    shown = re.findall(r"\r *(\d+)%\|.*?\| (\d)/3 \[", terminal.getvalue())
    assert shown[0] == ("0", "0")
    assert shown[-1] == ("100", "3")
    assert terminal.getvalue().endswith("\n3 of 3 files are usable.\n")


@pytest.mark.parametrize("argument", ["manifest", "error_log"])
def test_what_cannot_be_written_is_known_before_anything_is_read(rough, write, tmp_path, argument):
    (tmp_path / "file").touch()
    for wrong in (tmp_path / "file" / "out", tmp_path):
        with pytest.raises(OSError, match=str(wrong)):
            scan([write("slow.mp4")], **{argument: wrong})


@pytest.mark.parametrize("wrong", [{"num_processes": 0}, {"time_limit": -1.0}])
def test_wrong_numbers_are_refused(write, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        scan([write("a.mp4", frames=2)], **wrong)


def test_one_file_cannot_be_manifest_and_ledger(tmp_path):
    with pytest.raises(ValueError, match="`manifest` and `error_log` must be two files"):
        scan(["a.mp4"], manifest=tmp_path / "x", error_log=str(tmp_path / "x"))
