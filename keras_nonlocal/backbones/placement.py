"""The residual blocks after which non-local blocks are inserted, by stage and index from 0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..utils.roles import STAGES

DEPTHS = {18: (2, 2, 2, 2), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}

Placement = Mapping[str, Iterable[int]]

# As in section 4.1 and in the official code. Ten blocks in 101 layers are placed as in GluonCV.
PLACEMENTS: dict[int, dict[int, dict[str, tuple[int, ...]]]] = {
    18: {1: {"res4": (0,)}, 2: {"res3": (1,), "res4": (0,)}},
    50: {
        1: {"res4": (4,)},
        5: {"res3": (1, 3), "res4": (1, 3, 5)},
        10: {"res3": (0, 1, 2, 3), "res4": (0, 1, 2, 3, 4, 5)},
    },
    101: {
        1: {"res4": (21,)},
        5: {"res3": (1, 3), "res4": (6, 13, 20)},
        10: {"res3": (0, 1, 2, 3), "res4": (2, 6, 10, 14, 18, 22)},
    },
}


def place(blocks: int | Placement, depth: int) -> dict[str, tuple[int, ...]]:
    """Returns the indices of the residual blocks that a non-local block follows, by stage.

    Args:
        blocks: Number of non-local blocks, or a placement such as
            `{"res3": (1, 3), "res4": (1, 3, 5)}`.
        depth: 18, 50 or 101.

    Raises:
        ValueError: The number is unknown, a stage or residual block does not exist, or the
            placement has no block.
    """
    if not isinstance(blocks, Mapping):
        known = PLACEMENTS[depth]
        if blocks not in list(known):
            raise ValueError(
                f"`blocks` must be one of {sorted(known)} for {depth} layers, or a placement such "
                f"as {{'res4': (1, 3)}}. Received: blocks={blocks!r}"
            )
        return known[blocks]
    placement = {stage: _check_stage(stage, indices, depth) for stage, indices in blocks.items()}
    if not any(placement.values()):
        raise ValueError(
            "A non-local network needs at least one non-local block. For a network without blocks "
            f"use the builder without `nl_`. Received: blocks={blocks!r}"
        )
    return placement


def _check_stage(stage: str, indices: Iterable[int], depth: int) -> tuple[int, ...]:
    if not isinstance(indices, Iterable) or not all(type(index) is int for index in indices):
        raise ValueError(
            "A placement lists indices of residual blocks, such as {'res4': (1, 3)}. "
            f"Received: blocks={{{stage!r}: {indices!r}}}"
        )
    if stage not in STAGES:
        raise ValueError(f"Stages are {', '.join(STAGES)}. Received: blocks with {stage!r}")
    count = DEPTHS[depth][STAGES.index(stage)]
    if len(set(indices)) != len(tuple(indices)) or not set(indices) <= set(range(count)):
        raise ValueError(
            f"In networks of {depth} layers, {stage} has the residual blocks 0 to {count - 1}. One "
            f"non-local block may follow each. Received: {stage}={indices}"
        )
    return tuple(indices)
