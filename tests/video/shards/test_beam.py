import sys
from dataclasses import replace

import pytest

from keras_nonlocal.data.error_log import read_error_log
from keras_nonlocal.data.manifest import Entry, Manifest
from keras_nonlocal.video.clip_spec import ClipSpec
from keras_nonlocal.video.shards.beam import beam_shards
from keras_nonlocal.video.shards.index import read_set
from keras_nonlocal.video.shards.reading import shard_clips
from keras_nonlocal.video.shards.verify import check_shards


def test_beam_writes_the_same_shards_and_logs_unreadable_videos(written, manifest, tmp_path):
    pytest.importorskip("apache_beam", reason="needs the extra `beam`")
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    same = beam_shards(manifest, tmp_path / "same", shards=3, short_side=48)
    assert [s.frames for s in same.shards] == [s.frames for s in read_set(written).shards]
    clips = zip(
        shard_clips(written, ClipSpec(2)), shard_clips(tmp_path / "same", ClipSpec(2)), strict=True
    )
    assert all((one[0].numpy() == two[0].numpy()).all() for one, two in clips)

    bad = Manifest((Entry(str(tmp_path / "bad.mp4"), (0,)), *manifest.entries[:2]), ("a", "b"))
    written = beam_shards(bad, tmp_path / "bad", shards=3, error_log=tmp_path / "bad.jsonl")
    assert (written.clips, [shard.left_out for shard in written.shards].count(1)) == (2, 1)
    assert [row["path"] for row in read_error_log(tmp_path / "bad.jsonl")] == [bad.entries[0].path]


def test_without_beam_the_error_names_the_package(manifest, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "apache_beam", None)
    with pytest.raises(ImportError, match=r'pip install "keras_nonlocal\[beam\]"'):
        beam_shards(manifest, tmp_path)


def test_shards_with_other_arguments_raise_and_are_not_changed(copied, manifest):
    pytest.importorskip("apache_beam", reason="needs the extra `beam`")
    before = {path.name: path.read_bytes() for path in copied.iterdir()}
    other = replace(manifest, class_names=manifest.class_names[::-1])
    with pytest.raises(ValueError, match="begun with other arguments"):
        beam_shards(other, copied, shards=3, short_side=48)
    assert {path.name: path.read_bytes() for path in copied.iterdir()} == before


def test_only_missing_shards_are_written_again(copied, manifest):
    pytest.importorskip("apache_beam", reason="needs the extra `beam`")
    gone, *kept = sorted(copied.glob("*.tfrecord"))
    gone.unlink()
    times = [path.stat().st_mtime_ns for path in kept]
    beam_shards(manifest, copied, shards=3, short_side=48)
    assert check_shards(copied) == len(manifest)
    assert [path.stat().st_mtime_ns for path in kept] == times


def test_an_error_log_that_cannot_be_written_raises_at_once(manifest, tmp_path):
    pytest.importorskip("apache_beam", reason="needs the extra `beam`")
    with pytest.raises(OSError, match="folder"):
        beam_shards(manifest, tmp_path / "set", shards=3, error_log=tmp_path)
    assert not (tmp_path / "set").exists()
