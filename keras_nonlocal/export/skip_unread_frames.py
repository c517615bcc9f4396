"""Frames that no pooling reads are not computed.

Some networks pool single frames with a stride, such as MMAction2's I3D after its first
convolution: half of what that convolution gives is dropped. In training these frames count in
the statistics of batch norms; at inference a larger stride of the convolution spares them.
"""

from __future__ import annotations

import keras
from keras import activations, layers

from ..layers.conv import Conv3D
from ..layers.max_pool import MaxPool3D
from .foldable_norms import norm_of_channels

_POOLINGS = (layers.MaxPooling3D, layers.AveragePooling3D, MaxPool3D)
_CONVOLUTIONS = (layers.Conv3D, Conv3D)


def strides_that_skip(
    model: keras.Model, sources: dict[str, keras.Layer]
) -> dict[str, tuple[int, int, int]]:
    """By layer: the strides with which convolutions and poolings skip frames that are dropped."""
    strides = {}
    for pooling in model.layers:
        if type(pooling) in _POOLINGS and _drops_frames(pooling):
            source = sources.get(pooling.name)
            while source is not None and _goes_frame_by_frame(source):
                source = sources.get(source.name)
            if source is not None and _can_skip(source):
                dropping, *pooled = pooling.strides
                frames, *picture = source.strides
                strides[pooling.name] = (1, *pooled)
                strides[source.name] = (frames * dropping, *picture)
    return strides


def _drops_frames(pooling):
    return pooling.data_format == "channels_last" and pooling.pool_size[0] == 1 < pooling.strides[0]


def _goes_frame_by_frame(layer):
    """Whether it gives as many frames as it reads, each of one."""
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
