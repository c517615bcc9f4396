"""A written manifest is read without loss, and is never half-written."""

import csv
import os
import string
from dataclasses import replace

import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keras_nonlocal.data.manifest import Entry, Manifest
from keras_nonlocal.data.sources import read_source, write_manifest

# Characters that often cause errors in CSV, JSON, pandas and file systems.
ODD = string.ascii_lowercase + " ;,#\"'\\\n\r\téß\u2028\x85\udcff0123456789:-."
text = st.text(ODD, min_size=1, max_size=8)
seconds = st.none() | st.floats(0, 1e6)
count = st.none() | st.integers(1, 10**9)


@st.composite
def manifests(draw):
    names = tuple(draw(st.lists(text, unique=True, max_size=4)))
    labels = st.lists(st.integers(0, len(names) - 1), max_size=3) if names else st.just([])
    entry = st.builds(
        Entry,
        path=st.builds("{}/{}x".format, st.sampled_from(["/here", "/here/a", "/v"]), text),
        labels=labels.map(tuple),
        times=st.lists(st.tuples(st.floats(0, 99), st.floats(0, 99)), max_size=2).map(tuple),
        start=seconds,
        end=seconds,
        split=st.none() | text,
        frames=count,
        fps=st.none() | st.floats(0.001, 1000),
        width=count,
        height=count,
        sha256=st.none() | st.text(string.hexdigits, min_size=1),
    )
    entries = draw(st.lists(entry, min_size=1, max_size=4))
    return Manifest(tuple(entries), names, draw(st.booleans()))


@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(manifests())
def test_write_then_read_gives_the_same_manifest(tmp_path, manifest):
    entries = tuple(
        replace(entry, path=os.path.normpath(entry.path.replace("/here", str(tmp_path), 1)))
        for entry in manifest
    )
    manifest = replace(manifest, entries=entries)
    write_manifest(manifest, tmp_path / "m.csv")
    assert read_source(tmp_path / "m.csv") == manifest


def test_a_csv_reader_that_skips_comments_can_read_it(tmp_path):
    entries = (Entry("/v/a #1.mp4", (1,), start=0.5), Entry("/v/b.mp4", (0,)))
    write_manifest(Manifest(entries, ("bend, low", "run", "sit")), tmp_path / "m.csv")
    first, *rest = (tmp_path / "m.csv").read_text().splitlines()
    assert first == '# class_names: ["bend, low", "run", "sit"]'
    assert rest == ["path,label,start", '"/v/a #1.mp4",run,0.5', '/v/b.mp4,"bend, low",']
    rows = list(csv.DictReader(rest))
    assert [row["label"] for row in rows] == ["run", "bend, low"]


def test_pandas_can_read_it(tmp_path):
    pandas = pytest.importorskip("pandas", reason="pandas is not a dependency")
    entries = (Entry("/v/a #1.mp4", (0,), frames=7), Entry('/v/"b",.mp4', (1,)))
    manifest = Manifest(entries, ("#run", "bend, low"))
    write_manifest(manifest, tmp_path / "m.csv")
    frame = pandas.read_csv(tmp_path / "m.csv")
    assert list(frame["path"]) == ["/v/a #1.mp4", '/v/"b",.mp4']
    assert list(frame["label"]) == ["#run", "bend, low"]
    assert read_source(frame) == manifest
    with_another_class = replace(manifest, class_names=("#run", "bend, low", "sit"))
    write_manifest(with_another_class, tmp_path / "m.csv")
    assert list(pandas.read_csv(tmp_path / "m.csv", comment="#")["label"]) == ["#run", "bend, low"]
    assert read_source(tmp_path / "m.csv") == with_another_class


def test_class_names_that_do_not_fit_into_a_cell_are_written_as_indices(tmp_path):
    manifest = Manifest((Entry("/a", (1, 0)),), ("0", "run;jump"), True)
    write_manifest(manifest, tmp_path / "m.csv")
    assert (tmp_path / "m.csv").read_text().splitlines()[1:] == [
        "# labels: numbers of class_names",
        "path,labels",
        "/a,1;0",
    ]
    assert read_source(tmp_path / "m.csv") == manifest
    other = read_source(tmp_path / "m.csv", class_names=["run;jump", "0"])
    assert other.entries[0].labels == (0, 1)


def test_a_class_index_out_of_range_raises_with_its_line_number(tmp_path):
    text = '# class_names: ["a;b"]\n# labels: numbers of class_names\npath,label\nx.mp4,1\n'
    (tmp_path / "m.csv").write_text(text)
    with pytest.raises(
        ValueError, match=r"line 4: the label must be a class index from 0 to 0.*'1'"
    ):
        read_source(tmp_path / "m.csv")


def test_a_folder_can_be_moved_with_its_manifest(tmp_path):
    (tmp_path / "old").mkdir()
    manifest = Manifest((Entry(f"{tmp_path}/old/run/a.mp4"), Entry(f"{tmp_path}/older/b.mp4")))
    write_manifest(manifest, tmp_path / "old" / "m.csv")
    (tmp_path / "old").rename(tmp_path / "new")
    moved = read_source(tmp_path / "new" / "m.csv")
    paths = [f"{tmp_path}/new/run/a.mp4", f"{tmp_path}/older/b.mp4"]
    assert [entry.path for entry in moved] == paths


def test_relative_paths_start_from_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_manifest(Manifest((Entry("a.mp4"),)), "lists/m.csv")
    assert read_source("lists/m.csv").entries == (Entry(f"{tmp_path}/a.mp4"),)


def test_addresses_of_tensorflow_can_be_written_and_read():
    """`ram://` stands for `gs://` and `s3://`: TensorFlow opens all of them in the same way."""
    manifest = Manifest((Entry("ram://box/run/a.mp4", (0,)), Entry("/b.mp4", (0,))), ("run",))
    write_manifest(manifest, "ram://box/lists/m.csv")
    assert read_source("ram://box/lists/m.csv") == manifest
    write_manifest(manifest, "ram://box/m.csv")
    assert "\nrun/a.mp4,run\n" in tf.io.gfile.GFile("ram://box/m.csv").read()
    assert read_source("ram://box/m.csv") == manifest
    with pytest.raises(FileNotFoundError, match=r"ram://box/x.csv"):
        read_source("ram://box/x.csv")


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        (Manifest((Entry("/a", (2,)),), ("x", "y")), r"from 0 to 1.*labels=\(2,\) of '/a'"),
        (Manifest((Entry("/a", (-1,)),), ("x", "y")), "from 0 to 1"),
        (Manifest((Entry("/a"),), ("x", "x")), "different names"),
    ],
)
def test_a_wrong_manifest_raises_and_is_not_written(tmp_path, manifest, message):
    with pytest.raises(ValueError, match=message):
        write_manifest(manifest, tmp_path / "m.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_keeps_the_old_file(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise OSError("disk full")

    write_manifest(Manifest((Entry("/a"),)), tmp_path / "m.csv")
    before = (tmp_path / "m.csv").read_bytes()
    monkeypatch.setattr(tf.io.gfile, "rename", fail)
    with pytest.raises(OSError, match="disk full"):
        write_manifest(Manifest((Entry("/b"),)), tmp_path / "m.csv")
    assert (tmp_path / "m.csv").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["m.csv"]


def test_a_path_that_cannot_be_written_raises_os_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="cannot be"):
        write_manifest(Manifest((Entry("/a"),)), tmp_path / "file" / "m.csv")
