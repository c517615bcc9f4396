"""Downloads from a correct server succeed, and those from a faulty one are errors."""

import hashlib

import pytest
from download.download_helpers import DATA, DIGEST, OTHER, names, pin, source
from download.faulty_server import body, status

from keras_nonlocal.download import Digest, FetchError, fetch, transfer

DIGESTS = {
    "none": None,
    "sha256": DIGEST,
    "sha256_prefix": Digest("sha256_prefix", DIGEST.value[:8].upper()),
    "sha1": Digest("sha1", hashlib.sha1(DATA).hexdigest()),
}


@pytest.mark.parametrize("digest", DIGESTS.values(), ids=DIGESTS)
def test_a_file_is_downloaded_once_and_pinned(server, tmp_path, digest):
    url = server.on("/a", body(DATA))
    for _ in range(3):
        path = fetch(source(url, digest=digest), cache=tmp_path)
        assert path == tmp_path / "net.bin"
        assert path.read_bytes() == DATA
    assert server.requests["/a"] == 1
    assert pin(tmp_path) == {"sha256": DIGEST.value, "url": url}
    assert names(tmp_path) == ["net.bin", "net.bin.pin.json"]
    (tmp_path / "new").touch()
    assert path.stat().st_mode == (tmp_path / "new").stat().st_mode  # other users may read it, too


@pytest.mark.parametrize("digest", list(DIGESTS.values())[1:], ids=list(DIGESTS)[1:])
def test_a_file_with_another_digest_is_an_error(server, tmp_path, digest):
    url = server.on("/a", body(OTHER))
    with pytest.raises(FetchError, match=f"Expected: {digest.kind} {digest.value}"):
        fetch(source(url, digest=digest), cache=tmp_path)
    assert names(tmp_path) == []
    assert server.requests["/a"] == 1


def test_the_next_address_is_tried_after_a_wrong_file(server, tmp_path):
    wrong, gone = server.on("/wrong", body(OTHER)), server.on("/gone", status(404))
    right = server.on("/right", body(DATA))
    assert fetch(source(wrong, gone, right), cache=tmp_path).read_bytes() == DATA
    assert pin(tmp_path)["url"] == right


@pytest.mark.parametrize("digest", [None, DIGEST], ids=["no digest", "digest"])
@pytest.mark.parametrize("ends_by", ["length", "chunks"])
def test_a_broken_connection_is_retried_and_an_incomplete_file_is_never_used(
    server, tmp_path, ends_by, digest
):
    cut = body(DATA, stop=400_000, ends_by=ends_by)
    broken = server.on("/broken", cut)
    with pytest.raises(FetchError, match="/broken: "):
        fetch(source(broken, digest=digest), cache=tmp_path)
    assert names(tmp_path) == []
    assert server.requests["/broken"] == 3
    healed = server.on("/healed", cut, body(DATA))
    assert fetch(source(healed, digest=digest), cache=tmp_path).read_bytes() == DATA


def test_without_a_digest_the_server_must_state_where_the_file_ends(server, tmp_path):
    endless = server.on("/endless", body(DATA, ends_by="close"))
    with pytest.raises(FetchError, match="did not state where the file ends"):
        fetch(source(endless, digest=None), cache=tmp_path)
    assert names(tmp_path) == []
    assert fetch(source(endless), cache=tmp_path / "known").read_bytes() == DATA
    in_chunks = server.on("/chunks", body(DATA, ends_by="chunks"))
    assert fetch(source(in_chunks, digest=None), cache=tmp_path).read_bytes() == DATA


@pytest.mark.parametrize(
    "page",
    [
        body(b"Log in", Content_Type="text/html; charset=utf-8"),
        body(b"\n<!DOCTYPE html><p>Log in</p>", Content_Type="application/octet-stream"),
        body(b"<HTML>Log in</HTML>"),
    ],
)
def test_a_login_page_is_an_error(server, tmp_path, page):
    url = server.on("/login", page)
    moved = server.on("/moved", status(302, Location=url))
    with pytest.raises(FetchError, match="web page"):
        fetch(source(moved, digest=None), cache=tmp_path)
    assert names(tmp_path) == []


@pytest.mark.parametrize("code", [204, 206, 404, 503])
def test_another_status_is_an_error_without_retries(server, tmp_path, code):
    url = server.on("/a", status(code))
    with pytest.raises(FetchError, match=rf"/a: .*{code}"):
        fetch(source(url, digest=None), cache=tmp_path)
    assert server.requests["/a"] == 1
    assert names(tmp_path) == []


def test_a_redirect_is_followed(server, tmp_path):
    moved = server.on("/moved", status(302, Location=server.on("/end", body(DATA))))
    assert fetch(source(moved, digest=None), cache=tmp_path).read_bytes() == DATA
    assert pin(tmp_path)["url"] == moved


def test_a_silent_server_is_retried_after_a_timeout(server, tmp_path, monkeypatch):
    monkeypatch.setattr(transfer, "TIMEOUT", (1.0, 0.2))
    url = server.on("/slow", body(DATA, pause=0.6), body(DATA))
    assert fetch(source(url), cache=tmp_path).read_bytes() == DATA
    assert server.requests["/slow"] == 2
