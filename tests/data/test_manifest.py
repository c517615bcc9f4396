"""The digest of a manifest, and random samples of its entries."""

from dataclasses import replace

import pytest

from keras_nonlocal.data.manifest import Entry, Manifest
from keras_nonlocal.data.sources.read import read_source


def listed(folder, **fields):
    entries = tuple(Entry(f"{folder}/{name}.mp4", (0,), **fields) for name in "abcdefgh")
    return Manifest(entries, ("run",))


def test_the_digest_stays_when_the_folder_is_moved():
    assert listed("/old/train").digest == listed("/new/disk/train").digest


@pytest.mark.parametrize(
    "other",
    [
        listed("/old/val"),
        listed("/old/train", start=1.0),
        replace(listed("/old/train"), multi_label=True),
        replace(listed("/old/train"), entries=listed("/old/train").entries[::-1]),
    ],
    ids=["folder", "start", "multi_label", "order"],
)
def test_the_digest_differs_for_other_entries(other):
    assert other.digest != listed("/old/train").digest


def test_a_sample_is_random_reproducible_and_in_order():
    manifest = listed("/v")
    sample = manifest.sample(4, seed=1)
    assert sample == manifest.sample(4, seed=1) != manifest.sample(4, seed=2)
    assert list(sample) == [entry for entry in manifest if entry in sample.entries]
    assert (len(sample), len(manifest.sample(0)), len(manifest.sample(99))) == (4, 1, 8)


def test_a_label_that_is_not_an_integer_raises():
    with pytest.raises(ValueError, match="`labels` must be an integer"):
        Entry("a.mp4", (0.5,))


@pytest.mark.parametrize("multi_label", [False, True])
@pytest.mark.parametrize("label", [2, 99, -1])
def test_a_label_without_a_class_gives_no_target(label, multi_label):
    entries = (Entry("a.mp4", (1,)), Entry("b.mp4", (label,)))
    manifest = Manifest(entries, ("bend", "run"), multi_label)
    expected = rf"from 0 to 1, as there are 2 class names. Received: labels=\({label},\) of 'b.mp4'"
    with pytest.raises(ValueError, match=expected):
        manifest.targets()
    with pytest.raises(ValueError, match=expected):
        read_source(manifest, class_names=("run", "bend", "walk"))
