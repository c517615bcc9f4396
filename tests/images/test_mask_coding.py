"""What stored pixels of masks mean."""

import numpy as np
import pytest

from keras_nonlocal.images import MaskCoding, without_zero


def test_numbers_are_labels_by_default():
    stored = np.array([[0, 3], [255, 7]])
    np.testing.assert_array_equal(MaskCoding().labels(stored), stored)


def test_masks_from_one_lose_their_zero():
    """ADE20K: 0 is "other" and ignored, 1 to 150 are the classes."""
    labels = without_zero(150).labels(np.array([[0, 1, 150]]))
    assert labels.tolist() == [[255, 0, 149]]


def test_colors_have_a_table():
    coding = MaskCoding(colors={(128, 0, 0): 1, (0, 0, 0): 0, (224, 224, 192): 255})
    stored = np.array([[[128, 0, 0], [0, 0, 0], [224, 224, 192]]], "uint8")
    assert coding.labels(stored).tolist() == [[1, 0, 255]]


@pytest.mark.parametrize(
    ("coding", "stored", "message"),
    [
        (MaskCoding(), np.array([[300]]), "holds the number 300"),
        (MaskCoding({0: 0}), np.array([[0, 9]]), r"1 of its .* have no label: \[9\]"),
        (MaskCoding(), np.zeros((2, 2, 3), int), "colors, not numbers"),
        (MaskCoding(colors={(0, 0, 0): 0}), np.ones((1, 1, 3), "uint8"), "#010101"),
        (
            MaskCoding(colors={(0, 0, 0): 0}),
            np.zeros((2, 2), int),
            "its pixels are numbers .* as `values`",
        ),
    ],
)
def test_what_has_no_label_is_named(coding, stored, message):
    with pytest.raises(ValueError, match=message):
        coding.labels(stored)


def test_wrong_tables_are_refused():
    with pytest.raises(ValueError, match="exclude each other"):
        MaskCoding({0: 0}, {(0, 0, 0): 0})
    with pytest.raises(ValueError, match="Received: 256"):
        MaskCoding({0: 256})
