"""Folders, names and addresses, as they may be."""

import os
import shutil
import stat
import tempfile
from pathlib import Path

import pytest
from download.lying_server import body, ranged, status
from download.wished import DATA, DIGEST, source, start_child

from keras_nonlocal.download import Digest, FetchError, PublishedFile, cache_root, fetch


def test_the_environment_names_the_folder(server, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_NONLOCAL_CACHE", str(tmp_path / "named"))
    assert cache_root() == tmp_path / "named"
    assert fetch(source(server.on("/a", body(DATA)))) == tmp_path / "named" / "net.bin"
    monkeypatch.setenv("KERAS_NONLOCAL_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_root() == tmp_path / "xdg" / "keras_nonlocal"
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for useless in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", useless)
        assert cache_root() == tmp_path / "home" / ".cache" / "keras_nonlocal"


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", "a\\b", ".x", "a b", "x\0", "x" * 201]
)
def test_a_name_that_is_no_plain_name_is_refused(name):
    with pytest.raises(ValueError, match="`name` must be a plain file name"):
        PublishedFile(name, ("http://host/x",))


@pytest.mark.parametrize(
    "urls", ["http://host/x", (), ("",), ("ftp://host/x",), ("http:///x",), ("file://host/x",)]
)
def test_an_address_of_another_kind_is_refused(urls):
    with pytest.raises(ValueError, match="Received: "):
        PublishedFile("x", urls)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("crc", "00"), ("sha256", "0" * 63), ("md5", "z" * 32), ("sha1_prefix", "0")],
)
def test_a_digest_that_is_none_is_refused(kind, value):
    with pytest.raises(ValueError, match="Received: "):
        Digest(kind, value)


def test_a_cache_that_is_a_file_is_an_error_that_says_so(server, tmp_path):
    (tmp_path / "taken").write_text("mine")
    url = server.on("/a", body(DATA))
    for cache in (tmp_path / "taken", tmp_path / "taken" / "below"):
        with pytest.raises(FetchError, match="choose another folder"):
            fetch(source(url), cache=cache)
    assert (tmp_path / "taken").read_text() == "mine"


def test_a_folder_or_a_dead_link_under_the_final_name_is_left_alone(server, tmp_path):
    url = server.on("/a", body(DATA))
    (tmp_path / "one" / "net.bin").mkdir(parents=True)
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "net.bin").symlink_to(tmp_path / "nowhere")
    for cache in (tmp_path / "one", tmp_path / "two"):
        with pytest.raises(ValueError, match="should be a file"):
            fetch(source(url), cache=cache)
    assert (tmp_path / "two" / "net.bin").is_symlink()


def test_a_link_to_the_right_file_is_the_file(server, tmp_path):
    (tmp_path / "disk").write_bytes(DATA)
    (tmp_path / "net.bin").symlink_to(tmp_path / "disk")
    assert fetch(source(server.on("/a", status(404))), cache=tmp_path).read_bytes() == DATA


def test_a_linked_part_does_not_lead_a_download_elsewhere(server, tmp_path):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / ".net.bin.part").symlink_to(tmp_path / "mine")
    with pytest.raises(FetchError, match="could not be written"):
        fetch(source(server.on("/a", body(DATA))), cache=tmp_path)
    assert (tmp_path / "mine").read_text() == "mine"


def test_a_full_disk_is_an_error_that_says_so_and_costs_nothing_that_came(server, tmp_path):
    url = server.on("/a", ranged(DATA))
    child = start_child(tmp_path, url, largest=500_000)
    _, err = child.communicate(timeout=30)
    assert child.returncode == 1
    assert "FetchError: net.bin could not be written to the folder" in err
    assert "File too large" in err
    assert len(server.requests["/a"]) == 1
    assert fetch(source(url), cache=tmp_path).read_bytes() == DATA
    assert server.requests["/a"][1]["Range"] == "bytes=500000-"


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_folder_that_nobody_may_write_gives_its_files_and_takes_none():
    folder = Path(tempfile.mkdtemp())
    # Nothing is read-only for root, so the process becomes somebody else.
    other = {"user": 65534} if os.geteuid() == 0 else {}

    def run():
        child = start_child(folder, "http://127.0.0.1:9/a", digest=DIGEST.value, **other)
        return child.communicate(timeout=30)

    try:
        folder.chmod(0o555)
        _, denied = run()
        folder.chmod(0o755)
        (folder / "net.bin").write_bytes(DATA)
        folder.chmod(0o555)
        given, err = run()
        folder.chmod(0o755)
        assert "FetchError: net.bin could not be written" in denied
        assert "Permission denied" in denied
        assert given.strip() == str(folder / "net.bin"), err
        assert [path.name for path in folder.iterdir()] == ["net.bin"]
    finally:
        shutil.rmtree(folder)


def test_the_file_has_the_permissions_of_any_new_file(server, tmp_path):
    (tmp_path / "any").write_text("")
    path = fetch(source(server.on("/a", body(DATA))), cache=tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((tmp_path / "any").stat().st_mode)
