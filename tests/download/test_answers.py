"""Fetching from a server that does what it should, and from one that lies."""

import hashlib
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from download.lying_server import body, chunked, status
from download.wished import DATA, DIGEST, OTHER, pin, source, visible

from keras_nonlocal.download import Digest, FetchError, fetch, transfer


def test_a_file_comes_once_and_is_pinned(server, tmp_path):
    url = server.on("/a", body(DATA))
    for _ in range(3):
        path = fetch(source(url), cache=tmp_path)
        assert path == tmp_path / "net.bin"
        assert path.read_bytes() == DATA
    assert len(server.requests["/a"]) == 1
    assert pin(tmp_path) == {"sha256": DIGEST.value, "size": len(DATA), "url": url}
    assert visible(tmp_path) == ["net.bin", "net.bin.lock.json"]


@pytest.mark.parametrize(
    "digest",
    [
        Digest("sha256_prefix", DIGEST.value[:8]),
        Digest("sha1", hashlib.sha1(DATA).hexdigest()),
        Digest("sha1_prefix", hashlib.sha1(DATA).hexdigest()[:8].upper()),
        Digest("md5", hashlib.md5(DATA).hexdigest()),
    ],
    ids=lambda digest: digest.kind,
)
def test_every_kind_of_digest_accepts_the_file_and_refuses_another(server, tmp_path, digest):
    right, wrong = server.on("/right", body(DATA)), server.on("/wrong", body(OTHER))
    with pytest.raises(FetchError, match=digest.value):
        fetch(source(wrong, digest=digest), cache=tmp_path)
    assert visible(tmp_path) == []
    assert fetch(source(right, digest=digest), cache=tmp_path).read_bytes() == DATA
    assert pin(tmp_path)["sha256"] == DIGEST.value


def test_an_empty_file_is_a_file(server, tmp_path):
    url = server.on("/a", body(b""))
    assert fetch(source(url, digest=None, size=0), cache=tmp_path).read_bytes() == b""


def test_redirects_are_followed_within_the_web_only(server, tmp_path):
    (tmp_path / "secret").write_bytes(DATA)
    end = server.on("/end", body(DATA))
    good = server.on("/good", status(302, Location=end))
    loop = server.on("/loop", status(302, Location="/loop"))
    local = server.on("/local", status(302, Location=(tmp_path / "secret").as_uri()))
    for bad in (loop, local):
        with pytest.raises(FetchError):
            fetch(source(bad), cache=tmp_path / "bad")
    assert len(server.requests["/local"]) == 1
    assert len(server.requests["/loop"]) == 11
    assert visible(tmp_path / "bad") == []
    assert fetch(source(good), cache=tmp_path / "good").read_bytes() == DATA


@pytest.mark.parametrize(
    "where", ["http://[::bad/", "http://a..b/", "ftp://host/x", "http://", "\xff"]
)
def test_a_redirect_to_nowhere_is_a_reason_like_any_other(server, tmp_path, where):
    bad, good = server.on("/bad", status(302, Location=where)), server.on("/good", body(DATA))
    assert fetch(source(bad, good), cache=tmp_path).read_bytes() == DATA


def test_certificates_that_are_not_there_are_not_taken_for_a_disk(tmp_path, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    with pytest.raises(FetchError, match=r"could not be fetched:\n.*none\.pem"):
        fetch(source("https://127.0.0.1:9/a"), cache=tmp_path)


def test_wrong_bytes_go_to_the_next_address_at_once(server, tmp_path):
    wrong, right = server.on("/wrong", body(OTHER)), server.on("/right", body(DATA))
    assert fetch(source(wrong, right), cache=tmp_path).read_bytes() == DATA
    assert len(server.requests["/wrong"]) == 1
    assert pin(tmp_path)["url"] == right


def test_a_wrong_size_is_refused_before_the_body(server, tmp_path):
    url = server.on("/a", body(OTHER + b"more"))
    with pytest.raises(FetchError, match="1000004 bytes, expected 1000000"):
        fetch(source(url, digest=None, size=len(DATA)), cache=tmp_path)
    assert not list(tmp_path.glob(".*.part"))


def test_a_body_without_end_is_cut_at_the_expected_size(server, tmp_path):
    url = server.on("/a", body(DATA * 50, length=False))
    with pytest.raises(FetchError, match="more than the expected"):
        fetch(source(url, size=len(DATA)), cache=tmp_path)
    assert server.sent < 40 * len(DATA)


@pytest.mark.parametrize(
    ("answer", "known"),
    [
        (body(DATA, stop=400_000), {"digest": None}),
        (body(DATA, stop=400_000), {}),
        (chunked(DATA, stop=400_000), {"digest": None}),
        (body(DATA, stop=400_000, length=False), {}),
        (body(DATA, stop=400_000, length=False), {"digest": None, "size": len(DATA)}),
    ],
    ids=["length", "length and digest", "chunked", "digest only", "size only"],
)
def test_an_early_close_is_tried_again_and_never_taken(server, tmp_path, answer, known):
    cut = server.on("/cut", answer)
    with pytest.raises(FetchError):
        fetch(source(cut, **known), cache=tmp_path)
    assert visible(tmp_path) == []
    assert len(server.requests["/cut"]) > 1
    healed = server.on("/healed", answer, body(DATA))
    assert fetch(source(healed, **known), cache=tmp_path).read_bytes() == DATA


def test_a_file_whose_end_nobody_states_is_refused(server, tmp_path):
    with pytest.raises(FetchError, match="says where the file ends"):
        fetch(source(server.on("/a", body(DATA, length=False)), digest=None), cache=tmp_path)
    assert fetch(source(server.on("/b", chunked(DATA)), digest=None), cache=tmp_path)


def test_a_later_download_must_bring_the_bytes_that_were_pinned(server, tmp_path):
    url = server.on("/a", body(DATA), body(OTHER))
    fetch(source(url, digest=None), cache=tmp_path).unlink()
    with pytest.raises(FetchError, match=r"(?s)pinned when it first came.*net\.bin\.lock\.json"):
        fetch(source(url, digest=None), cache=tmp_path)
    assert visible(tmp_path) == ["net.bin.lock.json"]


def test_a_pin_says_where_a_file_ends(server, tmp_path):
    """Neither server nor source does at the second download."""
    url = server.on("/a", body(DATA), body(DATA, length=False))
    fetch(source(url, digest=None), cache=tmp_path).unlink()
    assert fetch(source(url, digest=None), cache=tmp_path).read_bytes() == DATA


@pytest.mark.parametrize(("code", "requests"), [(404, 1), (403, 1), (503, 4), (429, 4), (206, 1)])
def test_only_what_passes_is_tried_again(server, tmp_path, code, requests):
    url = server.on("/a", status(code))
    with pytest.raises(FetchError, match=str(code)):
        fetch(source(url), cache=tmp_path)
    assert len(server.requests["/a"]) == requests


def in_two_seconds():
    return format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)


@pytest.mark.parametrize("asks", [lambda: "1", in_two_seconds], ids=["seconds", "date"])
def test_a_busy_server_is_waited_for_as_it_asks(server, tmp_path, asks):
    url = server.on("/a", status(503, Retry_After=asks()), body(DATA))
    began = time.monotonic()
    assert fetch(source(url), cache=tmp_path).read_bytes() == DATA
    assert 0.5 < time.monotonic() - began < 5


def test_a_server_that_asks_for_an_hour_is_left_alone(server, tmp_path):
    busy = server.on("/busy", status(429, Retry_After="3600"))
    with pytest.raises(FetchError, match="asks to wait 3600 s"):
        fetch(source(busy), cache=tmp_path)
    assert len(server.requests["/busy"]) == 1


def test_a_server_that_falls_silent_is_given_up(server, tmp_path, monkeypatch):
    monkeypatch.setattr(transfer, "READ_TIMEOUT", 0.2)
    url = server.on("/slow", body(DATA, pause=0.6), body(DATA))
    assert fetch(source(url), cache=tmp_path).read_bytes() == DATA
    assert len(server.requests["/slow"]) == 2


def test_an_encoded_body_is_refused(server, tmp_path):
    url = server.on("/a", body(DATA, Content_Encoding="gzip"))
    with pytest.raises(FetchError, match="encoded as gzip"):
        fetch(source(url), cache=tmp_path)
