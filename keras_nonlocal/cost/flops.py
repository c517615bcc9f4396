"""Multiply-adds and parameters of a network by stage."""

from __future__ import annotations

import math
from dataclasses import dataclass

import keras
from keras import layers

from ..layers.base_non_local import BaseNonLocal
from ..layers.criss_cross import BaseCrissCross
from ..layers.global_context import BaseGlobalContext
from ..layers.pooling import WindowAverage3D
from ..utils.roles import LOGITS, stage_of
from .attention_plan import attention_sizes
from .layer_shapes import layer_shapes


@dataclass(frozen=True)
class Stage:
    """The cost of one stage: all layers with names that start with the name of the stage."""

    name: str
    macs: int
    parameters: int


@dataclass(frozen=True)
class Flops:
    """The cost of a network for one sample. `print` shows it as a table.

    Attributes:
        stages: The cost of each stage, in the order of the network.
    """

    stages: tuple[Stage, ...]

    @property
    def total_macs(self) -> int:
        """Number of multiply-adds of the whole network."""
        return sum(stage.macs for stage in self.stages)

    @property
    def parameters(self) -> int:
        """Number of parameters: all weights except the moving statistics of batch norms."""
        return sum(stage.parameters for stage in self.stages)

    def __str__(self) -> str:
        rows = [*self.stages, Stage("total", self.total_macs, self.parameters)]
        lines = [f"{'stage':<16}{'GMACs':>10}{'parameters':>14}"]
        lines += [f"{row.name:<16}{row.macs / 1e9:>10.2f}{row.parameters:>14,}" for row in rows]
        return "\n".join(lines)


def flops(model: keras.Model, input_shape: tuple[int, ...]) -> Flops:
    """Counts multiply-adds and parameters by stage, for one sample.

    The count includes convolutions of all kinds, dense layers, the average over the features, and
    the two products of a non-local block as the paper defines it, and those of its relatives.
    `keras_nonlocal.cost.plan` counts the block in the form in which it is computed. Published
    "FLOPs" of these networks are such multiply-adds. The average and the classifier count once for
    each clip, which reproduces the published values, although some heads apply the classifier to
    every 7 x 7 window.

    Args:
        model: A functional model.
        input_shape: Shape of one sample, such as `(T, H, W, C)`.

    Returns:
        A `Flops` with the total and one row for each stage.

    Raises:
        ValueError: The model is not functional, it has layers with kernels of an unknown kind, or
            the shape does not fit.

    Example:

    >>> model = keras_nonlocal.models.nl_i3d_r50()
    >>> round(keras_nonlocal.cost.flops(model, (32, 224, 224, 3)).total_macs / 1e9, 2)
    40.96
    """
    stages: dict[str, list[int]] = {}
    counted: set[keras.layers.Layer] = set()
    windows: tuple[int, ...] = ()
    for layer, in_shape, out_shape in layer_shapes(model, input_shape):
        totals = stages.setdefault(stage_of(layer.name), [0, 0])
        macs = _macs(layer, in_shape, out_shape)
        if isinstance(layer, WindowAverage3D):
            windows = out_shape[:-1]
        classifies_windows = layer.name == LOGITS and windows and in_shape[:-1] == windows
        totals[0] += macs // math.prod(windows) if classifies_windows else macs
        if layer not in counted:  # a second call has the same weights
            totals[1] += sum(
                math.prod(weight.shape)
                for weight in _weights(layer)
                if not weight.path.endswith(_NOT_PARAMETERS)
            )
        counted.add(layer)
    return Flops(tuple(Stage(name, *totals) for name, totals in stages.items() if any(totals)))


_NOT_PARAMETERS = ("moving_mean", "moving_variance", "seed_generator_state")


def _weights(layer):
    return getattr(layer, "weights", ())  # an operation, such as an addition, has no weights


def _macs(layer, in_shape, out_shape):
    for kinds, count in _COUNTERS.items():
        if isinstance(layer, kinds):
            return count(layer, in_shape, out_shape)
    if any(len(weight.shape) > 1 for weight in _weights(layer)):
        known = ", ".join(kind.__name__ for kinds in _COUNTERS for kind in kinds)
        raise ValueError(
            f"The multiply-adds of {layer.name!r} are not known: {type(layer).__name__} is none of "
            f"{known}. Count the model without it."
        )
    return 0


def _kernel_macs(layer, in_shape, out_shape):
    """Each output position uses the whole kernel once."""
    return _positions(layer, out_shape) * math.prod(layer.kernel.shape)


def _transposed_macs(layer, in_shape, out_shape):
    """Each input position uses the whole kernel once."""
    return _positions(layer, in_shape) * math.prod(layer.kernel.shape)


def _separable_macs(layer, in_shape, out_shape):
    """One kernel convolves each channel, and a second kernel mixes the channels."""
    kernels = layer.depthwise_kernel, layer.pointwise_kernel
    return _positions(layer, out_shape) * sum(math.prod(kernel.shape) for kernel in kernels)


def _positions(layer, shape):
    return math.prod(shape[:-1] if layer.data_format == "channels_last" else shape[1:])


def _dense_macs(layer, in_shape, out_shape):
    return math.prod(out_shape[:-1]) * math.prod(layer.kernel.shape)


def _non_local_macs(layer, in_shape, out_shape):
    sizes = attention_sizes(layer, in_shape)
    queries, keys = sizes.sets * sizes.positions, sizes.sets * sizes.keys
    projected = keys if layer.pool_position == "before" else queries
    projections = {"theta": queries, "phi": projected, "g": projected, "out": queries}
    projections |= {"context": keys}  # of the unary term of disentangled blocks
    macs = sum(
        positions * math.prod(getattr(layer, name).kernel.shape)
        for name, positions in projections.items()
        if hasattr(layer, name)
    )
    return macs + queries * sizes.keys * (sizes.depth + sizes.channels)


def _context_macs(layer, in_shape, out_shape):
    """A logit for each position, the sum over positions, and two projections of the sum."""
    kernels = (layer.reduce.kernel, layer.expand.kernel)
    return 2 * math.prod(in_shape) + sum(math.prod(kernel.shape) for kernel in kernels)


def _criss_cross_macs(layer, in_shape, out_shape):
    *grid, channels = in_shape
    kernels = [projection.kernel.shape for projection in (layer.theta, layer.phi, layer.g)]
    keys = sum(grid) - len(grid) + 1
    attention = keys * (kernels[0][1] + channels)
    return layer.recurrence * math.prod(grid) * (sum(map(math.prod, kernels)) + attention)


_COUNTERS = {
    (layers.Conv1D, layers.Conv2D, layers.Conv3D): _kernel_macs,
    (layers.DepthwiseConv1D, layers.DepthwiseConv2D): _kernel_macs,
    (layers.SeparableConv1D, layers.SeparableConv2D): _separable_macs,
    (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose): _transposed_macs,
    (layers.Dense,): _dense_macs,
    (layers.GlobalAveragePooling3D, WindowAverage3D): lambda layer, shape, _: math.prod(shape),
    (BaseNonLocal,): _non_local_macs,
    (BaseGlobalContext,): _context_macs,
    (BaseCrissCross,): _criss_cross_macs,
}
