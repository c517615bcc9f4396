"""Residual blocks for images and clips, and the convolution with batch norm they consist of."""

from __future__ import annotations

from collections.abc import Callable

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
    epsilon: float = 1e-5,
    groups: int = 1,
    mask: Callable | None = None,
    name: str,
):
    """Applies a convolution without bias over `len(kernel)` dimensions, a batch norm and a ReLU.

    `mask(x, name)` is applied to what a kernel larger than one reads.

    The padding is the same on both sides, as in all published networks. (Keras pads a strided
    convolution with `padding="same"` on one side only.)
    """
    convolution, zero_padding = _CONVOLUTIONS[len(kernel)]
    strides = strides or (1,) * len(kernel)
    strided = max(strides) > 1
    if mask is not None and max(kernel) > 1:
        x = mask(x, f"{name}_mask")
    if strided and max(kernel) > 1:
        x = zero_padding([size // 2 for size in kernel], name=f"{name}_pad")(x)
    x = convolution(
        filters,
        kernel,
        strides=strides,
        padding="valid" if strided else "same",
        dilation_rate=dilation,
        groups=groups,
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"{name}_conv",
    )(x)
    x = BatchNorm(momentum=0.9, epsilon=epsilon, trainable=not frozen, name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x) if relu else x


def bottleneck(
    x,
    width: int,
    kernels,
    *,
    stride=1,
    dilation=1,
    stride_first: bool = False,
    groups: int = 1,
    group_width: int = 64,
    name: str,
    **norm,
):
    """Residual block of 1x1, 3x3 and 1x1 convolutions; `kernels` has the sizes of the first two.

    `stride_first` puts the stride into the first convolution, as the original ResNets do. The
    middle convolution has `groups` groups (ResNeXt), each with `group_width` channels in res2.
    `norm` has the options of the batch norms, as in `conv_norm`.
    """
    first, second = kernels
    strides, ones = _spatial(stride, len(first)), (1,) * len(first)
    inner = width * groups * group_width // 64
    y = conv_norm(
        x, inner, first, strides=strides if stride_first else ones, **norm, name=f"{name}_1"
    )
    y = conv_norm(
        y,
        inner,
        second,
        strides=ones if stride_first else strides,
        dilation=dilation,
        groups=groups,
        **norm,
        name=f"{name}_2",
    )
    y = conv_norm(y, 4 * width, ones, relu=False, **norm, name=f"{name}_3")
    return _residual(x, y, strides, norm, name)


def basic(x, width: int, kernels, *, stride=1, dilation=1, name: str, **norm):
    """Residual block of two 3x3 convolutions, as in shallow networks."""
    first, second = kernels
    strides = _spatial(stride, len(first))
    y = conv_norm(x, width, first, strides=strides, dilation=dilation, **norm, name=f"{name}_1")
    y = conv_norm(y, width, second, dilation=dilation, relu=False, **norm, name=f"{name}_2")
    return _residual(x, y, strides, norm, name)


def _residual(x, y, strides, norm, name):
    """Computes `ReLU(x + y)`, with a projection of `x` if channels or size change."""
    if max(strides) > 1 or x.shape[-1] != y.shape[-1]:
        options = {"strides": strides, "relu": False, **norm}
        x = conv_norm(x, y.shape[-1], (1,) * len(strides), **options, name=f"{name}_shortcut")
    return layers.ReLU(name=f"{name}_out")(layers.Add(name=f"{name}_add")([x, y]))


def _spatial(stride, rank):
    """Strides for height and width; blocks never skip frames."""
    return (1,) * (rank - 2) + (stride, stride)
