"""Parallel processes, killed processes, and what is shown on a terminal."""

import os
import pty
import select
import signal
import termios
import time
from contextlib import suppress

from download.download_helpers import DATA, DIGEST, names, pin, source, start_child
from download.faulty_server import body
from filelock import FileLock

from keras_nonlocal.download import fetch


def test_only_one_of_four_processes_downloads(server, tmp_path):
    url = server.on("/a", body(DATA, pause=0.1))
    children = [start_child(tmp_path, url) for _ in range(4)]
    for child in children:
        out, err = child.communicate(timeout=60)
        assert (child.returncode, out.strip()) == (0, str(tmp_path / "net.bin")), err
    assert server.requests["/a"] == 1
    assert (tmp_path / "net.bin").read_bytes() == DATA


def test_a_kill_before_any_file_operation_leaves_no_invalid_file(server, tmp_path):
    """No digest is known, so only the order of the operations protects the file."""
    url = server.on("/a", body(DATA))
    for operation in range(1, 100):
        cache = tmp_path / str(operation)
        child = start_child(cache, url, die_at=operation)
        child.communicate(timeout=60)
        file = cache / "net.bin"
        assert not file.exists() or file.read_bytes() == DATA
        assert not file.exists() or pin(cache)["sha256"] == DIGEST.value
        assert fetch(source(url, digest=None), cache=cache).read_bytes() == DATA
        left = [name for name in names(cache) if not name.endswith(".net.bin.pin.json")]
        assert left == ["net.bin", "net.bin.pin.json"]
        if child.returncode == 0:
            break
        assert child.returncode == -signal.SIGKILL
    assert 8 < operation < 99


def test_a_kill_during_the_download_leaves_nothing_that_a_later_download_uses(server, tmp_path):
    url = server.on("/a", body(DATA, pause=0.5), body(DATA))
    child, part = start_child(tmp_path, url), tmp_path / ".net.bin.part"
    while not part.exists() or part.stat().st_size == 0:
        assert child.poll() is None, child.communicate()
        time.sleep(0.01)
    child.kill()
    child.communicate()
    assert names(tmp_path) == [".net.bin.part"]
    assert fetch(source(url, digest=None), cache=tmp_path).read_bytes() == DATA
    assert names(tmp_path) == ["net.bin", "net.bin.pin.json"]


def test_waiting_and_progress_are_shown_on_a_terminal_only(server, tmp_path, capfd):
    url = server.on("/a", body(DATA, pause=0.02))
    fetch(source(url), cache=tmp_path / "a")
    assert capfd.readouterr() == ("", "")
    main, side = pty.openpty()
    termios.tcsetwinsize(side, (24, 80))  # tqdm draws no bar on a terminal without rows
    (tmp_path / "b").mkdir()
    with FileLock(tmp_path / "b" / ".net.bin.lock"):
        child = start_child(tmp_path / "b", url, stderr=side)
        assert select.select([main], [], [], 30)[0]
        assert os.read(main, 1 << 16).startswith(b"Waiting for another process that downloads net")
    child.communicate(timeout=30)
    os.close(side)
    drawn = _all_of(main)
    os.close(main)
    assert "100%" in drawn
    assert "1.00M/1.00M" in drawn
    assert drawn.count("\r") > 2


def _all_of(terminal):
    """Reads what was drawn. On Linux, reading fails at the end."""
    drawn = b""
    with suppress(OSError):
        while block := os.read(terminal, 1 << 16):
            drawn += block
    return drawn.decode()
