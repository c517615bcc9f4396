"""How many positions, keys and channels a non-local block works with."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..ops.positions import AXES


@dataclass(frozen=True)
class Geometry:
    """The sizes of a block for one sample of a given input.

    Attributes:
        key_grid: The grid of keys, after pooling.
        sets: How many separate sets of positions attend within themselves.
        positions, keys: Of one set.
        depth: Channels of theta and phi; one for concatenation.
        channels: Channels of g.
    """

    key_grid: tuple[int, ...]
    sets: int
    positions: int
    keys: int
    depth: int
    channels: int

    @classmethod
    def of(cls, layer, input_shape: tuple[int, ...]) -> Geometry:
        """The geometry of `layer` for an input `(*grid, C)` of known sizes."""
        *grid, channels = input_shape
        pools = layer.pool_sizes
        key_grid = tuple(size // pool for size, pool in zip(grid, pools, strict=True))
        attending = AXES[layer.rank][layer.axes]
        positions = math.prod(grid[axis] for axis in attending) // layer.temporal_groups
        keys = math.prod(key_grid[axis] for axis in attending) // layer.temporal_groups
        inner = layer.inner_channels or max(channels // 2, 1)
        depth = {"gaussian": channels, "concatenation": 1}.get(layer.instantiation, inner)
        return cls(key_grid, math.prod(grid) // positions, positions, keys, depth, inner)
