"""Files of several processes and threads do not meet, and only one process writes to a folder."""

import os
import socket
import subprocess
import sys
import threading

import pytest

from keras_nonlocal.utils.atomic_files import only_process, replacing
from keras_nonlocal.utils.remote_files import write_whole

HOLDER = """
import sys
from pathlib import Path
from keras_nonlocal.utils.atomic_files import only_process
with only_process(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that writes to the folder `run`, until its input ends."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "run")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_another_process_in_a_folder_is_named(holder, tmp_path):
    named = f"{tmp_path / 'run'}: process {holder.pid} on {socket.gethostname()}\\. Wait"
    for _ in range(2):  # the first attempt does not remove what the second one reads
        with pytest.raises(BlockingIOError, match=named), only_process(tmp_path / "run"):
            pass
    holder.communicate(b"")
    with only_process(tmp_path / "run"):
        (tmp_path / "run" / "a.txt").touch()
    assert os.listdir(tmp_path / "run") == ["a.txt"]


def test_a_killed_process_leaves_the_folder_free(holder, tmp_path):
    holder.kill()
    holder.wait()
    with only_process(tmp_path / "run"):
        pass
    assert not (tmp_path / "run").exists()  # nothing was written


@pytest.mark.parametrize("way", ["file", "remote"])
def test_threads_and_containers_do_not_share_partial_files(way, tmp_path, monkeypatch):
    """In containers, two processes on one disk have the same number."""
    monkeypatch.setattr(os, "getpid", lambda: 1)
    path, both, partials = tmp_path / "a", threading.Barrier(2), []

    def write(letter):
        if way == "remote":
            write_whole(str(path), letter.encode() * 100_000)
            return
        with replacing(path) as partial:
            partials.append(partial)
            both.wait()
            partial.write_text(letter * 100_000)
            both.wait()

    threads = [threading.Thread(target=write, args=(letter,)) for letter in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(partials)) == len(partials)
    assert os.listdir(tmp_path) == ["a"]
    assert path.read_text() in ("a" * 100_000, "b" * 100_000)
