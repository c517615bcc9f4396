"""The error log has one line per file, also if several processes write to it."""

import json
import pickle
import threading

import pytest
from data.error_log_writer import write_many

from keras_nonlocal.data.error_log import ErrorLog, read_error_log
from keras_nonlocal.data.workers import map_in_processes


def test_a_line_has_path_cause_bytes_and_policy(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"12345")
    error_log = ErrorLog(tmp_path / "bad.jsonl")
    error_log.record(tmp_path / "a.mp4", 'no "video" stream\n', "skip")
    error_log.record("gone\udcff.mp4", "there is no such file", "raise")
    lines = (tmp_path / "bad.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {
            "path": str(tmp_path / "a.mp4"),
            "cause": 'no "video" stream\n',
            "bytes": 5,
            "policy": "skip",
        },
        {
            "path": "gone\udcff.mp4",
            "cause": "there is no such file",
            "bytes": None,
            "policy": "raise",
        },
    ]
    assert read_error_log(tmp_path / "bad.jsonl") == [json.loads(line) for line in lines]
    assert len(error_log) == 2


def test_without_failures_there_is_no_file(tmp_path):
    error_log = ErrorLog(tmp_path / "bad.jsonl")
    assert len(error_log) == 0
    assert error_log  # although its length is 0
    assert list(tmp_path.iterdir()) == []


def test_the_folder_is_created_at_once(tmp_path):
    error_log = ErrorLog(tmp_path / "new" / "deep" / "bad.jsonl")
    assert list((tmp_path / "new" / "deep").iterdir()) == []
    error_log.record("a.mp4", "x", "skip")
    assert len(read_error_log(error_log.path)) == 1


@pytest.mark.parametrize("place", ["folder", "file/bad.jsonl", "/proc/none/bad.jsonl"])
def test_a_path_that_cannot_be_written_raises_before_the_first_line(tmp_path, place):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(
        OSError, match=r"error log cannot be written to '.*'\. Give the path of a file"
    ):
        ErrorLog(tmp_path / place)


def test_without_a_path_it_only_counts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    error_log = ErrorLog(None)
    for _ in range(3):
        error_log.record("a.mp4", "x", "skip")
    assert len(error_log) == 3
    assert list(tmp_path.iterdir()) == []


def test_lines_are_appended_to_an_existing_file(tmp_path):
    for name in ("a", "b"):
        ErrorLog(tmp_path / "bad.jsonl").record(name, "x", "skip")
    assert [line["path"] for line in read_error_log(tmp_path / "bad.jsonl")] == ["a", "b"]


def test_processes_and_threads_write_whole_lines(tmp_path):
    error_log = ErrorLog(tmp_path / "bad.jsonl")
    thread = threading.Thread(target=write_many, args=((error_log, "thread", 300),))
    thread.start()
    tasks = [(error_log, name, 300) for name in ("one", "two")]
    counts = [count for _, count in map_in_processes(tasks, write_many, num_processes=2)]
    thread.join()
    found = [line["path"] for line in read_error_log(tmp_path / "bad.jsonl")]
    wanted = [f"{name}{n}" for name in ("thread", "one", "two") for n in range(300)]
    assert sorted(found) == sorted(wanted)
    assert counts == [300, 300]
    assert len(error_log) == 300


def test_a_pickled_copy_has_its_own_count(tmp_path):
    error_log = ErrorLog(tmp_path / "bad.jsonl")
    error_log.record("a", "x", "skip")
    copy = pickle.loads(pickle.dumps(error_log))
    copy.record("b", "x", "skip")
    assert (len(error_log), len(copy)) == (1, 1)
    assert len(read_error_log(tmp_path / "bad.jsonl")) == 2


@pytest.mark.parametrize("wrong", ["no json", "[1]", '{"path": "a"}', ""])
def test_a_wrong_line_raises_with_its_line_number(tmp_path, wrong):
    error_log = ErrorLog(tmp_path / "bad.jsonl")
    error_log.record("a", "x", "skip")
    with (tmp_path / "bad.jsonl").open("a") as file:
        file.write(f"{wrong}\n")
    with pytest.raises(ValueError, match=r"bad.jsonl', line 2 must be a JSON object with bytes"):
        read_error_log(tmp_path / "bad.jsonl")


def test_an_address_raises():
    with pytest.raises(ValueError, match="a file on this machine"):
        ErrorLog("s3://bucket/bad.jsonl")
