import sys

import pytest

from keras_nonlocal.data.clip import Clip
from keras_nonlocal.data.ledger import read_ledger
from keras_nonlocal.data.manifest import Entry, Manifest
from keras_nonlocal.data.shards.beam import beam_shards
from keras_nonlocal.data.shards.reading import shard_clips
from keras_nonlocal.data.shards.shard_set import read_set


def test_beam_writes_what_processes_write_and_records_what_it_cannot_read(
    written, manifest, tmp_path
):
    pytest.importorskip("apache_beam", reason="needs the extra `beam`")
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    same = beam_shards(manifest, tmp_path / "same", shards=3, short_side=48)
    assert [s.frames for s in same.shards] == [s.frames for s in read_set(written).shards]
    clips = zip(shard_clips(written, Clip(2)), shard_clips(tmp_path / "same", Clip(2)), strict=True)
    assert all((one[0].numpy() == two[0].numpy()).all() for one, two in clips)

    bad = Manifest((Entry(str(tmp_path / "bad.mp4"), (0,)), *manifest.entries[:2]), ("a", "b"))
    said = beam_shards(bad, tmp_path / "bad", shards=3, ledger=tmp_path / "bad.jsonl")
    assert (said.clips, [shard.left_out for shard in said.shards].count(1)) == (2, 1)
    assert [row["path"] for row in read_ledger(tmp_path / "bad.jsonl")] == [bad.entries[0].path]


def test_without_beam_the_error_says_what_to_install(manifest, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "apache_beam", None)
    with pytest.raises(ImportError, match=r'pip install "keras_nonlocal\[beam\]"'):
        beam_shards(manifest, tmp_path)
