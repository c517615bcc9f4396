"""The checks of a manifest find every fault, and report all of them in one error."""

import warnings
from dataclasses import replace

import pytest

from keras_nonlocal.data.manifest import Entry, Manifest
from keras_nonlocal.data.sources import check_manifest, read_source


@pytest.fixture
def good(folder):
    root = folder("a.mp4", "b.mp4", "c.mp4")
    entries = (
        Entry(f"{root}/a.mp4", (0,), split="train", sha256="aa"),
        Entry(f"{root}/b.mp4", (1,), split="train", start=0.0, end=2.0),
        Entry(f"{root}/b.mp4", (1,), split="train", start=2.0, end=4.0),
        Entry(f"{root}/c.mp4", (1,), split="val", sha256="cc"),
    )
    return Manifest(entries, ("bend", "run"))


def changed(manifest, index, **fields):
    entries = list(manifest.entries)
    entries[index] = replace(entries[index], **fields)
    return replace(manifest, entries=tuple(entries))


def test_a_correct_manifest_neither_raises_nor_warns(good):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check_manifest(good) is None
        assert check_manifest(replace(changed(good, 0, labels=()), multi_label=True)) is None
        unlabeled = tuple(replace(entry, labels=()) for entry in good)
        assert check_manifest(Manifest(unlabeled, ("bend", "run"))) is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"path": "/nowhere.mp4"}, "1 files are missing: '/nowhere.mp4'. Check `root`"),
        ({"labels": (2,)}, r"1 entries have labels out of range: \(2,\) of '.*a.mp4'. Labels"),
        ({"labels": (-1,)}, r"out of range: \(-1,\)"),
        ({"labels": ()}, "1 entries have no label or several .*: 0 of '.*a.mp4'"),
        ({"labels": (0, 1)}, "no label or several .*: 2 of '.*a.mp4'. Call the column `labels`"),
        ({"start": 3.0, "end": 3.0}, r"1 parts end before they start: 3.0..3.0 of '.*a.mp4'"),
        ({"end": 0.0}, "end before they start"),
        ({"start": -1.0}, "end before they start"),
        ({"times": ((2.0, 1.0),)}, "end before they start"),
        ({"times": ((0.0, 1.0), (1.0, 2.0))}, "one time for each label: 2 for 1 of '.*a.mp4'"),
        ({"split": "val"}, None),
        ({"sha256": "cc"}, r"same content .*: '.*a.mp4' \(train\) and '.*c.mp4' \(val\)"),
    ],
)
def test_each_kind_of_fault_raises(good, fields, message):
    wrong = changed(good, 0, **fields)
    if message is None:
        check_manifest(wrong)
    else:
        with pytest.raises(ValueError, match=message):
            check_manifest(wrong)


def test_a_file_in_two_splits_raises_once(good):
    wrong = changed(good, 3, path=good.entries[0].path, sha256="aa")
    with pytest.raises(ValueError, match="1 files are in two splits") as caught:
        check_manifest(wrong)
    assert "content" not in str(caught.value)  # one message per pair is enough


def test_one_error_lists_all_faults_with_counts_and_five_examples(good):
    missing = tuple(Entry(f"/nowhere/{n}.mp4", (0,)) for n in range(7))
    wrong = changed(good, 0, labels=(9,), end=-1.0)
    with pytest.raises(ValueError, match="7 files are missing") as caught:
        check_manifest(replace(wrong, entries=wrong.entries + missing))
    lines = str(caught.value).splitlines()
    assert lines[0] == "11 entries were checked:"
    assert [line.split()[0] for line in lines[1:]] == ["7", "1", "1"]
    assert "'/nowhere/4.mp4' and 2 more. Check" in lines[1]
    assert "/nowhere/5.mp4" not in lines[1]


@pytest.mark.parametrize("fields", [{"start": 0.0, "end": 2.0}, None])
def test_a_video_listed_twice_warns(good, fields):
    if fields:
        twice = changed(good, 2, **fields)
    else:  # the same content under another name
        twice = changed(changed(good, 1, sha256="aa", start=None, end=None), 0, start=None)
    with pytest.warns(UserWarning, match="1 videos are listed twice in a split: '.*b.mp4'"):
        check_manifest(twice)


def test_missing_files_at_addresses_raise(good):
    with pytest.raises(ValueError, match=r"1 files are missing: 'ram://none/a.mp4'"):
        check_manifest(changed(good, 0, path="ram://none/a.mp4"))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"path": "{folder}/c.mp4"}, "1 files are in two splits"),
        ({"sha256": "cc"}, "1 files have the same content as one in another split"),
    ],
)
@pytest.mark.parametrize("split", ["train", "val"])
def test_a_split_that_shares_a_video_with_another_raises(good, folder, fields, message, split):
    shared = {name: value.format(folder=folder()) for name, value in fields.items()}
    with pytest.raises(ValueError, match=message):
        read_source(changed(good, 0, **shared), split=split)


def test_videos_shared_by_other_splits_are_ignored(good):
    other = changed(changed(good, 0, split="test"), 3, split="val", path=good.entries[0].path)
    assert len(read_source(other, split="train")) == 2
