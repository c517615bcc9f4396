"""Our own CSV format, as people and spreadsheets write it."""

import pytest

from keras_nonlocal.data.manifest import Entry
from keras_nonlocal.data.sources import read_source


def test_class_names_are_sorted(folder):
    root = folder(text={"x.csv": "path,label\na.mp4,run\nb/c.mp4,bend\n/elsewhere/d.mp4,run\n"})
    manifest = read_source(root / "x.csv")
    assert manifest.class_names == ("bend", "run")
    assert [entry.labels for entry in manifest] == [(1,), (0,), (1,)]
    paths = [f"{root}/a.mp4", f"{root}/b/c.mp4", "/elsewhere/d.mp4"]
    assert [entry.path for entry in manifest] == paths
    assert not manifest.multi_label


def test_every_column_is_read(folder):
    text = (
        "path,labels,split,start,end,times,frames,fps,width,height,sha256,comment\n"
        "a.mp4, b ;a,val,1.5,20,0:3.5;2:19.25,75,29.97,180,144,00ff,mine\n"
        "b.mp4,,,,,,,,,,,\n"
    )
    root = folder(text={"x.csv": text})
    manifest = read_source(root / "x.csv")
    first = Entry(
        path=f"{root}/a.mp4",
        labels=(1, 0),
        times=((0.0, 3.5), (2.0, 19.25)),
        start=1.5,
        end=20.0,
        split="val",
        frames=75,
        fps=29.97,
        width=180,
        height=144,
        sha256="00ff",
    )
    assert manifest.entries == (first, Entry(path=f"{root}/b.mp4"))
    assert manifest.multi_label


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffpath,label\r\na.mp4,run\r\n",  # as a spreadsheet saves it
        'label, path\n"run", "a.mp4"\n\n',
        "# a comment\n#another\npath,label\na.mp4,run",
        "# a comment\rpath,label\ra.mp4,run\r",
    ],
)
def test_byte_order_marks_spaces_comments_and_line_ends_are_accepted(folder, text):
    root = folder(text={"x.csv": text})
    manifest = read_source(root / "x.csv")
    assert manifest.entries == (Entry(f"{root}/a.mp4", (0,)),)
    assert manifest.class_names == ("run",)


def test_numbers_are_their_own_class_names(folder):
    root = folder(text={"x.csv": "path,label\na.mp4,2\nb.mp4,0\n"})
    manifest = read_source(root / "x.csv")
    assert manifest.class_names == ("0", "1", "2")
    assert [entry.labels for entry in manifest] == [(2,), (0,)]


def test_class_names_set_the_order_for_names_and_for_indices(folder):
    root = folder(text={"n.csv": "path,label\na.mp4,run\n", "i.csv": "path,label\na.mp4,1\n"})
    names = ["walk", "run", "bend"]
    for table, label in (("n.csv", 1), ("i.csv", 1)):
        manifest = read_source(root / table, class_names=names)
        assert manifest.class_names == tuple(names)
        assert manifest.entries[0].labels == (label,)


def test_class_names_that_are_numbers_are_names(folder):
    root = folder(text={"x.csv": "path,label\na.mp4,9\nb.mp4,7\n"})
    manifest = read_source(root / "x.csv", class_names=["9", "8", "7"])
    assert [entry.labels for entry in manifest] == [(0,), (2,)]


def test_relative_paths_start_from_root(folder):
    root = folder(text={"lists/x.csv": "path\nb/a.mp4\n"})
    manifest = read_source(root / "lists" / "x.csv", root=root / "videos")
    assert manifest.entries[0].path == f"{root}/videos/b/a.mp4"
    assert manifest.class_names == ()
    remote = read_source(root / "lists" / "x.csv", root="gs://bucket/videos/")
    assert remote.entries[0].path == "gs://bucket/videos/b/a.mp4"


def test_one_split_is_read(folder):
    table = folder(text={"x.csv": "path,label,split\na,run,train\nb,bend,val\n"}) / "x.csv"
    manifest = read_source(table, split="val")
    assert len(manifest) == 1
    assert manifest.class_names == ("bend", "run")  # as in the whole table
    with pytest.raises(ValueError, match=r"one of 'train', 'val'\. .*split='test'"):
        read_source(table, split="test")
    plain = folder(text={"y.csv": "path,label\na,run\n"}) / "y.csv"
    with pytest.raises(ValueError, match=r"must be None: there are no splits.*split='test'"):
        read_source(plain, split="test")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,label\na.mp4,run\nb.mp4,fly\n", r"line 3: the label .*bend, run.*'fly'"),
        ("# x\npath,start\na.mp4,soon\n", r"line 3: `start` must be seconds.*'soon'"),
        ("path,end\na.mp4,inf\n", "`end` must be seconds"),
        ("path,frames\na.mp4,1.5\n", "`frames` must be a whole number"),
        ("path,times,labels\na.mp4,3-4,run\n", "`times` must be `start:end`"),
        ("path,label\na.mp4\n", r"line 2: expected 2 cells.*Received: 1"),
        ("path,label\na.mp4,run,1\n", r"line 2: expected 2 cells.*Received: 3"),
        ("path,label,labels\na.mp4,run,run\n", "not both"),
        ("path,label,label\na.mp4,run,run\n", "must have different names"),
        ("path,label\n,run\n", r"line 2: .*Received: an empty path"),
        ("path,label\n", "at least one video"),
        ("# class_names: [1, 2\npath\na.mp4\n", "expected a comment such as"),
        ('# class_names: ["a", "a"]\npath\na.mp4\n', r"\['a'\] twice"),
        ("path,label\na.mp4,99999999999\n", "class indices from 0"),
    ],
)
def test_a_wrong_row_raises_with_its_line_number(folder, text, message):
    root = folder(text={"x.csv": text})
    names = ["bend", "run"] if "fly" in text else None
    with pytest.raises(ValueError, match=message):
        read_source(root / "x.csv", class_names=names)


@pytest.mark.parametrize("names", ["run", [], ["run", "run"], ["run", 1]])
def test_class_names_must_be_different_names(folder, names):
    root = folder(text={"x.csv": "path,label\na.mp4,run\n"})
    with pytest.raises(ValueError, match="`class_names` must be different names"):
        read_source(root / "x.csv", class_names=names)


def test_labels_that_could_be_names_or_indices_raise(folder):
    root = folder(text={"x.csv": "path,label\na.mp4,0\nb.mp4,1\n"})
    with pytest.raises(ValueError, match="Received: 1, which is the name of class 0, and 0, which"):
        read_source(root / "x.csv", class_names=["1", "2", "3"])
    manifest = read_source(root / "x.csv", class_names=["0", "2", "3"])  # 0 is 0 either way
    assert [entry.labels for entry in manifest] == [(0,), (1,)]


def test_empty_columns_at_the_end_are_ignored(tmp_path):
    (tmp_path / "t.csv").write_text("path,label,,\na.mp4,run,,\nb.mp4,walk\n")
    manifest = read_source(tmp_path / "t.csv")
    assert (len(manifest), manifest.class_names) == (2, ("run", "walk"))
    (tmp_path / "t.csv").write_text("path,label,,\na.mp4,run,,x\n")
    with pytest.raises(ValueError, match=r"line 2: expected 2 cells.*Received: 4 cells"):
        read_source(tmp_path / "t.csv")
