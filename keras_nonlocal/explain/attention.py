"""The positions that one position of a clip attends to in a non-local block."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np

from ..layers.non_local import NonLocal3D
from ..utils.compat import call_of


@dataclass(frozen=True)
class Position:
    """A position in a clip.

    Attributes:
        frame: Index of the frame.
        row, column: Place in the frame, in pixels.
    """

    frame: float
    row: float
    column: float


@dataclass(frozen=True)
class Attention:
    """The positions that one position attends to most.

    Attributes:
        block: Name of the non-local block.
        query: The position that attends.
        targets: The positions in other frames that it attends to, strongest first.
        weights: The affinities of the targets as the block computes them.
        cell: Height and width of one grid cell of the block, in pixels.
    """

    block: str
    query: Position
    targets: tuple[Position, ...]
    weights: tuple[float, ...]
    cell: tuple[float, float]


def attend_to(
    model: keras.Model,
    clip: np.ndarray,
    *,
    block: str | None = None,
    position: tuple[int, int, int] | None = None,
    top: int = 20,
) -> Attention:
    """Finds the positions in other frames that one position of a clip attends to most.

    Source: Figure 3 of the paper.

    Args:
        model: A functional video network with non-local blocks.
        clip: `(T, H, W, C)`, preprocessed for the network.
        block: Name of a non-local block. The default is the first block, which has the finest grid.
        position: `(t, h, w)` on the grid of the block. The default is the position where the clip
            changes most.
        top: Maximum number of positions to return.

    Returns:
        An `Attention` with the positions and their weights.

    Raises:
        ValueError: The block or the position does not exist, or the block attends to no other
            frame.

    Example:

    >>> model = keras_nonlocal.models.nl_i3d_small()
    >>> attention = keras_nonlocal.explain.attend_to(model, np.zeros((32, 64, 64, 3), "float32"))
    >>> attention.block
    'res3_1_nonlocal'
    """
    layer = _find_block(model, block)
    features_of = keras.Model(model.input, call_of(model, layer.name).input_tensors[0])
    features = features_of(clip[None], training=False)
    grid = tuple(features.shape[1:4])
    position = _position_of_motion(clip, grid) if position is None else position
    weights = keras.ops.convert_to_numpy(layer.attention(features, [position])[0, 0])
    keys = np.stack(np.unravel_index(np.argsort(-weights, axis=None), weights.shape), axis=1)
    in_other_frame = keys[:, 0] * grid[0] // weights.shape[0] != position[0]
    keys = keys[in_other_frame & _in_same_set(layer, keys, position, grid)][:top]
    if not len(keys):
        raise ValueError(
            f"{layer.name} attends to no other frame: axes={layer.axes!r}, temporal_groups="
            f"{layer.temporal_groups}. Take another `block`."
        )
    return Attention(
        block=layer.name,
        query=_to_pixels(position, grid, clip.shape),
        targets=tuple(_to_pixels(key, weights.shape, clip.shape) for key in keys),
        weights=tuple(float(weights[tuple(key)]) for key in keys),
        cell=(clip.shape[1] / grid[1], clip.shape[2] / grid[2]),
    )


def _in_same_set(layer, keys, position, grid):
    """Whether each key is in the set of positions within which this position attends."""
    frames, groups = grid[0] // layer.pool_sizes[0], layer.temporal_groups
    same = keys[:, 0] * groups // frames == position[0] * groups // grid[0]
    if layer.axes == "space":
        same &= keys[:, 0] == position[0]
    if layer.axes == "time":
        same &= (keys[:, 1:] == position[1:]).all(axis=1)
    return same


def _find_block(model, name):
    blocks = {layer.name: layer for layer in model.layers if isinstance(layer, NonLocal3D)}
    if not blocks:
        raise ValueError(f"{model.name!r} has no non-local block for clips.")
    if name is not None and name not in blocks:
        raise ValueError(f"`block` must be one of {', '.join(blocks)}. Received: block={name!r}")
    return blocks[name or next(iter(blocks))]


def _position_of_motion(clip, grid):
    """Returns the grid position with the largest change from frame to frame."""
    change = np.abs(np.diff(clip, axis=0, append=clip[-1:])).mean(axis=-1)
    for axis, cells in enumerate(grid):
        starts = np.arange(cells) * change.shape[axis] // cells
        change = np.add.reduceat(change, starts, axis=axis)
    return tuple(int(index) for index in np.unravel_index(np.argmax(change), grid))


def _to_pixels(position, grid, shape):
    """Converts a grid position to the center of its cell, in frames and pixels of the clip."""
    frame, row, column = (
        float((index + 0.5) * length / cells - 0.5)
        for index, cells, length in zip(position, grid, shape[:3], strict=True)
    )
    return Position(frame, row, column)
