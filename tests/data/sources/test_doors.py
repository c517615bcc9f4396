"""Folders, lists, frames and manifests; and what is none of them."""

import os
import warnings
from pathlib import Path

import numpy as np
import pytest

from keras_nonlocal.data.manifest import Entry, Manifest
from keras_nonlocal.data.sources import read_source


class Frame:
    """What of a pandas frame is looked at."""

    def __init__(self, **columns):
        self.columns = columns.keys()
        self._rows = [
            dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)
        ]

    def to_dict(self, orient):
        assert orient == "records"
        return self._rows


class NAType:
    """Compares to nothing, as pandas's own."""

    def __bool__(self):
        raise TypeError

    def __eq__(self, other):
        return self

    __hash__ = None


def test_each_folder_is_a_class(folder):
    root = folder("run/b.mp4", "run/a.mp4", "bend/deep/c.avi", "bend/notes.txt", ".git/d.mp4")
    manifest = read_source(root)
    assert manifest.class_names == ("bend", "run")
    assert manifest.entries == (
        Entry(f"{root}/bend/deep/c.avi", (0,)),
        Entry(f"{root}/run/a.mp4", (1,)),
        Entry(f"{root}/run/b.mp4", (1,)),
    )


def test_a_folder_of_videos_alone_has_no_classes(folder):
    root = folder("b.mp4", "a.avi", "notes.txt")
    manifest = read_source(root)
    assert manifest.class_names == ()
    assert manifest.entries == (Entry(f"{root}/a.avi"), Entry(f"{root}/b.mp4"))


def test_a_video_alone_is_a_source_of_one(folder):
    root = folder("a.MP4")
    assert read_source(f"{root}/a.MP4").entries == (Entry(f"{root}/a.MP4"),)


def test_folders_of_splits_hold_folders_of_classes(folder):
    root = folder("train/run/a.mp4", "train/bend/b.mp4", "val/run/c.mp4")
    manifest = read_source(str(root))
    assert manifest.class_names == ("bend", "run")
    assert manifest.entries == (
        Entry(f"{root}/train/bend/b.mp4", (0,), split="train"),
        Entry(f"{root}/train/run/a.mp4", (1,), split="train"),
        Entry(f"{root}/val/run/c.mp4", (1,), split="val"),
    )
    assert len(read_source(root, split="val")) == 1


@pytest.mark.parametrize(
    ("other", "class_names"),
    [("plane/a.mp4", None), ("plane/a.mp4", ("plane", "train")), ("test/a.mp4", ("test", "train"))],
)
def test_a_class_may_be_called_train(folder, other, class_names):
    root = folder("train/b.mp4", other)
    manifest = read_source(root, class_names=class_names)
    assert manifest.class_names == (other.split("/")[0], "train")
    assert [entry.labels for entry in manifest] == [(0,), (1,)]
    assert {entry.split for entry in manifest} == {None}


@pytest.mark.parametrize("other", ["test/a.mp4", "Test/run/a.mp4"])
def test_splits_without_folders_of_classes_are_no_classes(folder, other):
    root = folder("train/b.mp4", other)
    with pytest.raises(ValueError, match=r"folders of splits.*none in .*train.*`class_names`"):
        read_source(root)


def test_a_folder_among_those_of_splits_is_no_class(folder):
    root = folder("train/run/a.mp4", "val/run/b.mp4", "extra/c.mp4")
    with pytest.raises(ValueError, match=r"folders of splits, train, val.*none in extra"):
        read_source(root)
    classes = ("train", "val", "extra")
    assert read_source(root, class_names=classes).class_names == classes


@pytest.mark.parametrize("beside", ["b.mp4", "train/b.mp4"])
def test_a_video_beside_the_folders_of_classes_is_told(folder, beside):
    inside = "train/run/a.mp4" if "/" in beside else "run/a.mp4"
    root = folder(inside, beside, f"{os.path.dirname(beside)}/notes.txt".lstrip("/"))
    with pytest.warns(UserWarning, match=r"1 videos in '.*' lie beside its folders.*'b.mp4'"):
        assert len(read_source(root)) == 1


def test_a_video_beside_the_folders_of_splits_is_told(folder):
    root = folder("train/run/a.mp4", "test/run/b.mp4", "c.mp4")
    with pytest.warns(UserWarning, match=r"lie beside its folders.*'c.mp4'"):
        assert len(read_source(root)) == 2


def test_folders_may_be_links(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("linked.mp4")
    (elsewhere / "a.mp4").touch()
    root = folder("run/b.mp4")
    (root / "bend.mp4").symlink_to(elsewhere)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_source(root).class_names == ("bend.mp4", "run")


def test_folders_of_splits_may_be_in_capitals(folder):
    manifest = read_source(folder("Train/run/a.mp4", "TEST/bend/b.mp4"))
    assert manifest.class_names == ("bend", "run")
    assert [entry.split for entry in manifest] == ["TEST", "Train"]


@pytest.mark.parametrize(
    ("names", "classes"),
    [
        (("10", "2", "1"), ("1", "2", "10")),
        (("01", "1", "run"), ("01", "1", "run")),
        (("1", "01"), ("01", "1")),
    ],
)
def test_each_folder_with_a_number_is_a_class_too(folder, names, classes):
    manifest = read_source(folder(*(f"{name}/a.mp4" for name in names)))
    assert manifest.class_names == classes
    assert [manifest.class_names[entry.labels[0]] for entry in manifest] == sorted(names)


def test_a_folder_that_is_no_class_is_named(folder):
    root = folder("run/a.mp4", "fly/b.mp4")
    with pytest.raises(ValueError, match=r"fly/b.mp4': the label .*run, bend. Received: 'fly'"):
        read_source(root, class_names=["run", "bend"])
    names = ["walk", "run", "fly"]
    assert [entry.labels for entry in read_source(root, class_names=names)] == [(2,), (1,)]


def test_a_list_of_paths_has_no_labels():
    manifest = read_source(["/a.mp4", Path("/b.mp4"), "s3://bucket/c.mp4"])
    assert manifest.entries == (Entry("/a.mp4"), Entry("/b.mp4"), Entry("s3://bucket/c.mp4"))
    assert manifest.class_names == ()


@pytest.mark.parametrize("labels", [["run", "bend"], [1, 0], np.array([1, 0])])
def test_a_list_of_pairs_has_names_or_numbers(labels):
    manifest = read_source(zip(["a.mp4", "b.mp4"], labels, strict=True), root="/videos")
    assert [entry.path for entry in manifest] == ["/videos/a.mp4", "/videos/b.mp4"]
    assert [entry.labels for entry in manifest] == [(1,), (0,)]
    assert not manifest.multi_label


def test_lists_of_labels_make_it_multi_label():
    manifest = read_source([("/a", ["run", "jump"]), ("/b", []), ("/c", ["run"])])
    assert manifest.multi_label
    assert manifest.targets().tolist() == [[1, 1], [0, 0], [0, 1]]


def test_a_name_in_a_list_may_hold_what_tables_join_names_by():
    assert read_source([("/a", "run;jump")]).class_names == ("run;jump",)
    assert read_source([("/a", ["run;jump", "fly"])]).class_names == ("fly", "run;jump")


def test_a_frame_is_read_as_the_csv_of_its_columns():
    nan = float("nan")
    frame = Frame(
        path=["a.mp4", Path("/b.mp4")],
        label=[np.int64(2), 0.0],
        start=[nan, 1.5],
        frames=[75.0, NAType()],
        split=["train", None],
        other=[object(), object()],
    )
    manifest = read_source(frame, root="/videos")
    assert manifest.entries == (
        Entry("/videos/a.mp4", (2,), frames=75, split="train"),
        Entry("/b.mp4", (0,), start=1.5),
    )
    assert manifest.class_names == ("0", "1", "2")


@pytest.mark.parametrize("labels", [["run;jump", ""], [["run", "jump"], []]])
def test_a_frame_with_labels_is_multi_label(labels):
    manifest = read_source(Frame(path=["/a", "/b"], labels=labels))
    assert manifest.multi_label
    assert manifest.targets().tolist() == [[1, 1], [0, 0]]


def test_a_manifest_comes_back_or_gets_other_names():
    manifest = Manifest((Entry("/a", (0,)), Entry("/b", (1,), split="val")), ("run", "bend"))
    assert read_source(manifest) == manifest
    assert len(read_source(manifest, split="val")) == 1
    other = read_source(manifest, class_names=["bend", "fly", "run"])
    assert [entry.labels for entry in other] == [(2,), (0,)]
    with pytest.raises(ValueError, match=r"'/b': the label must be one of .*'bend'"):
        read_source(manifest, class_names=["run"])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (7, "`source` must be a folder, .*source=7"),
        ({"a.mp4": 1}, "`source` must be a folder"),
        (b"a.mp4", "`source` must be a folder"),
        ([], "holds no videos"),
        ([("a.mp4", "run"), "b.mp4"], "labels for all of them, or for none"),
        ([("a.mp4", "run", 3)], "Item 0 must be a path or"),
        ([7], "Item 0 must be a path or"),
        ([("a.mp4", {"run"})], "Item 0: `labels` must be names or numbers"),
        (Frame(file=["a"]), r"must have a column `path`.*columns=\['file'\]"),
        (Frame(path=["a", 3]), "Row 1: `path` must be a path. Received: 3"),
        (Frame(path=["a"], label=[0.5]), "Row 0: `label` must be names or numbers"),
    ],
)
def test_what_is_no_source_is_refused(wrong, said):
    with pytest.raises(ValueError, match=said):
        read_source(wrong)


def test_a_table_that_nobody_knows_is_shown_what_is_expected(folder):
    root = folder(text={"x.csv": "clip,class\na.mp4,run\n", "empty.csv": ""})
    with pytest.raises(ValueError, match=r"(?s)'.*x.csv' is no list .*path; .*'clip,class'"):
        read_source(root / "x.csv")
    with pytest.raises(ValueError, match="is no list of videos"):
        read_source(root / "empty.csv")


def test_a_video_is_no_list_of_videos(write):
    path = write("a.mp4", frames=2)
    with pytest.raises(ValueError, match="is not a text file"):
        read_source(path.rename(path.with_suffix(".csv")))


def test_a_file_that_is_missing_is_said_to_be_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"There is no file '.*/x.csv'"):
        read_source(tmp_path / "x.csv")


def test_the_content_tells_the_format_not_the_name(folder):
    root = folder(text={"list.csv": "a.mp4 0\n", "table.txt": "path,label\na.mp4,run\n"})
    assert read_source(root / "list.csv").class_names == ("0",)
    assert read_source(root / "table.txt").class_names == ("run",)


def test_a_folder_that_is_no_class_does_not_turn_names_into_numbers(folder):
    root = folder("0/a.mp4", "1/b.mp4", "2/c.mp4")
    with pytest.raises(ValueError, match=r"folder of '.*/0/a.mp4': .*1, 2, 3. Received: '0'"):
        read_source(root, class_names=["1", "2", "3"])
    manifest = read_source(root)
    with pytest.raises(ValueError, match="Received: 1, which is the name of class 0, and 0"):
        read_source(manifest, class_names=["1", "2", "3"])
    again = read_source(manifest, class_names=["2", "1", "0"])
    assert [entry.labels for entry in again] == [(2,), (1,), (0,)]


@pytest.mark.parametrize("names", [{"run": 1, "bend": 0}, {"run", "bend"}, "run"])
def test_class_names_without_an_order_are_refused(names):
    with pytest.raises(ValueError, match="different names, in the order of their numbers"):
        read_source([("a.mp4", "run")], class_names=names)


@pytest.mark.parametrize("row", [[0, 0, 1], np.array([1, 0, 0]), ["run", "run"]])
def test_a_row_of_zeros_and_ones_is_no_list_of_labels(row):
    with pytest.raises(ValueError, match="Item 0: a list of labels names the classes"):
        read_source([("a.mp4", row)])


def test_integers_are_numbers_of_classes_whatever_those_are_called():
    items = [("a.mp4", 0), ("b.mp4", 1)]
    manifest = read_source(items, class_names=["1", "2", "3"])
    assert [entry.labels for entry in manifest] == [(0,), (1,)]
