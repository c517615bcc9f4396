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


def test_beam_writes_what_processes_write_and_records_what_it_cannot_read(
    written, manifest, tmp_path
):
    pytest.importorskip("apache_beam", reason="needs the extra `beam`")
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    same = beam_shards(manifest, tmp_path / "same", shards=3, short_side=48)
    assert [s.frames for s in same.shards] == [s.frames for s in read_set(written).shards]
    clips = zip(
        shard_clips(written, ClipSpec(2)), shard_clips(tmp_path / "same", ClipSpec(2)), strict=True
    )
    assert all((one[0].numpy() == two[0].numpy()).all() for one, two in clips)

    bad = Manifest((Entry(str(tmp_path / "bad.mp4"), (0,)), *manifest.entries[:2]), ("a", "b"))
    said = beam_shards(bad, tmp_path / "bad", shards=3, error_log=tmp_path / "bad.jsonl")
    assert (said.clips, [shard.left_out for shard in said.shards].count(1)) == (2, 1)
    assert [row["path"] for row in read_error_log(tmp_path / "bad.jsonl")] == [bad.entries[0].path]


def test_without_beam_the_error_says_what_to_install(manifest, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "apache_beam", None)
    with pytest.raises(ImportError, match=r'pip install "keras_nonlocal\[beam\]"'):
        beam_shards(manifest, tmp_path)


def test_a_set_of_other_arguments_stays_as_it_is(copied, manifest):
    pytest.importorskip("apache_beam", reason="needs the extra `beam`")
    before = {path.name: path.read_bytes() for path in copied.iterdir()}
    other = replace(manifest, class_names=manifest.class_names[::-1])
    with pytest.raises(ValueError, match="begun with other arguments"):
        beam_shards(other, copied, shards=3, short_side=48)
    assert {path.name: path.read_bytes() for path in copied.iterdir()} == before


def test_only_shards_that_are_missing_are_written_again(copied, manifest):
    pytest.importorskip("apache_beam", reason="needs the extra `beam`")
    gone, *kept = sorted(copied.glob("*.tfrecord"))
    gone.unlink()
    times = [path.stat().st_mtime_ns for path in kept]
    beam_shards(manifest, copied, shards=3, short_side=48)
    assert check_shards(copied) == len(manifest)
    assert [path.stat().st_mtime_ns for path in kept] == times


def test_a_error_log_is_tried_before_a_video_is_read(manifest, tmp_path):
    pytest.importorskip("apache_beam", reason="needs the extra `beam`")
    with pytest.raises(OSError, match="folder"):
        beam_shards(manifest, tmp_path / "set", shards=3, error_log=tmp_path)
    assert not (tmp_path / "set").exists()
