"""The feature pyramid: maps of equal width at strides of 4, 8, 16, 32 and 64.

Source: Feature Pyramid Networks (arXiv:1612.03144), figure 3, with the level P6 of section 5.1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
from keras import layers

from ..layers.batch_norm import BatchNorm
from .backbone import Backbone


def feature_pyramid(
    backbone: Backbone,
    channels: int = 256,
    norm: Mapping[str, Any] | None = None,
    mask: Callable | None = None,
) -> dict[str, keras.KerasTensor]:
    """Adds the top-down path to a backbone of output stride 32.

    Args:
        backbone: The feature network, with the levels P2 to P5.
        channels: Number of channels of each level.
        norm: Options of batch norms after each convolution; `None` for none.
        mask: `mask(x, name)` is applied to what a kernel larger than one reads.

    Returns:
        The levels P2 to P6, by name. P6 is every second position of P5.
    """
    levels, above = {}, None
    for level, features in reversed(backbone.pyramid_outputs.items()):
        number = level[1:]
        x = _conv(features, channels, 1, f"fpn_lateral_{number}", norm)
        if above is not None:
            above = layers.UpSampling2D(2, name=f"fpn_upsample_{number}")(above)
            x = layers.Add(name=f"fpn_add_{number}")([x, above])
        above = x
        x = x if mask is None else mask(x, f"fpn_output_{number}_mask")
        levels[level] = _conv(x, channels, 3, f"fpn_output_{number}", norm)
    pyramid = dict(reversed(levels.items()))
    pyramid["P6"] = layers.MaxPooling2D(1, 2, name="fpn_pool_6")(pyramid["P5"])
    return pyramid


def _conv(x, channels, kernel, name, norm):
    """A convolution with a bias, or with a batch norm."""
    x = layers.Conv2D(channels, kernel, padding="same", use_bias=norm is None, name=name)(x)
    return x if norm is None else BatchNorm(**norm, name=f"{name}_norm")(x)
