"""Multiply-adds and parameters of a network, stage by stage."""

from __future__ import annotations

import math
from dataclasses import dataclass

import keras

from ..layers.geometry import Geometry
from ..layers.non_local import NonLocal1D, NonLocal2D, NonLocal3D
from ..layers.window_average import WindowAverage3D
from ..utils.roles import LOGITS, stage_of
from .layer_shapes import layer_shapes


@dataclass(frozen=True)
class Stage:
    """A part of a network: the layers whose names begin alike."""

    name: str
    macs: int
    parameters: int


@dataclass(frozen=True)
class Flops:
    """What a network costs for one sample. `print` it for a table.

    Attributes:
        stages: One row a stage, in order.
    """

    stages: tuple[Stage, ...]

    @property
    def total_macs(self) -> int:
        """Multiply-adds of the whole network."""
        return sum(stage.macs for stage in self.stages)

    @property
    def parameters(self) -> int:
        """Trained numbers: all weights but the moving statistics of batch norms."""
        return sum(stage.parameters for stage in self.stages)

    def __str__(self) -> str:
        rows = [*self.stages, Stage("total", self.total_macs, self.parameters)]
        lines = [f"{'stage':<16}{'GMACs':>10}{'parameters':>14}"]
        lines += [f"{row.name:<16}{row.macs / 1e9:>10.2f}{row.parameters:>14,}" for row in rows]
        return "\n".join(lines)


def flops(model: keras.Model, input_shape: tuple[int, ...]) -> Flops:
    """Counts multiply-adds and parameters by stage, for one sample.

    Counted are convolutions of all kinds, dense layers, the average over the features and the two
    products of a non-local block as the paper defines it; `keras_nonlocal.cost.plan` tells what the
    block costs as it is computed. Published "FLOPs" of these networks are such multiply-adds.
    Average and classifier count once a clip, which gives the published figures, though some heads
    apply the classifier to every 7 x 7 window.

    Args:
        model: A functional model.
        input_shape: `(T, H, W, C)`, or whatever the model takes, without batch.

    Raises:
        ValueError: A model that cannot be walked or has layers of another kind with kernels, or a
            shape that does not fit it.

    Example:

    >>> model = keras_nonlocal.models.nl_i3d_r50()
    >>> round(keras_nonlocal.cost.flops(model, (32, 224, 224, 3)).total_macs / 1e9, 2)
    40.96
    """
    stages: dict[str, list[int]] = {}
    seen: set[keras.layers.Layer] = set()
    for layer, entry, result in layer_shapes(model, input_shape):
        totals = stages.setdefault(stage_of(layer.name), [0, 0])
        totals[0] += _macs(layer, entry, result)
        if layer not in seen:  # its weights are the same at a second call
            totals[1] += sum(math.prod(each.shape) for each in _weights(layer) if _is_trained(each))
        seen.add(layer)
    return Flops(tuple(Stage(name, *totals) for name, totals in stages.items() if any(totals)))


def _weights(layer):
    """Of an operation, such as the addition of a number, there are none."""
    return getattr(layer, "weights", ())


def _macs(layer, entry, result):
    for kind, count in _COUNTERS.items():
        if isinstance(layer, kind):
            return count(layer, entry, result)
    if any(len(weight.shape) > 1 for weight in _weights(layer)):
        raise ValueError(
            f"The multiply-adds of {layer.name!r} are not known: {type(layer).__name__} is none of "
            f"{', '.join(kind.__name__ for kind in _COUNTERS)}. Count the model without it."
        )
    return 0


def _kernel_macs(layer, entry, result):
    """Every output position takes the whole kernel once."""
    return _places(layer, result) * math.prod(layer.kernel.shape)


def _transposed_macs(layer, entry, result):
    """Every input position gives the whole kernel once."""
    return _places(layer, entry) * math.prod(layer.kernel.shape)


def _separable_macs(layer, entry, result):
    """A kernel for each channel, and one that mixes them."""
    kernels = layer.depthwise_kernel, layer.pointwise_kernel
    return _places(layer, result) * sum(math.prod(kernel.shape) for kernel in kernels)


def _places(layer, shape):
    return math.prod(shape[:-1] if layer.data_format == "channels_last" else shape[1:])


def _dense_macs(layer, entry, result):
    places = 1 if layer.name == LOGITS else math.prod(result[:-1])
    return places * math.prod(layer.kernel.shape)


def _average_macs(layer, entry, result):
    return math.prod(entry)


def _non_local_macs(layer, entry, result):
    sizes = Geometry.of(layer, entry)
    queries, keys = math.prod(entry[:-1]), math.prod(sizes.key_grid)
    before = keys if layer.pool_position == "before" else queries
    projections = {"theta": queries, "phi": before, "g": before, "out": queries}
    macs = sum(
        places * math.prod(getattr(layer, name).kernel.shape)
        for name, places in projections.items()
        if hasattr(layer, name)
    )
    return macs + sizes.sets * sizes.positions * sizes.keys * (sizes.depth + sizes.channels)


_COUNTERS = {
    keras.layers.Conv1D: _kernel_macs,
    keras.layers.Conv2D: _kernel_macs,
    keras.layers.Conv3D: _kernel_macs,
    keras.layers.DepthwiseConv1D: _kernel_macs,
    keras.layers.DepthwiseConv2D: _kernel_macs,
    keras.layers.SeparableConv1D: _separable_macs,
    keras.layers.SeparableConv2D: _separable_macs,
    keras.layers.Conv1DTranspose: _transposed_macs,
    keras.layers.Conv2DTranspose: _transposed_macs,
    keras.layers.Conv3DTranspose: _transposed_macs,
    keras.layers.Dense: _dense_macs,
    keras.layers.GlobalAveragePooling3D: _average_macs,
    WindowAverage3D: _average_macs,
    NonLocal1D: _non_local_macs,
    NonLocal2D: _non_local_macs,
    NonLocal3D: _non_local_macs,
}


def _is_trained(weight):
    return not weight.path.endswith(("moving_mean", "moving_variance", "seed_generator_state"))
