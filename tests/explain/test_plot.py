"""The plot of attention."""

import matplotlib.image
import numpy as np

from keras_nonlocal import explain
from keras_nonlocal.explain.attention import Attention, Position


def test_plot_shows_frames_with_a_box_and_arrows(tmp_path):
    frames = np.random.default_rng(0).integers(80, 120, (16, 64, 64, 3)).astype("uint8")
    query = Position(6.5, 20, 44)
    targets = tuple(Position(2 * frame + 0.5, 40, 30) for frame in (0, 1, 4, 5, 6))
    attention = Attention("res3_1_nonlocal", query, targets, (0.5, 0.4, 0.3, 0.2, 0.1), (8, 8))
    path = tmp_path / "new folder" / "attention.png"
    explain.draw_attention(frames, attention, path, title="a test")
    image = matplotlib.image.imread(path)
    assert image.shape[1] > 4 * image.shape[0]  # frames side by side
    red = (image[..., 0] > 0.9) & (image[..., 1] < 0.4) & (image[..., 2] < 0.4)
    yellow = (image[..., 0] > 0.8) & (image[..., 1] > 0.7) & (image[..., 2] < 0.5)
    assert red.sum() > 100  # the box
    assert yellow.sum() > 100  # the arrows
    assert [file.name for file in path.parent.iterdir()] == ["attention.png"]
