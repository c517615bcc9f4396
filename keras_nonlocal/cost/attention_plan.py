"""What each non-local block of a network costs, and how it will be computed."""

from __future__ import annotations

from dataclasses import dataclass

import keras

from ..layers.geometry import Geometry
from ..layers.non_local import NON_LOCAL_LAYERS
from ..ops.planner import FORMS, Sizes, choose_method
from ..utils.checks import positive_int
from .layer_shapes import layer_shapes


@dataclass(frozen=True)
class BlockPlan:
    """One non-local block, for the whole batch.

    Attributes:
        name: Of the layer.
        form: How it is computed.
        positions, keys: That attend to each other; `sets` such sets, each on its own.
        sets: Samples, times frames or places or temporal groups that stay apart.
        macs: Multiply-adds of the chosen form, without the projections.
        operand_bytes: Of theta, phi and g.
        dense_bytes: Of the affinity if it were formed whole, in float32.
        planned_bytes: Of what the chosen form holds in its place.
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
    """All non-local blocks of a network. `print` it for a table.

    Attributes:
        blocks: One row a block, in order.
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
    """Tells, for each non-local block, how much it computes and holds, and in which form.

    Running out of memory is what non-local blocks are known for. The affinity of every position
    with every key is what takes it, in float32 whatever the dtype; a training step in the dense
    form holds it until the backward pass.

    Args:
        model_or_layer: A functional model, or a single non-local layer.
        input_shape: Of one sample: `(T, H, W, C)` for a clip.
        batch: Samples at a time.
        dtype: Of theta, phi and g; by default each layer's own compute dtype.

    Raises:
        ValueError: A model without non-local blocks, or a shape that does not fit.

    Example:

    >>> layer = keras_nonlocal.layers.NonLocal3D(pool_size=(1, 2, 2))
    >>> keras_nonlocal.cost.plan(layer, (16, 56, 56, 512)).blocks[0].form
    'blocked'
    """
    positive_int("batch", batch)
    if isinstance(model_or_layer, NON_LOCAL_LAYERS):
        _check_layer_shape(model_or_layer, input_shape)
        pairs = [(model_or_layer, tuple(input_shape))]
    else:
        shapes = layer_shapes(model_or_layer, input_shape)
        pairs = [
            (layer, entry) for layer, entry, _ in shapes if isinstance(layer, NON_LOCAL_LAYERS)
        ]
    blocks = [_plan_block(layer, entry, batch, dtype) for layer, entry in pairs]
    if not blocks:
        raise ValueError(f"{model_or_layer.name!r} has no non-local block to plan.")
    return Plan(tuple(blocks))


def _plan_block(layer, input_shape, batch, dtype):
    layer.compute_output_shape((batch, *input_shape))  # which checks it
    geometry = Geometry.of(layer, input_shape)
    sizes = Sizes(
        geometry.positions, geometry.keys, geometry.depth, geometry.channels, geometry.sets
    )
    name = choose_method(layer.instantiation, sizes, layer.method)
    sets = batch * geometry.sets
    queries, keys = geometry.positions, geometry.keys
    operands = (queries + keys) * geometry.depth + keys * geometry.channels
    return BlockPlan(
        name=layer.name,
        form=name,
        positions=queries,
        keys=keys,
        sets=sets,
        macs=sets * FORMS[name].macs(sizes),
        operand_bytes=sets * operands * item_bytes(dtype or layer.compute_dtype),
        dense_bytes=4 * sets * queries * keys,
        planned_bytes=4 * FORMS[name].elements(sizes, sets),
    )


def _check_layer_shape(layer, input_shape):
    rank = layer.rank + 1
    if len(input_shape) != rank or not all(isinstance(size, int) for size in input_shape):
        raise ValueError(
            f"`input_shape` of {type(layer).__name__} must be {rank} integers, without batch. "
            f"Received: input_shape={input_shape}"
        )


def item_bytes(dtype):
    names = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8}
    name = keras.backend.standardize_dtype(dtype)
    if name not in names:
        raise ValueError(f"`dtype` must be one of {', '.join(names)}. Received: dtype={dtype!r}")
    return names[name]


def _megabytes(count):
    return f"{count / 1e6:,.1f} MB"
