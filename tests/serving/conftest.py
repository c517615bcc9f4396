"""A server of the page in a process of its own, as the command starts it."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The address and the process of a server of the network in the package.

    At the end it must not have left a file behind, nor an error in its log.
    """
    pytest.importorskip("starlette", reason="needs the extra `serve`")
    pytest.importorskip("uvicorn", reason="needs the extra `serve`")
    folder = tmp_path_factory.mktemp("server")
    scratch, log = folder / "scratch", folder / "log"
    scratch.mkdir()
    limits = ("--port", "0", "--max-mb", "4", "--time-limit", "10", "--max-requests", "2")
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "keras_nonlocal", "serve", *limits],
            stderr=output,
            env=os.environ | {"TMPDIR": str(scratch)},
        )
    try:
        while not (address := re.search(r"http://\S+", log.read_text())):
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
        yield address[0], process
    finally:
        process.send_signal(signal.SIGINT)
        status = process.wait(60)
    assert status == 0, log.read_text()
    assert "Traceback" not in log.read_text()
    assert not list(scratch.iterdir())
