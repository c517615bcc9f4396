"""The cache: pins, files that were copied by hand, read-only folders and full disks."""

import os
import tempfile
from pathlib import Path

import pytest
from download.download_helpers import DATA, DIGEST, OTHER, names, pin, source, start_child
from download.faulty_server import body, status

from keras_nonlocal.download import Digest, FetchError, cache_root, fetch


def test_a_later_download_must_match_the_pin(server, tmp_path):
    url = server.on("/a", body(DATA), body(OTHER))
    fetch(source(url, digest=None), cache=tmp_path).unlink()
    with pytest.raises(FetchError, match=r"the first download wrote into net\.bin\.pin\.json"):
        fetch(source(url, digest=None), cache=tmp_path)
    assert names(tmp_path) == ["net.bin.pin.json"]


def test_a_file_that_changed_after_the_download_is_an_error_and_kept(server, tmp_path):
    """Its size and time are the same; only its bytes differ."""
    url = server.on("/a", body(DATA))
    path = fetch(source(url, digest=None), cache=tmp_path)
    before = path.stat()
    path.write_bytes(OTHER)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(ValueError, match=r"remove it and net\.bin\.pin\.json"):
        fetch(source(url, digest=None), cache=tmp_path)
    assert path.read_bytes() == OTHER
    path.unlink()
    assert fetch(source(url, digest=None), cache=tmp_path).read_bytes() == DATA


def test_another_source_of_the_same_name_is_an_error(server, tmp_path):
    fetch(source(server.on("/a", body(DATA)), digest=None), cache=tmp_path)
    with pytest.raises(ValueError, match=r"the address .*/a\. Expected: .*/b"):
        fetch(source(server.on("/b", body(OTHER)), digest=None), cache=tmp_path)


@pytest.mark.parametrize("text", ["", "[]", '{"sha256": 1, "url": null}'])
def test_a_damaged_pin_is_an_error_that_names_it(server, tmp_path, text):
    url = server.on("/a", body(DATA))
    file = fetch(source(url), cache=tmp_path)
    (tmp_path / "net.bin.pin.json").write_text(text)
    for _ in ("with the file", "without it"):
        with pytest.raises(ValueError, match=r"(?s)net\.bin\.pin\.json.*Delete .*pin\.json"):
            fetch(source(url), cache=tmp_path)
        file.unlink(missing_ok=True)


def test_the_error_says_how_to_copy_the_file_by_hand_and_that_works(server, tmp_path):
    url, mirror = server.on("/a", status(404)), "http://127.0.0.1:9/net.bin"
    with pytest.raises(FetchError) as caught:
        fetch(source(url, mirror), cache=tmp_path)
    for part in (
        f"{url}: 404",
        f"{mirror}: HTTPConnection",
        "refused",
        f"\n  {mirror}\n",
        DIGEST.value,
    ):
        assert part in str(caught.value)
    path = next(line for line in str(caught.value).splitlines() if line.startswith("  /"))
    Path(path.strip()).write_bytes(OTHER)  # neither used nor deleted
    with pytest.raises(ValueError, match="is not the expected file"):
        fetch(source(url, mirror), cache=tmp_path)
    assert names(tmp_path) == ["net.bin"]
    (tmp_path / "net.bin").write_bytes(DATA)
    assert fetch(source(url, mirror), cache=tmp_path).read_bytes() == DATA
    assert pin(tmp_path) == {"sha256": DIGEST.value, "url": None}


def test_a_link_to_the_file_is_used_and_a_broken_link_is_an_error(tmp_path):
    (tmp_path / "net.bin").symlink_to(tmp_path / "disk")
    with pytest.raises(ValueError, match="should be a file"):
        fetch(source("http://127.0.0.1:9/a"), cache=tmp_path)
    (tmp_path / "disk").write_bytes(DATA)
    assert fetch(source("http://127.0.0.1:9/a"), cache=tmp_path).read_bytes() == DATA


def test_a_full_disk_is_an_error_and_leaves_no_file(server, tmp_path):
    url = server.on("/a", body(DATA))
    _, err = start_child(tmp_path, url, largest=500_000).communicate(timeout=30)
    assert "FetchError: net.bin could not be downloaded" in err
    assert "File too large" in err
    assert server.requests["/a"] == 1
    assert names(tmp_path) == []


def test_a_read_only_folder_is_read_and_not_written():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o555)

        def run():
            # Root can write everywhere, so the process runs as another user.
            other = {"user": 65534} if os.geteuid() == 0 else {}
            child = start_child(folder, "http://127.0.0.1:9/a", digest=DIGEST.value, **other)
            return child.communicate(timeout=30)

        _, err = run()
        assert "FetchError: net.bin could not be downloaded:\n  [Errno 13] Permission" in err
        folder.chmod(0o755)
        (folder / "net.bin").write_bytes(DATA)
        folder.chmod(0o555)
        out, err = run()
        assert out.strip() == str(folder / "net.bin"), err
        assert names(folder) == ["net.bin"]


def test_an_environment_variable_sets_the_folder(server, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_NONLOCAL_CACHE", str(tmp_path / "named"))
    assert fetch(source(server.on("/a", body(DATA)))) == tmp_path / "named" / "net.bin"
    monkeypatch.setenv("KERAS_NONLOCAL_CACHE", "~/mine")
    assert cache_root() == Path.home() / "mine"
    monkeypatch.delenv("KERAS_NONLOCAL_CACHE")
    assert cache_root().name == "keras_nonlocal"


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "a\\b", ".x", "x\0", "x" * 201])
def test_a_name_with_other_characters_is_an_error(name):
    with pytest.raises(ValueError, match="`name` must be a plain file name"):
        source("http://host/x", name=name)


@pytest.mark.parametrize("urls", [(), ("",), ("/x",), ("http:///x",), ("file:///x",)])
def test_an_address_without_http_is_an_error(urls):
    with pytest.raises(ValueError, match="Received: "):
        source(*urls)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("crc", "00"), ("sha256", "0" * 63), ("sha1", "z" * 40), ("sha256_prefix", "0")],
)
def test_a_malformed_digest_is_an_error(kind, value):
    with pytest.raises(ValueError, match="Received: "):
        Digest(kind, value)
