"""A server that lies, and no patience."""

import pytest
from download.lying_server import LyingServer

from keras_nonlocal.download import transfer


@pytest.fixture
def server():
    with LyingServer() as server:
        yield server


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(transfer, "WAITS", (0.0, 0.0))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
