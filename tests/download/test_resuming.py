"""A download goes on where it broke, and never with bytes of another version."""

import pytest
from download.lying_server import body, ranged, refusing, status
from download.wished import DATA, OTHER, source

from keras_nonlocal.download import FetchError, fetch


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
