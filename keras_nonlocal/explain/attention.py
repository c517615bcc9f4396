"""What one position of a clip attends to, in a non-local block of a trained network."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np

from ..layers.non_local import NonLocal3D


@dataclass(frozen=True)
class Position:
    """A place and moment of a clip: frame, and height and width in pixels, all from 0."""

    frame: float
    row: float
    column: float


@dataclass(frozen=True)
class Attention:
    """The strongest positions that one position listens to.

    Attributes:
        block: Name of the non-local block.
        query: Where the listening position is.
        targets: Where the others are, strongest first, all in other frames than the query.
        weights: Their affinities, as the block computes them.
        cell: Height and width in pixels of one position of the block.
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
    """Finds what one position of a clip attends to.

    Args:
        model: A functional video network with non-local blocks.
        clip: `(T, H, W, C)`, prepared as the network takes it.
        block: Name of a non-local block; the first one by default, which is the finest.
        position: `(t, h, w)` on the grid of that block; by default where the clip changes most.
        top: How many positions to find.

    Raises:
        ValueError: No such block or position.

    Source: Figure 3 of the paper.

    Example:

    >>> model = keras_nonlocal.models.nl_i3d_small()
    >>> attention = keras_nonlocal.explain.attend_to(model, np.zeros((32, 64, 64, 3), "float32"))
    >>> attention.block
    'res3_1_nonlocal'
    """
    layer = _find_block(model, block)
    features = keras.Model(model.input, layer.input)(clip[None], training=False)
    grid = tuple(features.shape[1:4])
    position = _liveliest(clip, grid) if position is None else position
    weights = keras.ops.convert_to_numpy(layer.attention(features, [position])[0, 0])
    places = np.stack(np.unravel_index(np.argsort(-weights, axis=None), weights.shape), axis=1)
    elsewhere = places[:, 0] * grid[0] // weights.shape[0] != position[0]
    chosen = places[elsewhere & _seen(layer, places, position, grid)][:top]
    if not len(chosen):
        raise ValueError(
            f"{layer.name} attends to no other frame: axes={layer.axes!r}, temporal_groups="
            f"{layer.temporal_groups}. Take another `block`."
        )
    return Attention(
        block=layer.name,
        query=_place(position, grid, clip.shape),
        targets=tuple(_place(place, weights.shape, clip.shape) for place in chosen),
        weights=tuple(float(weights[tuple(place)]) for place in chosen),
        cell=(clip.shape[1] / grid[1], clip.shape[2] / grid[2]),
    )


def _seen(layer, places, position, grid):
    """Which places on the grid of keys are in the set of positions that this one belongs to."""
    frames, groups = grid[0] // layer.pool_sizes[0], layer.temporal_groups
    seen = places[:, 0] * groups // frames == position[0] * groups // grid[0]
    if layer.axes == "space":
        seen &= places[:, 0] == position[0]
    if layer.axes == "time":
        seen &= (places[:, 1:] == position[1:]).all(axis=1)
    return seen


def _find_block(model, name):
    blocks = {layer.name: layer for layer in model.layers if isinstance(layer, NonLocal3D)}
    if not blocks:
        raise ValueError(f"{model.name!r} has no non-local block for clips to look into.")
    if name is not None and name not in blocks:
        raise ValueError(f"`block` must be one of {', '.join(blocks)}. Received: block={name!r}")
    return blocks[name or next(iter(blocks))]


def _liveliest(clip, grid):
    """The grid position under the strongest change from frame to frame."""
    change = np.abs(np.diff(clip, axis=0, append=clip[-1:])).mean(axis=-1)
    for axis, cells in enumerate(grid):
        starts = np.arange(cells) * change.shape[axis] // cells
        change = np.add.reduceat(change, starts, axis=axis)
    return tuple(int(index) for index in np.unravel_index(np.argmax(change), grid))


def _place(position, grid, shape):
    """The middle of a grid cell in the frames and pixels of the clip."""
    frame, row, column = (
        float((index + 0.5) * length / cells - 0.5)
        for index, cells, length in zip(position, grid, shape[:3], strict=True)
    )
    return Position(frame, row, column)
