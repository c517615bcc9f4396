"""`read_source` reads folders, lists, data frames and manifests, and rejects everything else."""

import os
import warnings
from pathlib import Path

import numpy as np
import pytest

from keras_nonlocal.data.manifest import Entry, Manifest
from keras_nonlocal.data.sources import read_source


class Frame:
    """The part of a pandas data frame that is used."""

    def __init__(self, **columns):
        self.columns = columns.keys()
        self._rows = [
            dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)
        ]

    def to_dict(self, orient):
        assert orient == "records"
        return self._rows


class NAType:
    """Can neither be compared nor tested for truth, as `pandas.NA`."""

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


def test_a_folder_of_videos_has_no_classes(folder):
    root = folder("b.mp4", "a.avi", "notes.txt")
    manifest = read_source(root)
    assert manifest.class_names == ()
    assert manifest.entries == (Entry(f"{root}/a.avi"), Entry(f"{root}/b.mp4"))


def test_a_single_video_is_a_source(folder):
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
def test_splits_without_folders_of_classes_raise(folder, other):
    root = folder("train/b.mp4", other)
    with pytest.raises(
        ValueError, match=r"folders of splits.*no folders of classes in .*train.*`class_names`"
    ):
        read_source(root)


def test_a_folder_beside_splits_raises_unless_it_is_a_class(folder):
    root = folder("train/run/a.mp4", "val/run/b.mp4", "extra/c.mp4")
    with pytest.raises(
        ValueError, match=r"folders of splits, train, val.*no folders of classes in extra"
    ):
        read_source(root)
    classes = ("train", "val", "extra")
    assert read_source(root, class_names=classes).class_names == classes


@pytest.mark.parametrize("beside", ["b.mp4", "train/b.mp4"])
def test_a_video_outside_the_folders_of_classes_warns(folder, beside):
    inside = "train/run/a.mp4" if "/" in beside else "run/a.mp4"
    root = folder(inside, beside, f"{os.path.dirname(beside)}/notes.txt".lstrip("/"))
    with pytest.warns(
        UserWarning, match=r"1 videos in '.*' are not in the folder of a class.*'b.mp4'"
    ):
        assert len(read_source(root)) == 1


def test_a_video_outside_the_folders_of_splits_warns(folder):
    root = folder("train/run/a.mp4", "test/run/b.mp4", "c.mp4")
    with pytest.warns(UserWarning, match=r"not in the folder of a class.*'c.mp4'"):
        assert len(read_source(root)) == 2


def test_folders_may_be_links(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("linked.mp4")
    (elsewhere / "a.mp4").touch()
    root = folder("run/b.mp4")
    (root / "bend.mp4").symlink_to(elsewhere)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_source(root).class_names == ("bend.mp4", "run")


def test_names_of_splits_may_have_capital_letters(folder):
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
def test_folders_named_by_numbers_are_sorted_by_number(folder, names, classes):
    manifest = read_source(folder(*(f"{name}/a.mp4" for name in names)))
    assert manifest.class_names == classes
    assert [manifest.class_names[entry.labels[0]] for entry in manifest] == sorted(names)


def test_a_folder_that_is_not_in_class_names_raises(folder):
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
def test_labels_of_pairs_are_names_or_indices(labels):
    manifest = read_source(zip(["a.mp4", "b.mp4"], labels, strict=True), root="/videos")
    assert [entry.path for entry in manifest] == ["/videos/a.mp4", "/videos/b.mp4"]
    assert [entry.labels for entry in manifest] == [(1,), (0,)]
    assert not manifest.multi_label


def test_lists_of_labels_make_it_multi_label():
    manifest = read_source([("/a", ["run", "jump"]), ("/b", []), ("/c", ["run"])])
    assert manifest.multi_label
    assert manifest.targets().tolist() == [[1, 1], [0, 0], [0, 1]]


def test_a_semicolon_in_the_name_of_a_listed_class_is_kept():
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


def test_a_manifest_is_returned_or_gets_other_class_names():
    manifest = Manifest((Entry("/a", (0,)), Entry("/b", (1,), split="val")), ("run", "bend"))
    assert read_source(manifest) == manifest
    assert len(read_source(manifest, split="val")) == 1
    other = read_source(manifest, class_names=["bend", "fly", "run"])
    assert [entry.labels for entry in other] == [(2,), (0,)]
    with pytest.raises(ValueError, match=r"'/b': the label must be one of .*'bend'"):
        read_source(manifest, class_names=["run"])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (7, "`source` must be a folder, .*source=7"),
        ({"a.mp4": 1}, "`source` must be a folder"),
        (b"a.mp4", "`source` must be a folder"),
        ([], "at least one video"),
        ([("a.mp4", "run"), "b.mp4"], "labels for all of them, or for none"),
        ([("a.mp4", "run", 3)], "Item 0 must be a path or"),
        ([7], "Item 0 must be a path or"),
        ([("a.mp4", {"run"})], "Item 0: `labels` must be class names or indices"),
        (Frame(file=["a"]), r"must have a column `path`.*columns=\['file'\]"),
        (Frame(path=["a", 3]), "Row 1: `path` must be a path. Received: 3"),
        (Frame(path=["a"], label=[0.5]), "Row 0: `label` must be class names or indices"),
    ],
)
def test_a_wrong_source_raises(wrong, message):
    with pytest.raises(ValueError, match=message):
        read_source(wrong)


def test_an_unknown_table_raises_with_the_known_columns(folder):
    root = folder(text={"x.csv": "clip,class\na.mp4,run\n", "empty.csv": ""})
    with pytest.raises(
        ValueError, match=r"(?s)'.*x.csv' is not a known list .*path; .*'clip,class'"
    ):
        read_source(root / "x.csv")
    with pytest.raises(ValueError, match="is not a known list of videos"):
        read_source(root / "empty.csv")


def test_a_binary_file_is_not_a_list_of_videos(write):
    path = write("a.mp4", frames=2)
    with pytest.raises(ValueError, match="is not a text file"):
        read_source(path.rename(path.with_suffix(".csv")))


def test_a_missing_file_raises(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"There is no file or folder '.*/x.csv'"):
        read_source(tmp_path / "x.csv")


def test_the_format_is_recognized_by_contents_not_by_name(folder):
    root = folder(text={"list.csv": "a.mp4 0\n", "table.txt": "path,label\na.mp4,run\n"})
    assert read_source(root / "list.csv").class_names == ("0",)
    assert read_source(root / "table.txt").class_names == ("run",)


def test_names_of_folders_are_never_class_indices(folder):
    root = folder("0/a.mp4", "1/b.mp4", "2/c.mp4")
    with pytest.raises(ValueError, match=r"folder of '.*/0/a.mp4': .*1, 2, 3. Received: '0'"):
        read_source(root, class_names=["1", "2", "3"])
    manifest = read_source(root)
    with pytest.raises(ValueError, match="Received: 1, which is the name of class 0, and 0"):
        read_source(manifest, class_names=["1", "2", "3"])
    again = read_source(manifest, class_names=["2", "1", "0"])
    assert [entry.labels for entry in again] == [(2,), (1,), (0,)]


@pytest.mark.parametrize("names", [{"run": 1, "bend": 0}, {"run", "bend"}, "run"])
def test_class_names_without_an_order_raise(names):
    with pytest.raises(ValueError, match="different names, in the order of their indices"):
        read_source([("a.mp4", "run")], class_names=names)


@pytest.mark.parametrize("row", [[0, 0, 1], np.array([1, 0, 0]), ["run", "run"]])
def test_a_multi_hot_row_raises(row):
    with pytest.raises(ValueError, match="Item 0: a list of labels must name each class once"):
        read_source([("a.mp4", row)])


def test_integers_are_class_indices_even_if_class_names_are_numbers():
    items = [("a.mp4", 0), ("b.mp4", 1)]
    manifest = read_source(items, class_names=["1", "2", "3"])
    assert [entry.labels for entry in manifest] == [(0,), (1,)]


def test_one_class_in_two_unicode_forms_is_one_class(tmp_path):
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    for name in (composed, decomposed):
        (tmp_path / "train" / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / "train" / name / f"{len(name)}.mp4").touch()
    manifest = read_source(tmp_path / "train")
    assert manifest.class_names == (composed,)
    assert [entry.labels for entry in manifest] == [(0,), (0,)]
    pairs = [("a.mp4", composed), ("b.mp4", decomposed)]
    assert read_source(pairs).class_names == (composed,)
    assert read_source(pairs, class_names=[decomposed]).class_names == (composed,)
