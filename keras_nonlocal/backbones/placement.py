"""Where non-local blocks go: after which residual block (counted from 0) of which stage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..utils.roles import STAGES

DEPTHS = {18: (2, 2, 2, 2), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}

Placement = Mapping[str, Iterable[int]]

# Paper section 4.1 and the official code; ten blocks in 101 layers as GluonCV places them.
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
    """The residual blocks that a non-local block follows, by stage.

    Args:
        blocks: How many non-local blocks, or where: `{"res3": (1, 3), "res4": (1, 3, 5)}`.
        depth: 18, 50 or 101.

    Raises:
        ValueError: An unknown number, a stage or block that does not exist, or no block at all.
    """
    if isinstance(blocks, bool) or not isinstance(blocks, int | Mapping):
        raise ValueError(
            "`blocks` must be a number or a placement such as {'res4': (1, 3)}. "
            f"Received: blocks={blocks!r}"
        )
    if isinstance(blocks, int):
        known = PLACEMENTS[depth]
        if blocks not in known:
            raise ValueError(
                f"`blocks` must be one of {sorted(known)} for {depth} layers, or a placement such "
                f"as {{'res4': (1, 3)}}. Received: blocks={blocks!r}"
            )
        return known[blocks]
    placement = {stage: _indices(stage, indices) for stage, indices in blocks.items()}
    for stage, indices in placement.items():
        _check_stage(stage, indices, depth)
    if not any(placement.values()):
        raise ValueError(
            "A non-local network needs at least one non-local block; take the builder without "
            f"`nl_` for none. Received: blocks={blocks!r}"
        )
    return placement


def _indices(stage: str, indices: Iterable[int]) -> tuple[int, ...]:
    if not isinstance(indices, Iterable) or not all(type(index) is int for index in indices):
        raise ValueError(
            "A placement lists residual blocks by their numbers, such as {'res4': (1, 3)}. "
            f"Received: blocks={{{stage!r}: {indices!r}}}"
        )
    return tuple(indices)


def _check_stage(stage: str, indices: tuple[int, ...], depth: int) -> None:
    if stage not in STAGES:
        raise ValueError(f"Stages are {', '.join(STAGES)}. Received: blocks with {stage!r}")
    count = DEPTHS[depth][STAGES.index(stage)]
    if len(set(indices)) != len(indices) or not set(indices) <= set(range(count)):
        raise ValueError(
            f"{stage} of {depth} layers has the residual blocks 0 to {count - 1}, each of which "
            f"one non-local block may follow. Received: {stage}={indices}"
        )
