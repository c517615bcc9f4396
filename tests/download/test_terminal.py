"""Certificates, and what is drawn on a terminal."""

import json
import os
import re
import shutil
import ssl
import subprocess
import sys

import pytest
from download.lying_server import LyingServer, body, status
from download.wished import CHILD, DATA, source

from keras_nonlocal.download import FetchError, fetch


@pytest.fixture
def secure(tmp_path):
    """An https server with a certificate of its own, and the certificate's file."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        + ["-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost"]
        + ["-addext", "subjectAltName=IP:127.0.0.1"],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with LyingServer(context) as server:
        yield server, certificate


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_https_asks_for_a_certificate_and_is_not_left(secure, server, tmp_path, monkeypatch):
    safe, certificate = secure
    url = safe.on("/a", body(DATA))
    leaves = safe.on("/leaves", status(302, Location=server.on("/plain", body(DATA))))
    with pytest.raises(FetchError, match="certificate verify failed"):
        fetch(source(url), cache=tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with pytest.raises(FetchError, match="leads from https to http://"):
        fetch(source(leaves), cache=tmp_path)
    assert fetch(source(url), cache=tmp_path).read_bytes() == DATA


def test_progress_is_drawn_on_a_terminal_only(server, tmp_path, capfd):
    pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")
    fetch(source(server.on("/a", body(DATA))), cache=tmp_path / "a")
    assert capfd.readouterr() == ("", "")
    url = server.on("/b", body(DATA, pause=0.02))
    main, side = pty.openpty()
    termios.tcsetwinsize(side, (24, 80))
    wish = json.dumps({"cache": str(tmp_path / "b"), "url": url})
    subprocess.run(
        [sys.executable, CHILD, wish], stderr=side, stdout=subprocess.DEVNULL, check=True
    )
    os.close(side)
    drawn = os.read(main, 1 << 16).decode()
    os.close(main)
    assert re.search(r"net\.bin: 100%\|.*\| 1\.00M/1\.00M \[", drawn)
    assert drawn.count("\r") > 2
