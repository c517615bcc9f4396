"""Fetching from a server that lies: never a wrong file under the final name."""

import hashlib
import json
import os
import random
import shutil
import signal
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from lying_server import LyingServer, body, chunked, ranged, refusing, status

from keras_nonlocal.weights import Digest, FetchError, Source, cache_root, fetch
from keras_nonlocal.weights.fetching import download

DATA = random.Random(0).randbytes(1_000_000)
OTHER = random.Random(1).randbytes(1_000_000)
DIGEST = Digest("sha256", hashlib.sha256(DATA).hexdigest())
CHILD = Path(__file__).with_name("fetch_child.py")


@pytest.fixture
def server():
    with LyingServer() as server:
        yield server


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(download, "WAITS", (0.0, 0.0, 0.0))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def source(*urls, digest=DIGEST, size=None):
    return Source("net.bin", urls, digest, size)


def pin(cache):
    return json.loads((cache / "net.bin.lock.json").read_text())


def visible(cache):
    return sorted(path.name for path in cache.glob("[!.]*"))


def start_child(cache, url, **wish):
    wish = {"cache": str(cache), "url": url, **wish}
    return subprocess.Popen(
        [sys.executable, CHILD, json.dumps(wish)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


# --- a server that does what it should


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


# --- a server that does not


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
    monkeypatch.setattr(download, "READ_TIMEOUT", 0.2)
    url = server.on("/slow", body(DATA, pause=0.6), body(DATA))
    assert fetch(source(url), cache=tmp_path).read_bytes() == DATA
    assert len(server.requests["/slow"]) == 2


def test_an_encoded_body_is_refused(server, tmp_path):
    url = server.on("/a", body(DATA, Content_Encoding="gzip"))
    with pytest.raises(FetchError, match="encoded as gzip"):
        fetch(source(url), cache=tmp_path)


# --- going on where a download broke


def test_a_broken_download_goes_on_where_it_broke(server, tmp_path):
    url = server.on("/a", ranged(DATA, stop=300_000))
    assert fetch(source(url), cache=tmp_path).read_bytes() == DATA
    starts = [int(asked.get("Range", "bytes=0-")[6:-1]) for asked in server.requests["/a"]]
    assert len(starts) == 4
    assert starts == sorted(set(starts))
    assert server.sent < 1.2 * len(DATA)


@pytest.mark.parametrize(
    "second",
    [
        body(DATA, ETag='"one"'),
        ranged(DATA, shift=7),
        ranged(DATA, etag='"two"', honest=False),
        refusing(DATA),
    ],
    ids=["Range unsupported", "Range wrong", "If-Range ignored", "Range refused"],
)
def test_what_does_not_go_on_begins_anew(server, tmp_path, second):
    url = server.on("/a", ranged(DATA, stop=300_000), second, refusing(DATA))
    assert fetch(source(url, digest=None), cache=tmp_path).read_bytes() == DATA
    assert "Range" in server.requests["/a"][1]


@pytest.mark.parametrize("honest", [True, False])
def test_two_versions_are_never_spliced(server, tmp_path, honest):
    """The file changes between two tries, and no digest would notice."""
    second = ranged(OTHER, etag='"two"', honest=honest)
    url = server.on("/a", ranged(DATA, stop=300_000), second)
    assert fetch(source(url, digest=None), cache=tmp_path).read_bytes() == OTHER


@pytest.mark.parametrize("validator", [{"ETag": 'W/"weak"'}, {}])
def test_without_proof_of_the_version_nothing_is_asked_to_go_on(server, tmp_path, validator):
    url = server.on("/a", body(DATA, stop=300_000, **validator), body(DATA))
    assert fetch(source(url), cache=tmp_path).read_bytes() == DATA
    assert "Range" not in server.requests["/a"][1]


def test_the_time_of_the_last_change_is_proof(server, tmp_path):
    then = "Wed, 01 Apr 2020 00:00:00 GMT"
    url = server.on("/a", body(DATA, stop=300_000, Last_Modified=then), body(DATA))
    fetch(source(url), cache=tmp_path)
    assert server.requests["/a"][1]["If-Range"] == then


def test_damage_in_what_came_earlier_is_healed(server, tmp_path):
    url = server.on("/a", ranged(DATA, stop=300_000), status(404), ranged(DATA))
    with pytest.raises(FetchError, match="404"):
        fetch(source(url), cache=tmp_path)
    part = tmp_path / ".net.bin.part"
    came = bytearray(part.read_bytes())
    assert len(came) > 100_000
    came[50_000] ^= 1
    part.write_bytes(came)
    assert fetch(source(url), cache=tmp_path).read_bytes() == DATA
    assert "Range" in server.requests["/a"][2]


# --- several processes, and dead ones


def test_of_four_processes_one_downloads(server, tmp_path):
    url = server.on("/a", body(DATA, pause=0.05))
    children = [start_child(tmp_path, url) for _ in range(4)]
    for child in children:
        out, err = child.communicate(timeout=30)
        assert (child.returncode, out.strip()) == (0, str(tmp_path / "net.bin")), err
    assert len(server.requests["/a"]) == 1
    assert (tmp_path / "net.bin").read_bytes() == DATA


def test_of_four_threads_one_downloads(server, tmp_path):
    url = server.on("/a", body(DATA, pause=0.02))
    paths = []
    threads = [
        threading.Thread(target=lambda: paths.append(fetch(source(url), cache=tmp_path)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert paths == [tmp_path / "net.bin"] * 4
    assert len(server.requests["/a"]) == 1


def test_twenty_kills_leave_no_wrong_file(server, tmp_path):
    """Each process is killed when more of the file came; the next one goes on from there."""
    large = DATA * 4
    url = server.on("/a", ranged(large, pause=0.01))
    part, came = tmp_path / ".net.bin.part", [0]
    for _ in range(20):
        child = start_child(tmp_path, url)
        while not part.exists() or part.stat().st_size == came[-1]:
            assert child.poll() is None, child.communicate()
            time.sleep(0.005)
        child.send_signal(signal.SIGKILL)
        child.communicate()
        assert child.returncode == -signal.SIGKILL
        assert visible(tmp_path) == []
        came.append(part.stat().st_size)
    _, err = start_child(tmp_path, url).communicate(timeout=30)
    assert (tmp_path / "net.bin").read_bytes() == large, err
    starts = [int(asked.get("Range", "bytes=0-")[6:-1]) for asked in server.requests["/a"]]
    assert starts == came


def test_a_kill_before_any_file_operation_leaves_no_wrong_file(server, tmp_path):
    """Half of an older version is there, and no digest is known: only the order protects."""
    operations = spared = 0
    for operations in range(1, 100):
        cache = tmp_path / str(operations)
        url = server.on("/a", ranged(OTHER, etag='"old"', stop=600_000), status(404))
        with pytest.raises(FetchError, match="404"):
            fetch(source(url, digest=None), cache=cache)
        server.on("/a", ranged(DATA, stop=600_000), ranged(DATA))
        child = start_child(cache, url, die_at=operations)
        child.communicate(timeout=30)
        file = cache / "net.bin"
        assert not file.exists() or file.read_bytes() == DATA
        assert not file.exists() or pin(cache)["sha256"] == DIGEST.value
        part, asked = cache / ".net.bin.part", len(server.requests["/a"])
        complete = part.exists() and part.stat().st_size == len(DATA)
        assert fetch(source(url, digest=None), cache=cache).read_bytes() == DATA
        if complete:  # killed after the last byte: nothing is asked for again
            assert len(server.requests["/a"]) == asked
            spared += 1
        assert visible(cache) == ["net.bin", "net.bin.lock.json"]
        if child.returncode == 0:
            break
        assert child.returncode == -signal.SIGKILL
    assert 8 < operations < 99
    assert spared > 0


# --- local files, files put there by hand


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


# --- folders and names


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
        Source(name, ("http://host/x",))


@pytest.mark.parametrize(
    "urls", ["http://host/x", (), ("",), ("ftp://host/x",), ("http:///x",), ("file://host/x",)]
)
def test_an_address_of_another_kind_is_refused(urls):
    with pytest.raises(ValueError, match="Received: "):
        Source("x", urls)


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


# --- https, and what is drawn


@pytest.fixture
def secure(tmp_path):
    """An https server with a certificate of its own, and the certificate's file."""
    if shutil.which("openssl") is None:
        pytest.skip("makes a certificate by openssl")
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
    pty = pytest.importorskip("pty")
    fetch(source(server.on("/a", body(DATA))), cache=tmp_path / "a")
    assert capfd.readouterr() == ("", "")
    url = server.on("/b", body(DATA, pause=0.02))
    main, side = pty.openpty()
    wish = json.dumps({"cache": str(tmp_path / "b"), "url": url})
    subprocess.run(
        [sys.executable, CHILD, wish], stderr=side, stdout=subprocess.DEVNULL, check=True
    )
    os.close(side)
    drawn = os.read(main, 1 << 16).decode()
    os.close(main)
    assert "100 %  1.0 of 1.0 MB" in drawn
    assert drawn.count("\r") > 2
