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
    monkeypatch.setattr(transfer, "WAITS", (0.0, 0.0, 0.0))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
