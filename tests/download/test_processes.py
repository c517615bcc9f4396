"""Several processes at once, and processes that are killed: never a wrong file."""

import signal
import threading
import time

import pytest
from download.lying_server import body, ranged, status
from download.wished import DATA, DIGEST, OTHER, pin, source, start_child, visible

from keras_nonlocal.download import FetchError, fetch


def test_of_four_processes_one_downloads(server, tmp_path):
    url = server.on("/a", body(DATA, pause=0.05))
    children = [start_child(tmp_path, url) for _ in range(4)]
    for child in children:
        out, err = child.communicate(timeout=30)
        assert (child.returncode, out.strip()) == (0, str(tmp_path / "net.bin")), err
    assert len(server.requests["/a"]) == 1
    assert (tmp_path / "net.bin").read_bytes() == DATA


def test_of_four_threads_one_downloads(server, tmp_path):
    url = server.on("/a", body(DATA, pause=0.02))
    paths = []
    threads = [
        threading.Thread(target=lambda: paths.append(fetch(source(url), cache=tmp_path)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert paths == [tmp_path / "net.bin"] * 4
    assert len(server.requests["/a"]) == 1


def test_twenty_kills_leave_no_wrong_file(server, tmp_path):
    """Each process is killed when more of the file came; the next one goes on from there."""
    large = DATA * 4
    url = server.on("/a", ranged(large, pause=0.01))
    part, came = tmp_path / ".net.bin.part", [0]
    for _ in range(20):
        child = start_child(tmp_path, url)
        while not part.exists() or part.stat().st_size == came[-1]:
            assert child.poll() is None, child.communicate()
            time.sleep(0.005)
        child.send_signal(signal.SIGKILL)
        child.communicate()
        assert child.returncode == -signal.SIGKILL
        assert visible(tmp_path) == []
        came.append(part.stat().st_size)
    _, err = start_child(tmp_path, url).communicate(timeout=30)
    assert (tmp_path / "net.bin").read_bytes() == large, err
    starts = [int(asked.get("Range", "bytes=0-")[6:-1]) for asked in server.requests["/a"]]
    assert starts == came


def test_a_kill_before_any_file_operation_leaves_no_wrong_file(server, tmp_path):
    """Half of an older version is there, and no digest is known: only the order protects."""
    operations = spared = 0
    for operations in range(1, 100):
        cache = tmp_path / str(operations)
        url = server.on("/a", ranged(OTHER, etag='"old"', stop=600_000), status(404))
        with pytest.raises(FetchError, match="404"):
            fetch(source(url, digest=None), cache=cache)
        server.on("/a", ranged(DATA, stop=600_000), ranged(DATA))
        child = start_child(cache, url, die_at=operations)
        child.communicate(timeout=30)
        file = cache / "net.bin"
        assert not file.exists() or file.read_bytes() == DATA
        assert not file.exists() or pin(cache)["sha256"] == DIGEST.value
        part, asked = cache / ".net.bin.part", len(server.requests["/a"])
        complete = part.exists() and part.stat().st_size == len(DATA)
        assert fetch(source(url, digest=None), cache=cache).read_bytes() == DATA
        if complete:  # killed after the last byte: nothing is asked for again
            assert len(server.requests["/a"]) == asked
            spared += 1
        assert visible(cache) == ["net.bin", "net.bin.lock.json"]
        if child.returncode == 0:
            break
        assert child.returncode == -signal.SIGKILL
    assert 8 < operations < 99
    assert spared > 0
