"""Residual blocks for images and clips, and the convolution with batch norm they consist of."""

from __future__ import annotations

from functools import partial

from keras import layers

from ..layers.batch_norm import BatchNorm
from ..layers.conv import Conv3D

Size = tuple[int, ...]

_CONVOLUTIONS = {
    2: (layers.Conv2D, layers.ZeroPadding2D),
    3: (Conv3D, layers.ZeroPadding3D),
}


def conv_norm(
    x,
    filters: int,
    kernel: Size,
    *,
    strides: Size | None = None,
    dilation: int = 1,
    relu: bool = True,
    frozen: bool = False,
    name: str,
):
    """Applies a convolution without bias over `len(kernel)` dimensions, a batch norm and a ReLU.

    The padding is the same on both sides, as in all published networks. (Keras pads a strided
    convolution with `padding="same"` on one side only.)
    """
    convolution, zero_padding = _CONVOLUTIONS[len(kernel)]
    strides = strides or (1,) * len(kernel)
    strided = max(strides) > 1
    if strided and max(kernel) > 1:
        x = zero_padding([size // 2 for size in kernel], name=f"{name}_pad")(x)
    x = convolution(
        filters,
        kernel,
        strides=strides,
        padding="valid" if strided else "same",
        dilation_rate=dilation,
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"{name}_conv",
    )(x)
    x = BatchNorm(momentum=0.9, epsilon=1e-5, trainable=not frozen, name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x) if relu else x


def bottleneck(x, width: int, kernels, *, stride=1, dilation=1, frozen=False, name: str):
    """Residual block of 1x1, 3x3 and 1x1 convolutions; `kernels` has the sizes of the first two."""
    conv = partial(conv_norm, frozen=frozen)
    first, second = kernels
    strides = _spatial(stride, len(first))
    y = conv(x, width, first, name=f"{name}_1")
    y = conv(y, width, second, strides=strides, dilation=dilation, name=f"{name}_2")
    y = conv(y, 4 * width, (1,) * len(first), relu=False, name=f"{name}_3")
    return _residual(x, y, strides, frozen, name)


def basic(x, width: int, kernels, *, stride=1, dilation=1, frozen=False, name: str):
    """Residual block of two 3x3 convolutions, as in shallow networks."""
    conv = partial(conv_norm, frozen=frozen)
    first, second = kernels
    strides = _spatial(stride, len(first))
    y = conv(x, width, first, strides=strides, dilation=dilation, name=f"{name}_1")
    y = conv(y, width, second, dilation=dilation, relu=False, name=f"{name}_2")
    return _residual(x, y, strides, frozen, name)


def _residual(x, y, strides, frozen, name):
    """Computes `ReLU(x + y)`, with a projection of `x` if channels or size change."""
    if max(strides) > 1 or x.shape[-1] != y.shape[-1]:
        options = {"strides": strides, "relu": False, "frozen": frozen}
        x = conv_norm(x, y.shape[-1], (1,) * len(strides), **options, name=f"{name}_shortcut")
    return layers.ReLU(name=f"{name}_out")(layers.Add(name=f"{name}_add")([x, y]))


def _spatial(stride, rank):
    """Strides for height and width; blocks never skip frames."""
    return (1,) * (rank - 2) + (stride, stride)
