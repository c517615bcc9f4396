"""Local files, and files that were put into the folder by hand."""

import os
from pathlib import Path

import pytest
from download.lying_server import body, status
from download.wished import DATA, DIGEST, OTHER, pin, source, visible

from keras_nonlocal.download import FetchError, fetch


@pytest.mark.parametrize("address", [str, Path.as_uri], ids=["path", "file://"])
def test_a_local_file_is_copied_and_checked(tmp_path, address):
    original = tmp_path / "with space"
    original.write_bytes(DATA)
    path = fetch(source(address(original)), cache=tmp_path / "cache")
    assert path.read_bytes() == DATA
    assert not path.samefile(original)
    original.write_bytes(OTHER)
    with pytest.raises(FetchError, match=DIGEST.value):
        fetch(source(address(original)), cache=tmp_path / "again")
    original.unlink()
    with pytest.raises(FetchError, match="there is no file"):
        fetch(source(address(original)), cache=tmp_path / "again")


def test_the_error_says_how_to_fill_the_cache_by_hand_and_that_works(server, tmp_path):
    url, mirror = server.on("/a", status(404)), "http://127.0.0.1:9/net.bin"
    with pytest.raises(FetchError) as caught:
        fetch(source(url, mirror, size=len(DATA)), cache=tmp_path)
    for part in (f"{url}: 404", f"{mirror}: ", "refused", DIGEST.value, "1000000 bytes"):
        assert part in str(caught.value)
    told = next(line for line in str(caught.value).splitlines() if line.endswith("/net.bin"))
    Path(told.strip()).write_bytes(DATA)
    assert fetch(source(url, mirror), cache=tmp_path).read_bytes() == DATA
    assert pin(tmp_path) == {"sha256": DIGEST.value, "size": len(DATA), "url": None}


@pytest.mark.parametrize("known", [{}, {"digest": None, "size": 5}], ids=["digest", "size"])
def test_a_wrong_file_by_hand_is_neither_used_nor_deleted(server, tmp_path, known):
    (tmp_path / "net.bin").write_bytes(OTHER)
    with pytest.raises(ValueError, match="is not the expected file"):
        fetch(source(server.on("/a", body(DATA)), **known), cache=tmp_path)
    assert (tmp_path / "net.bin").read_bytes() == OTHER
    assert not server.requests["/a"]
    assert visible(tmp_path) == ["net.bin"]


def test_a_file_that_changed_after_it_came_is_not_used(server, tmp_path):
    """Same size and time: only its bytes tell."""
    url = server.on("/a", body(DATA))
    path = fetch(source(url, digest=None), cache=tmp_path)
    before = path.stat()
    path.write_bytes(OTHER)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(ValueError, match=r"remove it and net\.bin\.lock\.json"):
        fetch(source(url, digest=None), cache=tmp_path)
    assert path.read_bytes() == OTHER
    path.unlink()
    (tmp_path / "net.bin.lock.json").unlink()
    assert fetch(source(url, digest=None), cache=tmp_path).read_bytes() == DATA


def test_another_source_of_the_same_name_is_not_taken_for_it(server, tmp_path):
    fetch(source(server.on("/a", body(DATA)), digest=None), cache=tmp_path)
    with pytest.raises(ValueError, match=r"it came from .*/a, which is none of .*/b"):
        fetch(source(server.on("/b", body(OTHER)), digest=None), cache=tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"sha256": 1, "size": 2, "url": null}', "\0"])
def test_a_broken_pin_is_an_error_that_names_it(server, tmp_path, text):
    url = server.on("/a", body(DATA))
    fetch(source(url), cache=tmp_path)
    (tmp_path / "net.bin.lock.json").write_text(text)
    with pytest.raises(ValueError, match=r"net\.bin\.lock\.json should hold"):
        fetch(source(url), cache=tmp_path)
