"""Heat maps of attention or of evidence, over each frame of a clip, as a picture or a GIF."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..utils.atomic_files import replacing
from ..utils.checks import PathLike, at_least
from ..utils.text import printable
from .frames import as_frames
from .pixel_grid import PixelGrid

# From nothing to the strongest; negative values are blue.
WARM, COLD = np.array([(255, 210, 31), (255, 59, 48)]), np.array([(76, 195, 255), (20, 80, 230)])
OPACITY = 0.75


def colored(values: np.ndarray, strongest: float | None = None) -> np.ndarray:
    """Colors values by size and sign: `(...)` to RGBA, uint8 `(..., 4)`.

    Args:
        values: The values. Zero is transparent.
        strongest: The size with the full color; the largest of the values by default.
    """
    values = np.asarray(values, "float64")
    strongest = np.abs(values).max() if strongest is None else strongest
    strength = np.clip(np.abs(values) / max(strongest, 1e-30), 0, 1)[..., None]
    ends = np.where((values < 0)[..., None, None], COLD, WARM)
    color = ends[..., 0, :] + strength * (ends[..., 1, :] - ends[..., 0, :])
    opacity = 255 * OPACITY * strength
    return (np.concatenate([color, opacity], axis=-1) + 0.5).astype("uint8")


def heat_frames(
    frames: np.ndarray, maps: np.ndarray, grid: PixelGrid, query: Any = None, *, zoom: int = 1
) -> np.ndarray:
    """Lays a heat map over each frame of a clip, or over an image.

    Each frame has the map of the cell in time that it belongs to. Red is strongest, and negative
    values are blue.

    Args:
        frames: uint8 `(T, H, W, 3)`, or an image `(H, W, 3)`.
        maps: `(*grid)`: a row of `attention_maps`, or the evidence of a sample.
        grid: Where the cells are: `pixels` of a `TopPositions`.
        query: A position on the grid, which gets a red frame; `None` for none.
        zoom: By which integer the frames are enlarged.

    Returns:
        uint8 `(T, H * zoom, W * zoom, 3)`.

    Raises:
        ValueError: The shapes do not fit together.

    Example:

    >>> from keras_nonlocal.explain.pixel_grid import tiles
    >>> frames, maps = np.zeros((4, 32, 32, 3), "uint8"), np.ones((2, 4, 4))
    >>> grid = tiles((4, 32, 32), (2, 4, 4))
    >>> keras_nonlocal.explain.heat_frames(frames, maps, grid, zoom=2).shape
    (4, 64, 64, 3)
    """
    frames = as_frames(frames)
    if maps.shape != grid.cells or maps.ndim not in (2, 3):
        raise ValueError(
            "`maps` must be (H, W) or (T, H, W) on the grid of an image or a clip. Received: "
            f"{maps.shape} for a grid {grid.cells}"
        )
    at_least("zoom", zoom, 1)
    size = tuple(zoom * each for each in frames.shape[2:0:-1])
    strongest = float(np.abs(maps).max())
    rows, columns = (
        _cells_of_pixels(grid, axis, (np.arange(length) + 0.5) / zoom - 0.5)
        for axis, length in ((-2, size[1]), (-1, size[0]))
    )
    outside = ((rows < 0)[:, None] | (columns < 0))[..., None]
    drawn = []
    for index, frame in enumerate(frames):
        picture = Image.fromarray(frame).resize(size, Image.Resampling.BICUBIC).convert("RGBA")
        time = grid.cell_at([index, *grid.starts[1:]])[0] if maps.ndim == 3 else None
        plane = colored(maps if time is None else maps[time], strongest)
        layer = np.where(outside, 0, plane[rows[:, None], columns]).astype("uint8")
        picture.alpha_composite(Image.fromarray(layer))
        pixels = np.array(picture.convert("RGB"))
        if query is not None and time in (None, query[0]):
            _outline(pixels, rows == query[-2], columns == query[-1])
        drawn.append(pixels)
    return np.stack(drawn)


def draw_heat_maps(
    frames: np.ndarray,
    maps: np.ndarray,
    grid: PixelGrid,
    path: PathLike,
    *,
    query: Any = None,
    zoom: int = 4,
    title: str = "",
    columns: int = 6,
) -> None:
    """Draws a heat map over each frame that the block tells apart, side by side, to a PNG file.

    Args:
        frames, maps, grid, query, zoom: As in `heat_frames`.
        path: Path of the PNG file. It is replaced only when the picture is complete.
        title: Text above the frames.
        columns: Maximum number of frames in a row.

    Raises:
        ValueError: The shapes do not fit together.
        OSError: The file cannot be written.

    Example:

    >>> from keras_nonlocal.explain.pixel_grid import tiles
    >>> frames, maps = np.zeros((4, 32, 32, 3), "uint8"), np.ones((2, 4, 4))
    >>> grid = tiles((4, 32, 32), (2, 4, 4))
    >>> keras_nonlocal.explain.draw_heat_maps(frames, maps, grid, "heat.png", columns=2)
    """
    drawn = heat_frames(frames, maps, grid, query, zoom=zoom)
    if maps.ndim == 3:
        centers = grid.starts[0] + grid.steps[0] * np.arange(grid.cells[0])
        drawn = drawn[np.clip(np.rint(centers), 0, len(drawn) - 1).astype(int)]
    rows = [drawn[start : start + columns] for start in range(0, len(drawn), columns)]
    blank = np.zeros_like(drawn[0])
    width = min(columns, len(drawn))
    lines = [np.concatenate([*row, *[blank] * (width - len(row))], axis=1) for row in rows]
    _write_png(np.concatenate(lines), path, title)


def write_attention_gif(
    frames: np.ndarray,
    maps: np.ndarray,
    grid: PixelGrid,
    path: PathLike,
    *,
    query: Any = None,
    fps: float = 5,
    zoom: int = 4,
) -> None:
    """Writes a clip with its heat map over time as an animated GIF.

    Args:
        frames, maps, grid, query, zoom: As in `heat_frames`.
        path: Path of the GIF file. It is replaced only when the picture is complete.
        fps: Frames per second.

    Raises:
        ValueError: The shapes do not fit together, or `fps` is not positive.
        OSError: The file cannot be written.

    Example:

    >>> from keras_nonlocal.explain.pixel_grid import tiles
    >>> frames, maps = np.zeros((4, 32, 32, 3), "uint8"), np.ones((2, 4, 4))
    >>> grid = tiles((4, 32, 32), (2, 4, 4))
    >>> keras_nonlocal.explain.write_attention_gif(frames, maps, grid, "attention.gif")
    """
    at_least("fps", fps, 0.01)
    drawn = [Image.fromarray(each) for each in heat_frames(frames, maps, grid, query, zoom=zoom)]
    with replacing(path) as partial:
        drawn[0].save(
            partial,
            "GIF",
            save_all=True,
            append_images=drawn[1:],
            duration=round(1000 / fps),
            loop=0,
        )


def _cells_of_pixels(grid: PixelGrid, axis: int, pixels: np.ndarray) -> np.ndarray:
    """The index of the cell of each pixel along an axis; -1 beyond the cells."""
    index = np.floor((pixels - grid.starts[axis]) / grid.steps[axis] + 0.5).astype(int)
    return np.where((index >= 0) & (index < grid.cells[axis]), index, -1)


def _outline(pixels: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> None:
    """Draws a red frame of two pixels around the rows and columns of a cell."""
    top, bottom = np.flatnonzero(rows)[[0, -1]]
    left, right = np.flatnonzero(columns)[[0, -1]]
    inside = pixels[top : bottom + 1, left : right + 1]
    for edge in (inside[:2], inside[-2:], inside[:, :2], inside[:, -2:]):
        edge[:] = WARM[1]


def _write_png(pixels: np.ndarray, path: PathLike, title: str) -> None:
    bar = 18 if title else 0
    picture = Image.new("RGB", (pixels.shape[1], pixels.shape[0] + bar), "white")
    picture.paste(Image.fromarray(pixels), (0, bar))
    if title:
        ImageDraw.Draw(picture).text(
            (4, 2), printable(title), "black", ImageFont.load_default(12.0)
        )
    with replacing(path) as partial:
        picture.save(partial, "PNG")
