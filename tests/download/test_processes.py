"""Several processes at once, processes that are killed, and what is drawn on a terminal."""

import os
import pty
import select
import signal
import termios
import time
from contextlib import suppress

from download.lying_server import body
from download.wished import DATA, DIGEST, names, pin, source, start_child
from filelock import FileLock

from keras_nonlocal.download import fetch


def test_of_four_processes_one_downloads(server, tmp_path):
    url = server.on("/a", body(DATA, pause=0.1))
    children = [start_child(tmp_path, url) for _ in range(4)]
    for child in children:
        out, err = child.communicate(timeout=60)
        assert (child.returncode, out.strip()) == (0, str(tmp_path / "net.bin")), err
    assert server.requests["/a"] == 1
    assert (tmp_path / "net.bin").read_bytes() == DATA


def test_a_kill_before_any_file_operation_leaves_no_wrong_file(server, tmp_path):
    """No digest is known: only the order of the operations protects."""
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


def test_a_kill_while_the_file_comes_leaves_nothing_that_a_later_download_keeps(server, tmp_path):
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


def test_waiting_and_progress_are_drawn_on_a_terminal_only(server, tmp_path, capfd):
    url = server.on("/a", body(DATA, pause=0.02))
    fetch(source(url), cache=tmp_path / "a")
    assert capfd.readouterr() == ("", "")
    main, side = pty.openpty()
    termios.tcsetwinsize(side, (24, 80))  # one without rows has no place for a bar
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
    """What was drawn; on Linux, reading fails where nothing is left."""
    drawn = b""
    with suppress(OSError):
        while block := os.read(terminal, 1 << 16):
            drawn += block
    return drawn.decode()
