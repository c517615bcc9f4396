"""The cost of each non-local block of a network, and the form in which it is computed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import keras

from ..layers.base_non_local import BaseNonLocal
from ..ops.planner import FORMS, Sizes, choose_method
from ..ops.positions import AXES
from ..utils.checks import positive_int
from .layer_shapes import layer_shapes


@dataclass(frozen=True)
class BlockPlan:
    """The plan of one non-local block for a whole batch.

    Attributes:
        name: Name of the layer.
        form: Form in which the layer is computed.
        positions, keys: Number of queries and keys in one set of positions.
        sets: Number of sets of positions that attend only within themselves, such as the frames of
            all samples with `axes="space"`.
        macs: Multiply-adds of the chosen form, without the projections.
        operand_bytes: Memory of theta, phi and g.
        dense_bytes: Memory of the whole affinity in float32.
        planned_bytes: Memory that the chosen form takes instead.
    """

    name: str
    form: str
    positions: int
    keys: int
    sets: int
    macs: int
    operand_bytes: int
    dense_bytes: int
    planned_bytes: int


@dataclass(frozen=True)
class Plan:
    """The plans of all non-local blocks of a network. `print` shows them as a table.

    Attributes:
        blocks: One plan for each block, in the order of the network.
    """

    blocks: tuple[BlockPlan, ...]

    def __str__(self) -> str:
        columns = f"{'block':<22}{'sets':>6}{'positions':>11}{'keys':>8}{'GMACs':>9}"
        lines = [columns + f"{'affinity':>12}{'planned':>12}  form"]
        lines += [
            f"{row.name:<22}{row.sets:>6}{row.positions:>11,}{row.keys:>8,}{row.macs / 1e9:>9.2f}"
            f"{_megabytes(row.dense_bytes):>12}{_megabytes(row.planned_bytes):>12}  {row.form}"
            for row in self.blocks
        ]
        return "\n".join(lines)


def plan(
    model_or_layer: keras.Model | keras.layers.Layer,
    input_shape: tuple[int, ...],
    batch: int = 1,
    dtype: str | None = None,
) -> Plan:
    """Computes the cost of each non-local block and the form in which it will run.

    Non-local blocks are known to run out of memory, because the affinity of all positions with all
    keys is large, and float32 for every dtype. In the dense form, a training step keeps it until
    the backward pass.

    Args:
        model_or_layer: A functional model, or a single non-local layer.
        input_shape: Shape of one sample, such as `(T, H, W, C)` for a clip.
        batch: Number of samples in a batch.
        dtype: Dtype of theta, phi and g. The default is the compute dtype of each layer.

    Returns:
        A `Plan` with one row for each block.

    Raises:
        ValueError: The model has no non-local blocks, or the shape does not fit.

    Example:

    >>> layer = keras_nonlocal.layers.NonLocal3D(pool_size=(1, 2, 2))
    >>> keras_nonlocal.cost.plan(layer, (16, 56, 56, 512)).blocks[0].form
    'blocked'
    """
    positive_int("batch", batch)
    if isinstance(model_or_layer, BaseNonLocal):
        _check_layer_shape(model_or_layer, input_shape)
        pairs = [(model_or_layer, tuple(input_shape))]
    else:
        shapes = layer_shapes(model_or_layer, input_shape)
        pairs = [(layer, shape) for layer, shape, _ in shapes if isinstance(layer, BaseNonLocal)]
    blocks = [_plan_block(layer, shape, batch, dtype) for layer, shape in pairs]
    if not blocks:
        raise ValueError(f"{model_or_layer.name!r} has no non-local block to plan.")
    return Plan(tuple(blocks))


def attention_sizes(layer, input_shape: tuple[int, ...]) -> Sizes:
    """Returns the sizes of the attention of a non-local layer for one sample `(*grid, C)`."""
    *grid, channels = input_shape
    key_grid = [size // pool for size, pool in zip(grid, layer.pool_sizes, strict=True)]
    positions, keys = (
        math.prod(sizes[axis] for axis in AXES[layer.rank][layer.axes]) // layer.temporal_groups
        for sizes in (grid, key_grid)
    )
    inner = layer.inner_channels or max(channels // 2, 1)
    depth = {"gaussian": channels, "concatenation": 1}.get(layer.instantiation, inner)
    return Sizes(positions, keys, depth, inner, sets=math.prod(grid) // positions)


def _plan_block(layer, input_shape, batch, dtype):
    layer.compute_output_shape((batch, *input_shape))  # raises if the shape does not fit
    sizes = attention_sizes(layer, input_shape)
    form = choose_method(layer.instantiation, sizes, layer.method)
    sets = batch * sizes.sets
    operands = (sizes.positions + sizes.keys) * sizes.depth + sizes.keys * sizes.channels
    return BlockPlan(
        name=layer.name,
        form=form,
        positions=sizes.positions,
        keys=sizes.keys,
        sets=sets,
        macs=sets * FORMS[form].macs(sizes),
        operand_bytes=sets * operands * item_bytes(dtype or layer.compute_dtype),
        dense_bytes=4 * sets * sizes.positions * sizes.keys,
        planned_bytes=4 * FORMS[form].elements(sizes, sets),
    )


def _check_layer_shape(layer, input_shape):
    rank = layer.rank + 1
    if len(input_shape) != rank or not all(isinstance(size, int) for size in input_shape):
        raise ValueError(
            f"`input_shape` of {type(layer).__name__} must be {rank} integers, without the batch. "
            f"Received: input_shape={input_shape}"
        )


def item_bytes(dtype) -> int:
    """Returns the size of one value of a floating-point dtype in bytes."""
    sizes = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8}
    name = keras.backend.standardize_dtype(dtype)
    if name not in sizes:
        raise ValueError(f"`dtype` must be one of {', '.join(sizes)}. Received: dtype={dtype!r}")
    return sizes[name]


def _megabytes(count):
    return f"{count / 1e6:,.1f} MB"
