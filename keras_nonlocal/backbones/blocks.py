"""Residual blocks of video networks, and the convolution with batch norm they are made of."""

from __future__ import annotations

from functools import partial

from keras import layers

Size = tuple[int, int, int]


def conv_norm(
    x, filters: int, kernel: Size, *, strides: Size = (1, 1, 1), relu=True, frozen=False, name: str
):
    """Convolution without bias, batch norm, ReLU.

    Padding is the same on both sides, as in every published network. (`padding="same"` pads a
    strided convolution on one side only.)
    """
    strided = max(strides) > 1
    if strided and max(kernel) > 1:
        x = layers.ZeroPadding3D([size // 2 for size in kernel], name=f"{name}_pad")(x)
    x = layers.Conv3D(
        filters,
        kernel,
        strides=strides,
        padding="valid" if strided else "same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"{name}_conv",
    )(x)
    x = layers.BatchNormalization(
        momentum=0.9, epsilon=1e-5, trainable=not frozen, name=f"{name}_norm"
    )(x)
    return layers.ReLU(name=f"{name}_relu")(x) if relu else x


def bottleneck(x, width: int, kernels: tuple[Size, Size], *, stride=1, frozen=False, name: str):
    """1x1x1, 3x3 and 1x1x1 convolutions; `kernels` are those of the first two."""
    conv = partial(conv_norm, frozen=frozen)
    first, second = kernels
    y = conv(x, width, first, name=f"{name}_1")
    y = conv(y, width, second, strides=(1, stride, stride), name=f"{name}_2")
    y = conv(y, 4 * width, (1, 1, 1), relu=False, name=f"{name}_3")
    return _residual(x, y, stride, frozen, name)


def basic(x, width: int, kernels: tuple[Size, Size], *, stride=1, frozen=False, name: str):
    """Two 3x3 convolutions, the block of shallow networks."""
    conv = partial(conv_norm, frozen=frozen)
    first, second = kernels
    y = conv(x, width, first, strides=(1, stride, stride), name=f"{name}_1")
    y = conv(y, width, second, relu=False, name=f"{name}_2")
    return _residual(x, y, stride, frozen, name)


def _residual(x, y, stride, frozen, name):
    """`ReLU(x + y)`, with a projected shortcut where channels or stride change."""
    if stride > 1 or x.shape[-1] != y.shape[-1]:
        x = conv_norm(
            x,
            y.shape[-1],
            (1, 1, 1),
            strides=(1, stride, stride),
            relu=False,
            frozen=frozen,
            name=f"{name}_shortcut",
        )
    return layers.ReLU(name=f"{name}_out")(layers.Add(name=f"{name}_add")([x, y]))
