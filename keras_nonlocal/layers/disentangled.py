"""The disentangled non-local block, whose attention has a pairwise and a unary term."""

from __future__ import annotations

import keras

from ..ops.planner import attend
from ..ops.positions import count_sets
from ..ops.relatives import attention_pool, subtract_mean
from ..utils.checks import at_least
from .base_block import rows
from .base_non_local import BaseNonLocal


class BaseDisentangled(BaseNonLocal):
    """Computes a non-local block with `y_i = sum_j (softmax_j(a_ij) + softmax_j(b_j)) g(x_j)`.

    `a_ij` is the product of theta and phi without their means, and `b_j` depends on the key alone.
    """

    def __init__(
        self,
        inner_channels: int | None = None,
        *,
        temperature: float = 0.05,
        axes: str = "spacetime",
        scale: bool = True,
        out_bias: bool = True,
        norm: str | None = "batch",
        method: str = "auto",
        **kwargs,
    ):
        super().__init__(
            inner_channels,
            instantiation="embedded_gaussian",
            axes=axes,
            pool_size=1,
            scale=scale,
            temporal_groups=1,
            out_bias=out_bias,
            norm=norm,
            method=method,
            **kwargs,
        )
        self.temperature = at_least("temperature", temperature, 1e-6)

    def build(self, input_shape):
        super().build(input_shape)
        self.context = self._projection(1, input_shape, "context")

    def get_config(self):
        config = super().get_config()
        for fixed in ("instantiation", "pool_size", "pool_position", "temporal_groups"):
            del config[fixed]
        return {**config, "temperature": self.temperature}

    def _attend(self, x, grid, mask):
        theta, phi, g, key_mask = self._project(x, grid, mask)
        sets = count_sets(x.shape[1:-1], self.axes)
        y = attend(self.instantiation, theta, phi, g, key_mask, self.method, sets)
        return y + attention_pool(self._fold(self.context(rows(x)), grid), g, key_mask)

    def _project(self, x, grid, mask):
        theta, phi, g, key_mask = super()._project(x, grid, mask)
        theta = subtract_mean(theta, key_mask) / self.temperature
        return theta, subtract_mean(phi, key_mask), g, key_mask


@keras.saving.register_keras_serializable("keras_nonlocal")
class DisentangledNonLocal1D(BaseDisentangled):
    """Disentangled non-local layer for sequences `(B, L, C)`.

    A mask `(B, L)` hides padded steps.

    Args:
        inner_channels, temperature, axes, scale, out_bias, norm, method, **kwargs: As in
            `DisentangledNonLocal3D`. `axes` is `"spacetime"` or `"time"`, which are the same here.

    Returns:
        A tensor of the shape of the input.

    Raises:
        ValueError: As for `DisentangledNonLocal3D`.

    Example:

    >>> layer = keras_nonlocal.layers.DisentangledNonLocal1D()
    >>> tuple(layer(keras.random.normal((2, 50, 16))).shape)
    (2, 50, 16)
    """

    rank = 1


@keras.saving.register_keras_serializable("keras_nonlocal")
class DisentangledNonLocal2D(BaseDisentangled):
    """Disentangled non-local layer for images `(B, H, W, C)`.

    Args:
        inner_channels, temperature, axes, scale, out_bias, norm, method, **kwargs: As in
            `DisentangledNonLocal3D`. `axes` is `"spacetime"` or `"space"`, which are the same here.

    Returns:
        A tensor of the shape of the input.

    Raises:
        ValueError: As for `DisentangledNonLocal3D`.

    Example:

    >>> layer = keras_nonlocal.layers.DisentangledNonLocal2D()
    >>> tuple(layer(keras.random.normal((2, 14, 14, 16))).shape)
    (2, 14, 14, 16)
    """

    rank = 2


@keras.saving.register_keras_serializable("keras_nonlocal")
class DisentangledNonLocal3D(BaseDisentangled):
    """Disentangled non-local layer for clips `(B, T, H, W, C)`.

    The product of theta and phi mixes two things: how alike two positions are, and how salient the
    key is for all positions. This layer computes them apart, so each learns better: a pairwise term
    of theta and phi without their means, and a unary term of the key. Large inputs are computed in
    blocks, as in `NonLocal3D`. A new layer is the identity.

    Source: Disentangled Non-Local Neural Networks (arXiv:2006.06668), equation 10.

    Args:
        inner_channels: Number of channels of theta, phi and g. The default is half the number of
            input channels.
        temperature: The pairwise logits are divided by it.
        axes, out_bias, norm, method, **kwargs: As in `NonLocal3D`.
        scale: Whether to multiply the pairwise logits by `D ** -0.5`, too.

    Returns:
        A tensor of the shape of the input. `attention` returns the weights of the pairwise term.

    Raises:
        ValueError: An argument is invalid, or the input has another number of dimensions or an
            unknown number of channels.

    Example:

    >>> layer = keras_nonlocal.layers.DisentangledNonLocal3D()
    >>> tuple(layer(keras.random.normal((1, 4, 7, 7, 16))).shape)
    (1, 4, 7, 7, 16)
    """

    rank = 3
