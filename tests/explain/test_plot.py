"""The picture with arrows."""

import matplotlib.image
import numpy as np
import pytest

from keras_nonlocal import explain
from keras_nonlocal.explain.pixel_grid import tiles


def found(weights, rank=3):
    """From the cell of frame 3 at pixel (19.5, 43.5), to one cell of each of five frames."""
    targets = np.array([(t, 5, 3) for t in (0, 1, 2, 4, 5)])[None, None]
    queries, cells = np.array([[(3, 2, 5)]]), (8, 8, 8)
    if rank == 2:
        targets, queries, cells = targets[..., 1:], queries[..., 1:], cells[1:]
    grid = tiles((16, 64, 64)[3 - rank :], cells)
    weights = np.array(weights, "float32")[None, None]
    return explain.TopPositions("res3_1_nonlocal", cells, queries, targets, weights, grid)


def inked(image, color):
    return (np.abs(image[..., :3] - np.array(color) / 255) < 0.15).all(axis=-1).sum()


def test_plot_shows_frames_with_a_box_and_arrows(tmp_path):
    frames = np.random.default_rng(0).integers(80, 120, (16, 64, 64, 3)).astype("uint8")
    path = tmp_path / "new folder" / "attention.png"
    explain.draw_attention(frames, found([0.5, 0.4, 0.3, 0.2, -0.1]), path, title="a test")
    image = matplotlib.image.imread(path)
    assert image.shape[1] > 4 * image.shape[0]  # frames side by side
    assert inked(image, (255, 59, 48)) > 100  # the box
    assert inked(image, (255, 210, 31)) > 100  # the arrows
    assert [file.name for file in path.parent.iterdir()] == ["attention.png"]


def test_negative_weights_are_blue_and_an_image_is_one_frame(tmp_path):
    image = np.full((64, 64, 3), 100, "uint8")
    path = tmp_path / "attention.png"
    explain.draw_attention(image, found([-0.5, 0, 0, 0, 0], rank=2), path)
    drawn = matplotlib.image.imread(path)
    assert abs(drawn.shape[1] - drawn.shape[0]) < 60
    assert inked(drawn, (76, 195, 255)) > 50
    assert inked(drawn, (255, 210, 31)) == 0


def test_frames_of_another_kind_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"uint8 \(T, H, W, 3\)"):
        explain.draw_attention(np.zeros((16, 64, 64, 3)), found([1] * 5), tmp_path / "a.png")
