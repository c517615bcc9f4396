"""Pictures of labels."""

import numpy as np
import pytest
from PIL import Image

from keras_nonlocal.images import draw_labels, write_labels
from keras_nonlocal.images.overlay import areas

IMAGE = np.full((60, 80, 3), 100, "uint8")
LABELS = np.zeros((60, 80), "uint8")
LABELS[:, 40:] = 1
LABELS[0, 0] = 255
PALETTE = [(200, 0, 0), (0, 0, 200)]


def test_classes_have_their_colors_and_borders_are_white():
    drawn = draw_labels(IMAGE, LABELS, ("a", "b"), PALETTE, legend=False)
    assert drawn.shape == IMAGE.shape
    assert drawn[30, 10].tolist() == [155, 45, 45]
    assert drawn[30, 70].tolist() == [45, 45, 155]
    assert drawn[30, 40].tolist() == [255, 255, 255]
    assert drawn[0, 0].tolist() == [100, 100, 100]  # of no class


def test_the_legend_stands_beside_and_sizes_are_even():
    drawn = draw_labels(IMAGE[:59, :79], LABELS[:59, :79], ("a", "b"), PALETTE)
    assert drawn.shape[0] == 60
    assert drawn.shape[1] % 2 == 0
    legend = drawn[:, 80:].reshape(-1, 3).tolist()
    assert [200, 0, 0] in legend
    assert [0, 0, 200] in legend


def test_a_legend_has_as_many_rows_as_there_is_room():
    names = tuple(f"class {n}" for n in range(30))
    labels = np.arange(60 * 80).reshape(60, 80).astype("uint8") % 30
    colors = [(n, 0, 0) for n in range(30)]
    assert draw_labels(IMAGE, labels, names, colors).shape[0] == 60


def test_shares_are_in_descending_order():
    assert list(areas(LABELS, ("a", "b"))) == ["b", "a"]
    assert sum(areas(LABELS, ("a", "b")).values()) == pytest.approx(1 - 1 / LABELS.size)


def test_written_labels_keep_numbers_and_colors(tmp_path):
    write_labels(tmp_path / "a.png", LABELS, PALETTE)
    image = Image.open(tmp_path / "a.png")
    np.testing.assert_array_equal(np.asarray(image), LABELS)
    assert image.convert("RGB").getpixel((70, 30)) == (0, 0, 200)


def test_other_sizes_are_refused():
    with pytest.raises(ValueError, match="one size"):
        draw_labels(IMAGE, LABELS[:10], ("a", "b"), PALETTE)
