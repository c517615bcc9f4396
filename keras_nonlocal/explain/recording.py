"""What a non-local block of any model reads and returns for given inputs.

A model is run once, and the block takes notes. So the block may be in a model within the model, in
a model that shares its layers with others, or in one whose input is a dictionary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras

from ..layers.base_block import BaseBlock
from ..layers.base_non_local import BaseNonLocal
from ..surgery.rebuild import nested_layers


@dataclass(frozen=True)
class BlockCall:
    """The first call of a block.

    Attributes:
        name: Name of the block; `outer/inner` in a model within the model.
        layer: The block.
        x: Its input `(B, *grid, C)`.
        mask: Its mask, or `None`.
        output: Its output, of the shape of the input.
    """

    name: str
    layer: Any
    x: Any
    mask: Any
    output: Any


def blocks_of(model: keras.Model) -> dict[str, BaseNonLocal]:
    """Returns the blocks whose attention has rows, by name, in the order of the model.

    Raises:
        ValueError: The model has none. The error names the relatives that it has.
    """
    layers = dict(nested_layers(model))
    found = {name: each for name, each in layers.items() if isinstance(each, BaseNonLocal)}
    if not found:
        others = [
            f"{name} ({type(each).__name__})"
            for name, each in layers.items()
            if isinstance(each, BaseBlock)
        ]
        relatives = f" It has {', '.join(others)}, whose attention has no rows." if others else ""
        raise ValueError(
            f"{model.name!r} has no non-local block, and no disentangled one.{relatives} Insert "
            "one by `keras_nonlocal.surgery.insert_nonlocal`."
        )
    return found


def find_block(model: keras.Model, name: str | None) -> tuple[str, BaseNonLocal]:
    """Returns a block and its whole name; the first block if `name` is `None`.

    Raises:
        ValueError: There is no such block.
    """
    blocks = blocks_of(model)
    if name is None:
        return next(iter(blocks.items()))
    if name not in blocks:
        raise ValueError(f"`block` must be one of {', '.join(blocks)}. Received: block={name!r}")
    return name, blocks[name]


def record(model: keras.Model, inputs: Any, name: str | None = None) -> BlockCall:
    """Runs the model in inference, and returns the first call of a block.

    Args:
        model: A model.
        inputs: A batch, as the model takes it: an array, or a dictionary of these.
        name: Name of the block; the first if `None`.

    Raises:
        ValueError: There is no such block, or the model does not call it.
    """
    name, layer = find_block(model, name)
    with recorded(layer) as calls:
        model(as_inputs(inputs), training=False)
    return first_call(name, layer, calls)


def first_call(name: str, layer: Any, calls: list[tuple]) -> BlockCall:
    """Returns the first of the recorded calls of a layer."""
    if not calls:
        raise ValueError(f"The model does not call its block {name!r}. Choose another `block`.")
    return BlockCall(name, layer, *calls[0])


def as_inputs(inputs: Any) -> Any:
    """Converts the arrays of a batch to tensors."""
    if isinstance(inputs, Mapping):
        return {name: keras.ops.convert_to_tensor(each) for name, each in inputs.items()}
    return keras.ops.convert_to_tensor(inputs)


@contextmanager
def recorded(layer: Any, watch: Callable[[Any], None] | None = None) -> Iterator[list[tuple]]:
    """Within this context, the calls of a layer are appended to a list, as `(x, mask, output)`.

    Args:
        layer: The layer.
        watch: Called with each output, before later layers read it.
    """
    calls: list[tuple] = []
    call = layer.call

    def note(x, mask=None, **kwargs):
        given = kwargs if mask is None else {**kwargs, "mask": mask}
        output = call(x, **given)
        if watch is not None:
            watch(output)
        calls.append((x, mask, output))
        return output

    layer.call = note
    try:
        yield calls
    finally:
        del layer.call  # the method of the class is back
