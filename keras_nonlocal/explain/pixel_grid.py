"""Which pixels of the input a cell of a feature map stands for.

Padding decides this. With equal padding on both sides, as in all published networks, cell `i` of a
stride of 8 is centered at pixel `8 * i`. Half a stride further right and down, where it would be if
cells were tiles, it would miss small things by their own size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from ..layers.padding import MULTIPLE, PadToMultiple
from ..surgery.rebuild import as_functional, is_functional
from ..utils.compat import graph_calls

_EXTENT = ("kernel_size", "pool_size")


@dataclass(frozen=True)
class PixelGrid:
    """Positions of a feature map in the frames and pixels of the input.

    Attributes:
        cells: Number of cells along each dimension.
        starts: Center of the first cell along each dimension.
        steps: Distance from one cell to the next.
    """

    cells: tuple[int, ...]
    starts: tuple[float, ...]
    steps: tuple[float, ...]

    def centers(self, positions: np.ndarray) -> np.ndarray:
        """Converts grid positions `(..., rank)` to the centers of their cells."""
        return np.asarray(positions) * np.array(self.steps) + np.array(self.starts)

    def cell_at(self, point: Any) -> tuple[int, ...]:
        """Returns the position of the cell nearest to a point."""
        nearest = np.rint((np.asarray(point, float) - self.starts) / np.array(self.steps))
        return tuple(int(each) for each in np.clip(nearest, 0, np.array(self.cells) - 1))


def tiles(sizes: Sequence[int], cells: Sequence[int]) -> PixelGrid:
    """Returns a grid of cells that tile the input, for layers of unknown geometry."""
    steps = tuple(size / number for size, number in zip(sizes, cells, strict=True))
    starts = tuple((step - 1) / 2 for step in steps)
    return PixelGrid(tuple(int(each) for each in cells), starts, steps)


def pixel_grid(model: keras.Model, name: str, sizes: Sequence[int], cells: Any) -> PixelGrid:
    """Follows the layers from the input to a block, and returns the grid of its positions.

    Args:
        model: A functional model.
        name: Name of the block.
        sizes: Sizes of the input without batch and channels, in frames and pixels.
        cells: The grid of the block.

    Returns:
        The grid; that of tiles if a layer of unknown geometry is on the way.
    """
    grid = np.array(sizes, float), np.zeros(len(sizes)), np.ones(len(sizes))
    for layer in _layers_before(model, name, len(sizes)):
        grid = _after(layer, *grid)
    lengths, starts, steps = grid
    if tuple(lengths) != tuple(cells):
        return tiles(sizes, cells)
    return PixelGrid(tuple(int(each) for each in cells), _floats(starts), _floats(steps))


def _floats(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(each) for each in values)


def _layers_before(model: keras.Model, name: str, rank: int) -> list[Any]:
    """The layers on one way from the input of the model to the block, in order."""
    outer, _, rest = name.partition("/")
    model = as_functional(model)
    call = next(each for each in graph_calls(model) if each.operation.name == outer)
    inner = _layers_before(call.operation, rest, rank) if rest else []
    return _way_to(model, call.input_tensors, rank) + inner


def _way_to(model: keras.Model, tensors: list[Any], rank: int) -> list[Any]:
    """The layers on one way from the input of a model to the first of these feature maps."""
    model = as_functional(model)
    makers = {id(output): call for call in graph_calls(model) for output in call.outputs}
    way: list[Any] = []
    while maps := [tensor for tensor in tensors if len(tensor.shape) == rank + 2]:
        call = makers[id(maps[0])]
        layer, tensors = call.operation, call.input_tensors
        if is_functional(layer):
            way = _way_to(layer, as_functional(layer).outputs, rank) + way
        else:
            way.insert(0, layer)
    return way


def _after(layer, sizes, starts, steps):
    """Sizes of a feature map, center of its first cell, and distance of its cells, after a layer.

    Layers that are not known here leave all of this as it is.
    """
    rank = len(sizes)
    if isinstance(layer, PadToMultiple):
        return np.ceil(sizes / MULTIPLE) * MULTIPLE, starts, steps
    if isinstance(getattr(layer, "padding", None), tuple):  # ZeroPadding
        before, after = np.array(layer.padding).reshape(rank, 2).T
        return sizes + before + after, starts - before * steps, steps
    extent = next((getattr(layer, each) for each in _EXTENT if hasattr(layer, each)), None)
    strides = getattr(layer, "strides", None)
    if extent is None or strides is None or len(np.atleast_1d(strides)) != rank:
        return sizes, starts, steps
    strides = np.array(strides)
    dilation = np.array(getattr(layer, "dilation_rate", 1))
    reach = (np.array(extent) - 1) * dilation
    before = np.zeros(rank)
    if layer.padding == "same":
        number = np.ceil(sizes / strides)
        before = np.maximum((number - 1) * strides + reach + 1 - sizes, 0) // 2
    else:
        number = (sizes - reach - 1) // strides + 1
    return number, starts + (reach / 2 - before) * steps, steps * strides
