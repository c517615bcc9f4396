"""Fixtures for downloads: a faulty server, and no waiting."""

import pytest
from download.faulty_server import FaultyServer

from keras_nonlocal.download import transfer


@pytest.fixture
def server():
    with FaultyServer() as server:
        yield server


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(transfer, "WAITS", (0.0, 0.0))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
