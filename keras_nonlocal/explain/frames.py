"""Positions of a block as rectangles of frames, which all pictures of attention share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .pixel_grid import PixelGrid
from .positions import TopPositions


@dataclass(frozen=True)
class Cell:
    """A cell of a block in a frame: the middle frame, its center, and its size in pixels."""

    frame: int
    row: float
    column: float
    height: float
    width: float


def as_frames(frames: np.ndarray) -> np.ndarray:
    """Returns uint8 frames `(T, H, W, 3)`; an image becomes a clip of one frame.

    Raises:
        ValueError: It is neither.
    """
    frames = np.asarray(frames)
    if frames.ndim == 3:
        frames = frames[None]
    if frames.dtype != "uint8" or frames.ndim != 4 or frames.shape[-1] != 3 or not frames.size:
        raise ValueError(
            "The frames must be uint8 (T, H, W, 3), or an image (H, W, 3). Received: "
            f"{frames.dtype} {frames.shape}"
        )
    return frames


def grid_for_frames(pixels: PixelGrid | None, name: str) -> PixelGrid:
    """Returns the grid in pixels of a block that can be drawn onto frames.

    Raises:
        ValueError: The block is for sequences, or for regions of an image.
    """
    if pixels is None or len(pixels.cells) == 1:
        raise ValueError(
            f"{name!r} sees {'regions' if pixels is None else 'sequences'}, so its attention "
            "cannot be drawn onto frames. Draw that of regions by `draw_region_attention`."
        )
    return pixels


def cells_in_frames(found: TopPositions, positions: np.ndarray, frames: int) -> list[Cell]:
    """Returns the cells of positions `(..., rank)`; those of an image are in frame 0."""
    grid = grid_for_frames(found.pixels, found.block)
    centers = grid.centers(positions).reshape(-1, len(grid.cells))
    height, width = grid.steps[-2:]
    times = centers[:, 0] if centers.shape[1] == 3 else np.zeros(len(centers))
    indices = np.clip(np.rint(times), 0, frames - 1).astype(int)
    return [
        Cell(int(frame), float(row), float(column), height, width)
        for frame, (row, column) in zip(indices, centers[:, -2:], strict=True)
    ]
