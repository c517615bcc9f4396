"""Npz files are read completely, or refused with a `ValueError`."""

import random

import numpy as np
import pytest

from keras_nonlocal.utils.npz import read_arrays

ARRAYS = {"a": np.arange(20.0), "text": np.array("x" * 30), "empty": np.zeros((0, 4), "float32")}


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_are_read_as_written(save, tmp_path):
    save(tmp_path / "a.npz", **ARRAYS)
    found = read_arrays(tmp_path / "a.npz")
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)


def cut(content, rng):
    return content[: rng.randrange(len(content))]


def flipped(content, rng):
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    return content


def zeroed(content, rng):
    start = rng.randrange(len(content))
    content[start : start + 20] = bytes(len(content[start : start + 20]))
    return content


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("damage", [cut, flipped, zeroed])
def test_damaged_files_are_read_or_refused_and_nothing_else(save, damage, tmp_path):
    save(tmp_path / "a.npz", **ARRAYS)
    intact, rng, refused = (tmp_path / "a.npz").read_bytes(), random.Random(0), 0
    for _ in range(1000):
        (tmp_path / "b.npz").write_bytes(damage(bytearray(intact), rng))
        try:
            assert isinstance(read_arrays(tmp_path / "b.npz"), dict)
        except ValueError:
            refused += 1
    assert refused > 500


def test_other_files_are_refused(tmp_path):
    np.save(tmp_path / "one.npy", np.zeros(3))
    (tmp_path / "text.npz").write_text("no arrays")
    (tmp_path / "empty.npz").touch()
    for path in tmp_path.iterdir():
        with pytest.raises(ValueError, match="not an npz file"):
            read_arrays(path)
    with pytest.raises(FileNotFoundError):
        read_arrays(tmp_path / "absent.npz")
