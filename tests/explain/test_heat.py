"""Heat maps over frames: where colors are, and files that hold them."""

import numpy as np
import pytest
from PIL import Image

from keras_nonlocal import explain
from keras_nonlocal.explain.pixel_grid import PixelGrid, tiles

GRID = tiles((4, 16, 16), (2, 4, 4))
FRAMES = np.full((4, 16, 16, 3), 100, "uint8")


def maps(time, row, column, value=1.0):
    heat = np.zeros((2, 4, 4))
    heat[time, row, column] = value
    return heat


def changed(drawn):
    return (drawn.astype(int) != 100).any(axis=-1)


def test_only_the_pixels_of_a_cell_are_colored_in_its_frames():
    drawn = explain.heat_frames(FRAMES, maps(1, 2, 3), GRID, zoom=2)
    expected = np.zeros((4, 32, 32), bool)
    expected[2:, 16:24, 24:] = True
    np.testing.assert_array_equal(changed(drawn), expected)
    red, _, blue = drawn[3, 20, 28].astype(int)
    assert red - blue > 80
    _, _, blue = explain.heat_frames(FRAMES, maps(1, 2, 3, -1.0), GRID)[3, 10, 14].astype(int)
    assert blue > 150  # negative values are blue


def test_cells_are_centered_on_what_they_read():
    grid = PixelGrid((2, 4, 4), (0.5, 0.0, 0.0), (2.0, 4.0, 4.0))
    drawn = explain.heat_frames(FRAMES, maps(0, 1, 2), grid)
    rows, columns = np.nonzero(changed(drawn)[0])
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (2, 5, 6, 9)


def test_the_query_has_a_red_frame_in_its_frames_only():
    drawn = explain.heat_frames(FRAMES, maps(0, 0, 0, 0.0), GRID, query=(1, 1, 1), zoom=4)
    assert not changed(drawn[:2]).any()
    assert changed(drawn[2:]).sum() == 2 * (16 * 16 - 12 * 12)


def test_files(tmp_path):
    heat = maps(1, 2, 3)
    explain.draw_heat_maps(FRAMES, heat, GRID, tmp_path / "heat.png", columns=1, title="a title")
    picture = np.asarray(Image.open(tmp_path / "heat.png"))
    assert picture.shape == (18 + 2 * 64, 64, 3)  # two frames, as the block tells two apart
    assert (picture[:18] < 128).any()
    explain.write_attention_gif(FRAMES, heat, GRID, tmp_path / "heat.gif", fps=4)
    movie = Image.open(tmp_path / "heat.gif")
    seen, duration = [], 0
    for index in range(movie.n_frames):
        movie.seek(index)
        duration += movie.info["duration"]
        seen.append(np.asarray(movie.convert("RGB"))[44, 60].astype(int))
    assert duration == 1000  # of four frames, of which equal ones are one in the file
    assert abs(seen[0] - 100).max() < 8
    assert seen[-1][0] - seen[-1][2] > 80


def test_maps_of_another_grid_are_refused():
    with pytest.raises(ValueError, match="on the grid of an image or a clip"):
        explain.heat_frames(FRAMES, np.zeros((3, 4, 4)), GRID)
