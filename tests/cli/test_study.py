"""`keras-nonlocal study`: one command trains, resumes, and writes the table."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from studies.small_study import BLOCK, PEOPLE, STUDY, write_results, write_study, write_videos

from keras_nonlocal.cli.main import main
from keras_nonlocal.studies.study import read_study


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    return str(write_videos(tmp_path_factory.mktemp("videos")))


@pytest.mark.slow
def test_two_processes_train_what_is_missing_and_the_table_holds_all(videos, tmp_path, capsys):
    file = write_study(tmp_path / "study", seeds=[0])
    study, recipe = read_study(file)
    out = tmp_path / "out"
    write_results(out, study, recipe, PEOPLE, [[[1, 2]], [[None, 2]], [[1, 2]]], videos=2)
    kept = {path: path.stat().st_mtime_ns for path in (out / "results").iterdir()}
    call = ["study", str(file), "--data", videos, "-o", str(out), "--num-processes", "2"]
    assert main(call) == 0
    assert len(list((out / "results").iterdir())) == 4
    assert all(path.stat().st_mtime_ns == before for path, before in kept.items())
    rows = json.loads((out / "results.json").read_text())["rows"]
    assert [[one["group"] for one in row["results"]] for row in rows] == [list(PEOPLE)] * 3
    assert rows[0]["results"] == rows[2]["results"]
    names = {"results", "runs", "results.md", "results.png", "results.json"}
    assert {path.name for path in out.iterdir()} == names
    assert capsys.readouterr().out.splitlines()[-1] == str(out / "results.md")


def test_tell_trains_nothing(videos, tmp_path):
    file = write_study(tmp_path / "study")
    call = ["study", str(file), "--data", videos, "-o", str(tmp_path / "out"), "--tell"]
    assert main(call) == 0
    assert "0 of 2" in (tmp_path / "out" / "results.md").read_text()
    assert not (tmp_path / "out" / "results").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("started", [1, 2])
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_study_leaves_no_process(ending, started, videos, tmp_path):
    """Not even when it is interrupted while it starts them."""
    rows = [{"table": "a", "name": "long", "changes": {**BLOCK, "epochs": 10_000}}]
    file = write_study(tmp_path / "study", rows=rows)
    command = [sys.executable, "-m", "keras_nonlocal", "study", str(file), "--data", videos]
    parent = subprocess.Popen(
        [*command, "-o", str(tmp_path / "out"), "--num-processes", "2"], stderr=subprocess.DEVNULL
    )
    try:
        workers = wait_for(lambda: len(found := workers_of(parent.pid)) >= started and found)
        parent.send_signal(ending)
        assert parent.wait(60) != 0
    finally:
        parent.kill()
    wait_for(lambda: not any("program.py" in command_of(worker) for worker in workers), seconds=20)


@pytest.mark.slow
@pytest.mark.usefixtures("ctrl_c")
def test_an_interrupted_study_resumes(videos, tmp_path):
    rows = [{"table": "a", "name": "some", "changes": {**BLOCK, "epochs": 60}}]
    call = ["study", str(write_study(tmp_path / "study", rows=rows, seeds=[0])), "--data", videos]
    call += ["-o", str(tmp_path / "out")]
    parent = subprocess.Popen([sys.executable, "-m", "keras_nonlocal", *call])
    try:
        wait_for(lambda: list((tmp_path / "out" / "runs").glob("*/checkpoint*")))
        parent.send_signal(signal.SIGINT)
        assert parent.wait(60) == 130
    finally:
        parent.kill()
    assert not (tmp_path / "out" / "results").exists()
    assert main(call) == 0
    assert "| some |" in (tmp_path / "out" / "results.md").read_text()
    assert len(list((tmp_path / "out" / "results").iterdir())) == len(PEOPLE)


def wait_for(condition, seconds=120):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.0001)
    return found


def workers_of(pid):
    """The processes that train; importing may start others, which end at once."""
    children = " ".join(
        read_or_nothing(path) for path in Path(f"/proc/{pid}/task").glob("*/children")
    )
    return [child for child in children.split() if "program.py" in command_of(child)]


def command_of(pid):
    return read_or_nothing(Path(f"/proc/{pid}/cmdline"))


def read_or_nothing(path):
    try:
        return path.read_text(errors="replace")
    except OSError:  # it ended meanwhile
        return ""


@pytest.mark.slow
def test_a_process_that_fails_is_told_and_the_table_holds_what_there_is(videos, tmp_path, capfd):
    rows = [{**STUDY["rows"][0], "changes": {"weights": str(tmp_path / "absent.weights.h5")}}]
    file = write_study(tmp_path / "study", rows=rows, seeds=[0])
    out = tmp_path / "out"
    write_results(out, *read_study(file), PEOPLE, [[[1, None]]], videos=2)
    call = ["study", str(file), "--data", videos, "-o", str(out), "--num-processes", "2"]
    assert main(call) == 1
    assert "absent.weights.h5" in capfd.readouterr().err
    assert "0 of 1" in (out / "results.md").read_text()


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"rows": []}, "needs `rows`"), ({"group": "(mp4)$"}, "at least two groups")],
)
def test_wrong_studies_end_with_one_line_and_status_2(changes, message, videos, tmp_path, capsys):
    file = write_study(tmp_path / "study", **changes)
    assert main(["study", str(file), "--data", videos, "-o", str(tmp_path / "out")]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
