"""Larger strides for convolutions before a pooling layer that skips frames.

Some networks pool single frames with a stride, such as MMAction2's I3D after its first convolution,
so that half of the frames are dropped. In training these frames count in the statistics of batch
norms. At inference, a larger stride of the convolution saves their computation.
"""

from __future__ import annotations

import keras
from keras import activations, layers

from ..layers.conv import Conv3D
from ..layers.pooling import MaxPool3D
from .foldable_norms import norm_of_channels

_POOLINGS = (layers.MaxPooling3D, layers.AveragePooling3D, MaxPool3D)
_CONVOLUTIONS = (layers.Conv3D, Conv3D)


def strides_that_skip(
    model: keras.Model, sources: dict[str, keras.Layer]
) -> dict[str, tuple[int, int, int]]:
    """Maps the names of convolutions and pooling layers to strides that skip unread frames.

    Args:
        model: A functional model.
        sources: As returned by `only_sources`.
    """
    strides = {}
    for pooling in model.layers:
        if type(pooling) in _POOLINGS and _drops_frames(pooling):
            source = sources.get(pooling.name)
            while source is not None and _is_frame_wise(source):
                source = sources.get(source.name)
            if source is not None and _can_skip(source):
                time, *space = pooling.strides
                source_time, *source_space = source.strides
                strides[pooling.name] = (1, *space)
                strides[source.name] = (source_time * time, *source_space)
    return strides


def _drops_frames(pooling):
    return pooling.data_format == "channels_last" and pooling.pool_size[0] == 1 < pooling.strides[0]


def _is_frame_wise(layer):
    """Whether each output frame depends on one input frame, in the same order."""
    if type(layer) is layers.ZeroPadding3D:
        return layer.data_format == "channels_last" and layer.padding[0] == (0, 0)
    return type(layer) is layers.ReLU or norm_of_channels(layer)


def _can_skip(layer):
    return (
        type(layer) in _CONVOLUTIONS
        and layer.data_format == "channels_last"
        and layer.padding == "valid"
        and set(layer.dilation_rate) == {1}
        and layer.activation in (activations.linear, activations.relu)
    )
