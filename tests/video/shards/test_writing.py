import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import tensorflow as tf
from video import odd_times

from keras_nonlocal.data.error_log import read_error_log
from keras_nonlocal.data.manifest import Entry, Manifest
from keras_nonlocal.video.clip_spec import ClipSpec
from keras_nonlocal.video.shards.index import holds_shards, read_set
from keras_nonlocal.video.shards.reading import shard_clips
from keras_nonlocal.video.shards.verify import check_shards
from keras_nonlocal.video.shards.writing import write_shards

SAME = {"shards": 3, "short_side": 48, "num_processes": 1}


def _with_bad(manifest, tmp_path):
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    bad = (Entry(str(tmp_path / "bad.mp4"), (0,)), Entry(str(tmp_path / "none.mp4"), (1,)))
    return Manifest(manifest.entries[:2] + bad, manifest.class_names)


def _odd(tmp_path):
    """Videos whose times are none, and what is said of them."""
    (tmp_path / "odd").mkdir()
    equal = odd_times.write(tmp_path / "odd" / "equal.mkv", [0] * 7)
    close = odd_times.write(tmp_path / "odd" / "close.mp4", range(9), Fraction(1, 4_000_000))
    fast = odd_times.write_avi(tmp_path / "odd" / "fast.avi", rate=5000)
    absurd = odd_times.write_avi(tmp_path / "odd" / "absurd.avi", rate=10**9)
    negative = odd_times.write_avi(tmp_path / "odd" / "negative.avi", rate=-25)
    slow = odd_times.write_avi(tmp_path / "odd" / "slow.avi", rate=1, scale=2**31 - 1)
    return {
        equal: "its 7 frames have the same time",
        close: "its 9 frames have the same time",
        fast: "its times give 5,000 frames a second",
        absurd: "its 10 frames have the same time",
        negative: "its 10 frames have the same time",
        slow: "its times give a frame in 2,147,483,647 seconds",
    }


def test_videos_of_absurd_frame_rates_are_left_out_and_listed(manifest, tmp_path):
    causes = _odd(tmp_path)
    no_rate = odd_times.write_avi(tmp_path / "no_rate.avi", rate=0)  # FFmpeg takes the usual one
    good = manifest.entries[0]
    rates = {str(tmp_path / f"{fps:g}.mp4"): fps for fps in (0.0, -3.0, 1e9, 1e300, np.nan, np.inf)}
    for path in rates:
        shutil.copy(good.path, path)
    causes |= {path: f"its `fps` is {fps:g} frames a second" for path, fps in rates.items()}
    entries = [good, *(Entry(path, (0,), fps=rates.get(path)) for path in [*causes, no_rate])]
    log = tmp_path / "bad.jsonl"
    state = write_shards(
        replace(manifest, entries=tuple(entries)),
        tmp_path / "shards",
        on_error="skip",
        error_log=log,
        **{**SAME, "shards": 1},
    )
    assert state.clips == 2
    assert {line["path"]: line["cause"] for line in read_error_log(log)} == causes


def test_a_video_that_no_record_can_hold_is_left_out(manifest, tmp_path):
    entries = manifest.entries[0], replace(manifest.entries[1], labels=(0,), times=((0.0, 1e300),))
    log, folder = tmp_path / "bad.jsonl", tmp_path / "shards"
    several = Manifest(entries, manifest.class_names, multi_label=True)
    state = write_shards(several, folder, on_error="skip", error_log=log, shards=1, num_processes=1)
    assert state.clips == 1
    (line,) = read_error_log(log)
    assert "a record cannot hold it: Value out of range" in line["cause"]
    with pytest.raises(ValueError, match=r"a record cannot hold it.*on_error='skip'"):
        write_shards(several, tmp_path / "again", shards=1, num_processes=1)


def test_shards_json_says_what_there_is(written, manifest):
    said = read_set(written)
    assert said.class_names == manifest.class_names
    assert said.options.short_side == 48
    assert sorted(f for shard in said.shards for f in shard.frames) == [5, 12, 20, 26, 30, 31]
    assert [shard.bytes for shard in said.shards] == [
        (written / shard.file).stat().st_size for shard in said.shards
    ]
    assert [sum(shard.sizes) for shard in said.shards] == [shard.bytes for shard in said.shards]
    assert not list(written.glob("*.part"))


def test_sizes_that_fit_no_file_are_refused(written, tmp_path):
    content = json.loads((written / "shards.json").read_text())
    content["shards"][1]["sizes"][0] += 1
    (tmp_path / "shards.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"sizes.*clips-00001-of-00003.*Write the shards anew"):
        read_set(tmp_path)


def test_shards_of_one_seed_hold_the_same_clips_whatever_the_number_of_processes(
    written, manifest, tmp_path
):
    write_shards(manifest, tmp_path / "again", **SAME)
    assert [s.frames for s in read_set(tmp_path / "again").shards] == [
        s.frames for s in read_set(written).shards
    ]
    for one, two in zip(
        shard_clips(written, ClipSpec(2)), shard_clips(tmp_path / "again", ClipSpec(2)), strict=True
    ):
        assert (one[0].numpy() == two[0].numpy()).all()


def test_only_missing_shards_are_written_again(copied, manifest):
    path = copied / "shards.json"
    content = json.loads(path.read_text())
    content["shards"][1] = None
    path.write_text(json.dumps(content))
    before = {p.name: p.stat().st_mtime_ns for p in copied.glob("*.tfrecord")}
    write_shards(manifest, copied, **SAME)
    changed = {p.name for p in copied.glob("*.tfrecord") if p.stat().st_mtime_ns != before[p.name]}
    assert changed == {"clips-00001-of-00003.tfrecord"}
    assert check_shards(copied) == 6


def test_a_run_that_was_killed_is_gone_on_with(manifest, tmp_path):
    many = Manifest(manifest.entries * 10, manifest.class_names)
    (tmp_path / "m.json").write_text(json.dumps([[e.path, e.labels] for e in many]))
    program = (
        "import json, sys\n"
        "from keras_nonlocal.data.manifest import Entry, Manifest\n"
        "from keras_nonlocal.video.shards.writing import write_shards\n"
        "rows = json.load(open(sys.argv[1]))\n"
        "entries = tuple(Entry(path, tuple(labels)) for path, labels in rows)\n"
        "manifest = Manifest(entries, ('a', 'b', 'c'))\n"
        "write_shards(manifest, sys.argv[2], shards=20, num_processes=1)\n"
    )
    folder = tmp_path / "out"
    process = subprocess.Popen([sys.executable, "-c", program, tmp_path / "m.json", folder])
    finished = folder / "clips-00001-of-00020.tfrecord"
    while not finished.exists() and process.poll() is None:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    done = [shard for shard in read_set(folder).shards if shard]
    assert 1 <= len(done) < 20
    before = {shard.file: (folder / shard.file).stat().st_mtime_ns for shard in done}
    write_shards(many, folder, shards=20, num_processes=2)
    assert check_shards(folder) == 60
    assert before == {file: (folder / file).stat().st_mtime_ns for file in before}
    assert not list(folder.glob("*.part"))


def test_other_arguments_are_refused_with_what_differs(copied, manifest):
    with pytest.raises(ValueError, match="quality: 95 before, 80 now"):
        write_shards(manifest, copied, **SAME, quality=80)
    fewer = Manifest(manifest.entries[:5], manifest.class_names)
    with pytest.raises(ValueError, match="source:"):
        write_shards(fewer, copied, **SAME)


def test_a_bad_video_stops_it_or_is_left_out_and_recorded(manifest, tmp_path):
    source, error_log = _with_bad(manifest, tmp_path), tmp_path / "bad.jsonl"
    with pytest.raises(ValueError, match=r"(bad|none)\.mp4.*skip"):
        write_shards(source, tmp_path / "one", num_processes=1, short_side=48)
    said = write_shards(
        source,
        tmp_path / "two",
        num_processes=1,
        short_side=48,
        on_error="skip",
        error_log=error_log,
    )
    assert (said.clips, sum(shard.left_out for shard in said.shards)) == (2, 2)
    assert sorted(os.path.basename(row["path"]) for row in read_error_log(error_log)) == [
        "bad.mp4",
        "none.mp4",
    ]
    assert len(list(shard_clips(tmp_path / "two", ClipSpec(2, size=(8, 8))))) == 2


def test_a_shard_that_changed_is_named(copied):
    path = copied / "clips-00002-of-00003.tfrecord"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match=r"clips-00002-of-00003"):
        check_shards(copied)


def test_shards_can_be_written_to_any_file_system_of_tensorflow(manifest):
    folder = "ram://test/shards"
    write_shards(manifest, folder, **SAME)
    assert len(list(shard_clips(folder, ClipSpec(2)))) == 6
    tf.io.gfile.rmtree(folder)


def test_more_shards_than_videos_and_empty_manifests_are_refused(manifest, tmp_path):
    with pytest.raises(ValueError, match="at most the 6 entries"):
        write_shards(manifest, tmp_path, shards=7)
    with pytest.raises(ValueError, match="at least one entry"):
        write_shards(Manifest(()), tmp_path)


def test_a_file_in_the_place_of_the_folder_is_said_to_be_there(manifest, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file is not a directory"):
        write_shards(manifest, tmp_path / "file")


def test_labels_are_checked_before_a_video_is_read(manifest, tmp_path):
    some = (manifest.entries[0], Entry(manifest.entries[1].path))
    with pytest.raises(ValueError, match="1 entries have no label or several"):
        write_shards(Manifest(some, manifest.class_names), tmp_path / "shards")
    assert not (tmp_path / "shards").exists()


def test_shards_that_hold_nothing_are_not_read(tmp_path):
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    bad = Manifest((Entry(str(tmp_path / "bad.mp4"), (0,)),), ("a",))
    written = write_shards(bad, tmp_path / "shards", on_error="skip", num_processes=1)
    assert written.clips == 0
    with pytest.raises(ValueError, match="The shards hold no videos"):
        shard_clips(tmp_path / "shards", ClipSpec(2))


def test_shards_of_videos_that_were_moved_are_gone_on_with(manifest, copied, tmp_path):
    folder = tmp_path / os.path.basename(os.path.dirname(manifest.entries[0].path))
    folder.mkdir()
    moved = [shutil.copy(entry.path, folder) for entry in manifest]
    entries = [replace(entry, path=path) for entry, path in zip(manifest, moved, strict=True)]
    before = {path.name: path.stat().st_mtime_ns for path in copied.glob("*.tfrecord")}
    state = write_shards(replace(manifest, entries=tuple(entries)), copied, **SAME)
    assert state == read_set(copied)
    assert {path.name: path.stat().st_mtime_ns for path in copied.glob("*.tfrecord")} == before


def test_shards_that_are_gone_or_cut_off_are_named_and_written_again(copied, manifest):
    gone, cut, kept = sorted(copied.glob("*.tfrecord"))
    whole = cut.read_bytes()
    gone.unlink()
    cut.write_bytes(whole[:-10])
    with pytest.raises(ValueError, match=f"or gone: {gone.name}, {cut.name}. Copy them again"):
        check_shards(copied)
    before = kept.stat().st_mtime_ns
    write_shards(manifest, copied, **SAME)
    assert check_shards(copied) == len(manifest)
    assert cut.read_bytes() == whole
    assert kept.stat().st_mtime_ns == before


def test_integers_of_numpy_are_taken(manifest, tmp_path):
    entries = tuple(replace(each, labels=(np.int64(each.labels[0]),)) for each in manifest)
    options = {"shards": 1, "short_side": 16, "num_processes": 1}
    ours = write_shards(manifest, tmp_path / "python", seed=1, **options)
    numpy = replace(manifest, entries=entries)
    assert write_shards(numpy, tmp_path / "numpy", seed=np.int64(1), **options) == ours


def test_a_folder_without_a_name_is_refused(manifest):
    with pytest.raises(ValueError, match="folder of shards must have a name"):
        write_shards(manifest, "")
    assert not holds_shards("")
