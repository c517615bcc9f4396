"""Masks become run lengths and come back, as in COCO's own library."""

import numpy as np
import pytest

from keras_nonlocal.utils.run_lengths import decode_mask, encode_mask, packed, unpacked

library = pytest.importorskip("pycocotools.mask", reason="pycocotools is not installed")


def random_masks(count):
    random = np.random.default_rng(0)
    for number in range(count):
        size = random.integers(1, 60, 2)
        # Large blocks make long runs, which need several characters.
        block = np.full((1 + 40 * (number % 2),) * 2, 1, "uint8")
        yield np.kron(random.random(size) < random.random(), block).astype("uint8")


def runs_by_a_loop(mask):
    counts, last = [0], 0
    for value in mask.T.ravel():
        if value != last:
            counts.append(0)
            last = value
        counts[-1] += 1
    return counts


@pytest.mark.parametrize("value", [0, 1])
def test_uniform_masks(value):
    mask = np.full((3, 5), value, "uint8")
    assert unpacked(encode_mask(mask)["counts"]) == runs_by_a_loop(mask)
    np.testing.assert_array_equal(decode_mask(encode_mask(mask)), mask)


def test_strings_are_those_of_the_library():
    for mask in random_masks(40):
        coded = encode_mask(mask)
        expected = library.encode(np.asfortranarray(mask))
        assert coded == {"size": expected["size"], "counts": expected["counts"].decode()}
        np.testing.assert_array_equal(decode_mask(coded), mask)
        np.testing.assert_array_equal(decode_mask(expected), mask)  # bytes
        if mask.size < 4000:
            counts = runs_by_a_loop(mask)
            np.testing.assert_array_equal(decode_mask({**coded, "counts": counts}), mask)
            assert unpacked(packed(counts)) == counts


@pytest.mark.parametrize(
    ("coded", "message"),
    [
        ({"size": [2, 2], "counts": [1, 2]}, "fill 3 of 4"),
        ({"size": [2, 2], "counts": "1"}, "fill 1 of 4"),
        ({"size": [2, 2], "counts": "1Q"}, "end within a number"),
        ({"size": [2, 2], "counts": "1\n"}, "character"),
        ({"size": [2, 2], "counts": None}, "no `counts`"),
        ({"size": [2, 2], "counts": [4.0]}, "no `counts`"),
        ({"size": [2, 2], "counts": [5, -1]}, "no `counts`"),
        ({"size": [2], "counts": [4]}, "no `size`"),
        ({"counts": [4]}, "no `size`"),
    ],
)
def test_what_is_no_coding_is_refused(coded, message):
    with pytest.raises(ValueError, match=message):
        decode_mask(coded)
