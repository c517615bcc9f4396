"""Whether the non-local blocks of a network work: what they add, see and change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any

import keras
import numpy as np

from ..surgery.insert import remove_nonlocal
from ..utils.checks import positive_int
from ..utils.roles import LOGITS
from .pixel_grid import PixelGrid
from .queries import grid_in_pixels
from .recording import BlockCall, as_inputs, blocks_of, first_call, recorded
from .row_numbers import as_numpy, attention_of

DEAD, EXPLODING = 1e-3, 10.0  # of the ratio of what a block adds and what comes in
COLLAPSED, UNIFORM = 0.05, 0.98  # of `dependence`, and of `entropy`


@dataclass(frozen=True)
class BlockHealth:
    """How a non-local block of a network does on some data.

    Attributes:
        name: Name of the block.
        verdict: `"dead"`: the block adds next to nothing, so it never left the identity.
            `"exploding"`: what it adds is many times what comes in, or not finite. `"collapsed"`:
            all queries look at the same places. `"uniform"`: all queries look everywhere alike, so
            the block is an average. Otherwise `"works"`.
        ratio: Root mean square of what the block adds, over that of its input.
        gamma: Root mean square of the scale of its batch norm; `None` without one.
        entropy: Entropy of the attention over that of uniform attention, from 0 to 1.
        dependence: By how much the attention of a query differs from the mean over all queries:
            the weight that is elsewhere, from 0 to 1. `None` if each query stands alone.
        space: Mean distance of the attention in pixels of the input; in cells for blocks on
            regions.
        time: Mean distance of the attention in frames; `None` for images.
        same_frame: Share of the attention within the frame of the query; `None` for images.
        change: How much the outputs change when the block is taken out: the root mean square of
            the difference over that of the outputs.
        changed_answers: Share of the answers, the classes with the largest output, that change
            then; `None` for networks without classes.

    Example:
        for block in keras_nonlocal.explain.report(model, clips):
            print(block.name, block.verdict, block.ratio)
    """

    name: str
    verdict: str
    ratio: float
    gamma: float | None
    entropy: float
    dependence: float | None
    space: float | None
    time: float | None
    same_frame: float | None
    change: float
    changed_answers: float | None


def report(model: keras.Model, data: Any, *, batches: int = 4) -> tuple[BlockHealth, ...]:
    """Examines each non-local block of a network on some data.

    The attention is that of a few queries, spread evenly over the grid, in the first samples of
    each batch. Weights that are negative count by their size.

    Args:
        model: A functional model with non-local blocks, in the state in which it is used.
        data: A batch as the model takes it, an array or a dictionary; or an iterable of batches,
            such as a `tf.data.Dataset`, where labels are ignored.
        batches: Maximum number of batches to read.

    Returns:
        A `BlockHealth` for each block, in the order of the model.

    Raises:
        ValueError: The model has no block whose attention has rows, or there are no data.

    Example:

    >>> model = keras_nonlocal.models.nl_i3d_small()
    >>> clips = np.random.default_rng(0).normal(size=(2, 32, 64, 64, 3)).astype("float32")
    >>> first = keras_nonlocal.explain.report(model, clips)[0]
    >>> first.name, first.verdict, first.change
    ('res3_1_nonlocal', 'dead', 0.0)
    """
    positive_int("batches", batches)
    blocks = blocks_of(model)
    without = {name: remove_nonlocal(model, name) for name in blocks}
    notes: dict[str, list[dict[str, Any]]] = {name: [] for name in blocks}
    for inputs in _batches(data, batches):
        with ExitStack() as stack:
            calls = {name: stack.enter_context(recorded(each)) for name, each in blocks.items()}
            outputs = model(as_inputs(inputs), training=False)
        for name, layer in blocks.items():
            call = first_call(name, layer, calls[name])
            changed = without[name](as_inputs(inputs), training=False)
            grid = grid_in_pixels(model, inputs, call)
            notes[name].append(_note(call, grid, outputs, changed))
    if not all(notes.values()):
        raise ValueError("`data` must hold at least one batch. Received: none")
    return tuple(_health(name, blocks[name], each) for name, each in notes.items())


def health_table(blocks: Iterable[BlockHealth]) -> tuple[list[str], list[list[str]]]:
    """Returns headings and rows of text for a table of blocks."""
    headings = [field.name.replace("_", " ") for field in fields(BlockHealth)]
    rows = [[_text(getattr(each, field.name)) for field in fields(each)] for each in blocks]
    return headings, rows


def _text(value: Any) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:.3g}"


def _batches(data: Any, limit: int) -> Iterator[Any]:
    """Yields the inputs of the first batches."""
    if isinstance(data, Mapping) or hasattr(data, "shape"):
        yield data
        return
    for batch in islice(data, limit):
        yield batch[0] if isinstance(batch, tuple) else batch


def _note(call: BlockCall, grid: PixelGrid | None, outputs: Any, changed: Any) -> dict[str, Any]:
    """The sums and lists of one batch, by name."""
    branch = as_numpy(call.output) - as_numpy(call.x)
    note: dict[str, Any] = {
        "added": float(np.square(branch).sum()),
        "came": float(np.square(as_numpy(call.x)).sum()),
        **attention_of(call, grid),
    }
    before, after = _flat(outputs), _flat(changed)
    note["moved"], note["stood"] = (
        float(np.square(each).sum()) for each in (before - after, before)
    )
    answers, others = _answers(outputs), _answers(changed)
    note["changed"] = [] if answers is None else (answers != others).ravel().tolist()
    return note


def _health(name: str, layer: Any, notes: list[dict[str, Any]]) -> BlockHealth:
    def mean(key: str) -> float | None:
        values = [value for note in notes for value in note[key]]
        return float(np.mean(values)) if values else None

    def root(over: str, under: str) -> float:
        top, bottom = (sum(note[each] for note in notes) for each in (over, under))
        return float(np.sqrt(top / max(bottom, 1e-30)))

    gamma = None
    if layer.norm_type == "batch":
        gamma = float(np.sqrt(np.square(as_numpy(layer.norm.gamma)).mean()))
    ratio, entropy, dependence = root("added", "came"), mean("entropy") or 0.0, mean("dependence")
    return BlockHealth(
        name=name,
        verdict=_verdict(ratio, entropy, dependence),
        ratio=ratio,
        gamma=gamma,
        entropy=entropy,
        dependence=dependence,
        space=mean("space"),
        time=mean("time"),
        same_frame=mean("same_frame"),
        change=root("moved", "stood"),
        changed_answers=mean("changed"),
    )


def _verdict(ratio: float, entropy: float, dependence: float | None) -> str:
    if not np.isfinite(ratio) or ratio > EXPLODING:
        return "exploding"
    if ratio < DEAD:
        return "dead"
    if entropy > UNIFORM:
        return "uniform"
    return "collapsed" if dependence is not None and dependence < COLLAPSED else "works"


def _flat(outputs: Any) -> np.ndarray:
    parts = [as_numpy(each).ravel() for each in keras.tree.flatten(outputs)]
    return np.concatenate(parts)


def _answers(outputs: Any) -> np.ndarray | None:
    """The classes with the largest output; `None` for outputs that are no classes."""
    if isinstance(outputs, Mapping):
        outputs = outputs.get(LOGITS)
    if outputs is None or isinstance(outputs, list | tuple):
        return None
    values = as_numpy(outputs)
    return values.argmax(axis=-1) if values.ndim > 1 and values.shape[-1] > 1 else None
