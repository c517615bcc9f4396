"""`keras-nonlocal study`: one command trains, goes on, and tells."""

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
    assert {path.name for path in out.iterdir()} == {
        "results",
        "runs",
        "results.md",
        "results.png",
        "results.json",
    }
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
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_study_leaves_no_process(ending, started, videos, tmp_path):
    """Not even when it is interrupted while it starts them."""
    rows = [{"table": "a", "name": "long", "changes": {**BLOCK, "epochs": 10_000}}]
    file = write_study(tmp_path / "study", rows=rows)
    out = tmp_path / "out"
    command = [sys.executable, "-m", "keras_nonlocal", "study", str(file), "--data", videos]
    parent = subprocess.Popen(
        [*command, "-o", str(out), "--num-processes", "2"], stderr=subprocess.DEVNULL
    )
    try:
        wait_for(lambda: len(parts_of(parent.pid)) >= started)
        parent.send_signal(ending)
        assert parent.wait(60) != 0
    finally:
        parent.kill()
    assert not processes_with(str(out))


def wait_for(condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.0001)


def parts_of(pid):
    """The processes that a study has started; importing may start others, which end at once."""
    children = read_or_nothing(Path(f"/proc/{pid}/task/{pid}/children")).split()
    return [
        child for child in children if "--shard" in read_or_nothing(Path(f"/proc/{child}/cmdline"))
    ]


def processes_with(argument):
    """Numbers of the processes that were started with an argument."""
    lines = {path.parent.name: path for path in Path("/proc").glob("[0-9]*/cmdline")}
    return [number for number, path in lines.items() if argument in read_or_nothing(path)]


def read_or_nothing(path):
    try:
        return path.read_text(errors="replace")
    except OSError:  # it ended meanwhile
        return ""


@pytest.mark.slow
def test_a_process_that_fails_is_told_and_the_table_holds_what_there_is(videos, tmp_path):
    rows = [{**STUDY["rows"][0], "changes": {"weights": str(tmp_path / "absent.weights.h5")}}]
    file = write_study(tmp_path / "study", rows=rows, seeds=[0])
    out = tmp_path / "out"
    write_results(out, *read_study(file), PEOPLE, [[[1, None]]], videos=2)
    call = ["study", str(file), "--data", videos, "-o", str(out), "--num-processes", "2"]
    assert main(call) == 2
    assert "0 of 1" in (out / "results.md").read_text()


@pytest.mark.parametrize(
    "wrong",
    [
        ["--shard", "x"],
        ["--shard", "2/2"],
        ["--shard", "1"],
        ["--num-processes", "0"],
        ["--num-processes", "two"],
    ],
)
def test_wrong_numbers_end_with_the_usage(wrong, videos, tmp_path, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["study", "table2_weizmann", "--data", videos, "-o", str(tmp_path / "out"), *wrong])
    assert wrong[0] in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rows": []}, "needs `rows`"),
        ({"group": "^([0-9]+)_"}, "in the name of each file"),
        ({"group": "(mp4)$"}, "at least two groups"),
    ],
)
def test_wrong_studies_end_with_one_line_and_status_2(changes, message, videos, tmp_path, capsys):
    file = write_study(tmp_path / "study", **changes)
    assert main(["study", str(file), "--data", videos, "-o", str(tmp_path / "out")]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["absent", "absent.json"])
def test_a_study_that_is_not_there_ends_with_status_2(name, videos, tmp_path, capsys):
    assert main(["study", name, "--data", videos, "-o", str(tmp_path)]) == 2
    assert f"no study '{name}'" in capsys.readouterr().err
