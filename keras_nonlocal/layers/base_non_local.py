"""The non-local block, in which each position attends to all others (section 3, Figure 2)."""

from __future__ import annotations

import keras
from keras import ops

from ..ops.pairwise import AFFINITIES, upcast
from ..ops.planner import attend, check_method
from ..ops.pooling import masked_max_pool, require_grid
from ..ops.positions import AXES, count_sets, fold, unfold
from ..utils.checks import one_of, positive_int, sizes
from .attention_rows import attention_rows
from .base_block import BaseBlock, rows, small_normal, valid
from .batch_norm import BatchNorm

_SOFTMAX = ("gaussian", "embedded_gaussian")


def quantized_projections(block: BaseNonLocal) -> list[keras.layers.Dense]:
    """Returns the projections that `quantize` changed."""
    projections = [getattr(block, name, None) for name in ("theta", "phi", "g", "out")]
    quantized = keras.dtype_policies.QuantizedDTypePolicy
    return [each for each in projections if each and isinstance(each.dtype_policy, quantized)]


class BaseNonLocal(BaseBlock):
    """Computes `z = W_z y + x`, where `y_i = sum_j f(x_i, x_j) g(x_j) / C(x)`."""

    def __init__(
        self,
        inner_channels: int | None = None,
        *,
        instantiation: str = "embedded_gaussian",
        axes: str = "spacetime",
        pool_size: int | tuple[int, ...] = 1,
        pool_position: str = "after",
        scale: bool = False,
        temporal_groups: int = 1,
        out_bias: bool = True,
        norm: str | None = "batch",
        method: str = "auto",
        **kwargs,
    ):
        super().__init__(inner_channels, **kwargs)
        one_of("instantiation", instantiation, AFFINITIES)
        one_of("axes", axes, AXES[self.rank])
        one_of("pool_position", pool_position, ("before", "after"))
        one_of("norm", norm, ("batch", None))
        positive_int("temporal_groups", temporal_groups)
        check_method(instantiation, method)
        if scale and instantiation not in _SOFTMAX:
            raise ValueError(
                "`scale=True` multiplies the logits of a softmax, so `instantiation` must be "
                f"{' or '.join(map(repr, _SOFTMAX))}. Received: instantiation={instantiation!r}"
            )
        if temporal_groups > 1 and ("time" not in axes or self.rank == 2):
            raise ValueError(
                "`temporal_groups` divides the frames that attend to each other into groups, so "
                "there must be frames, and `axes` must include time. Received: "
                f"axes={axes!r} of {type(self).__name__}"
            )
        self.instantiation = instantiation
        self.axes = axes
        self.pool_size = pool_size
        self.pool_position = pool_position
        self.scale = scale
        self.temporal_groups = temporal_groups
        self.out_bias = out_bias
        self.norm_type = norm
        self.method = method
        self.pool_sizes = sizes("pool_size", pool_size, self.rank)
        bystanders = set(range(self.rank)) - set(AXES[self.rank][axes])
        if any(self.pool_sizes[axis] > 1 for axis in bystanders):
            raise ValueError(
                "`pool_size` must be 1 along the dimensions that `axes` leaves out. "
                f"Received: pool_size={pool_size!r}, axes={axes!r}"
            )
        self._quantized: dict = {}

    def build(self, input_shape):
        channels = self._channels(input_shape)
        inner = self.inner_channels or max(channels // 2, 1)
        self._logit_scale = (channels if self.instantiation == "gaussian" else inner) ** -0.5
        if self.instantiation != "gaussian":
            self.theta = self._projection(inner, input_shape, "theta")
            self.phi = self._projection(inner, input_shape, "phi")
        if self.instantiation == "concatenation":
            self.w_f = self.add_weight(shape=(2 * inner,), initializer=small_normal(), name="w_f")
        self.g = self._projection(inner, input_shape, "g")
        y_shape = (*input_shape[:-1], inner)
        kernel = "zeros" if self.norm_type is None else small_normal()
        self.out = self._projection(channels, y_shape, "out", kernel, self.out_bias)
        if self.norm_type == "batch":
            self.norm = BatchNorm(
                momentum=0.9,
                epsilon=1e-5,
                gamma_initializer="zeros",  # a new block is the identity
                name="norm",
                dtype=self.dtype_policy,
                trainable=self.trainable,
            )
            self.norm.build(input_shape)

    def get_build_config(self):
        """Adds the projections that `quantize` changed, which the configuration does not hold."""
        quantized = {layer.name: layer.get_config() for layer in quantized_projections(self)}
        return {**(super().get_build_config() or {}), "quantized": quantized}

    def build_from_config(self, config):
        self._quantized = config.get("quantized", {})
        super().build_from_config(config)

    def call(self, x, mask=None, training=None):
        x = self._as_float(x)
        self._check_grid(x.shape[1:-1])
        seen = require_grid(x, self.pool_sizes, f"`pool_size` of `{self.name}`")
        mask = self._over_grid(mask, x)
        *grid, channels = ops.shape(x)
        y = self._attend(valid(seen, mask), grid, mask)
        y = self.out(unfold(y, grid, self.axes, self.temporal_groups))
        y = ops.reshape(y, (*grid, channels))
        if self.norm_type == "batch":
            y = self.norm(y, training=training, mask=None if mask is None else mask[..., 0])
        return x + y

    def attention(self, x, positions, mask=None):
        """Computes the attention weights of single positions, without the whole affinity matrix.

        With a softmax (Gaussian and embedded Gaussian) the weights of a position sum to one.

        Args:
            x: Input of the layer `(B, *grid, C)`, of static shape.
            positions: `(K, rank)` integer grid coordinates, such as `[(t, h, w), ...]`; or a tensor
                `(B, K, rank)` of other positions in each sample, which may be one of a graph, so
                nobody checks that they are on the grid.
            mask: As for the call.

        Returns:
            `(B, K, *key_grid)` in float32, where `key_grid` is the grid after pooling. Weights are
            zero where a position does not attend, such as in other frames with `axes="space"`.

        Raises:
            ValueError: `positions` are no integer coordinates on the grid, or `x` does not fit.

        Example:

        >>> layer = keras_nonlocal.layers.NonLocal3D()
        >>> tuple(layer.attention(keras.random.normal((1, 4, 7, 7, 8)), [(0, 3, 3)]).shape)
        (1, 1, 4, 7, 7)
        """
        x = ops.convert_to_tensor(x, dtype=self.compute_dtype)
        if len(x.shape) != self.rank + 2:
            raise ValueError(
                f"`x` must be (B, *grid, C), {self.rank + 2} dimensions. Received: "
                f"shape={tuple(x.shape)}"
            )
        self._check_grid(x.shape[1:-1])
        if not self.built:
            self.build(x.shape)
        mask = self._over_grid(mask, x)
        theta, phi, _, key_mask = self._project(valid(x, mask), ops.shape(x)[:-1], mask)
        return attention_rows(self, tuple(x.shape), positions, theta, phi, key_mask)

    def compute_output_shape(self, input_shape):
        self._check_grid(input_shape[1:-1])
        return super().compute_output_shape(input_shape)

    def get_config(self):
        return {
            **super().get_config(),
            "instantiation": self.instantiation,
            "axes": self.axes,
            "pool_size": self.pool_size,
            "pool_position": self.pool_position,
            "scale": self.scale,
            "temporal_groups": self.temporal_groups,
            "out_bias": self.out_bias,
            "norm": self.norm_type,
            "method": self.method,
        }

    def _attend(self, x, grid, mask):
        """Returns y `(B', N, C)`, one row for each set of positions."""
        theta, phi, g, key_mask = self._project(x, grid, mask)
        sets = count_sets(x.shape[1:-1], self.axes, self.temporal_groups)
        return attend(self.instantiation, theta, phi, g, key_mask, self.method, sets)

    def _project(self, x, grid, mask):
        """Returns theta `(B', N, D)`, phi `(B', M, D)`, g `(B', M, C)` and key mask `(B', M)`."""
        source, key_mask = x, mask
        if self.pool_position == "before":
            source, key_mask = masked_max_pool(x, mask, self.pool_sizes)
        theta, phi = rows(x), rows(source)  # so that each projection is one matrix product
        g = self.g(phi)
        if self.instantiation != "gaussian":
            theta, phi = self.theta(theta), self.phi(phi)
        if self.pool_position == "after":
            g, _ = masked_max_pool(ops.reshape(g, (*grid, g.shape[-1])), mask, self.pool_sizes)
            phi = ops.reshape(phi, (*grid, phi.shape[-1]))
            source, key_mask = masked_max_pool(phi, mask, self.pool_sizes)
            phi = rows(source)
        if self.instantiation == "concatenation":
            w_theta, w_phi = ops.split(upcast(self.w_f)[:, None], 2)  # now scalars
            theta, phi = (
                ops.matmul(upcast(theta), w_theta),
                ops.matmul(upcast(phi), w_phi),
            )
        if self.scale:
            theta = theta * ops.cast(self._logit_scale, theta.dtype)
        keys = grid if source is x else ops.shape(source)[:-1]
        if key_mask is not None:
            key_mask = self._fold(key_mask, keys)[..., 0] > 0
        return self._fold(theta, grid), self._fold(phi, keys), self._fold(g, keys), key_mask

    def _fold(self, x, grid):
        return fold(x, grid, self.axes, self.temporal_groups)

    def _projection(self, units, input_shape, name, kernel_initializer=None, use_bias=True):
        if name not in self._quantized:
            return super()._projection(units, input_shape, name, kernel_initializer, use_bias)
        layer = keras.layers.Dense.from_config(self._quantized[name])
        layer.build(input_shape)
        return layer

    def _check_grid(self, grid):
        for size, pool in zip(grid, self.pool_sizes, strict=True):
            if size is not None and size < pool:
                raise ValueError(
                    f"`pool_size` must fit into the grid {tuple(grid)} that reaches "
                    f"{self.name!r}. Give longer or larger input, or pool less. "
                    f"Received: pool_size={self.pool_size}"
                )
        frames = grid[0] and grid[0] // self.pool_sizes[0]
        if frames is not None and (frames % self.temporal_groups or grid[0] % self.temporal_groups):
            raise ValueError(
                "`temporal_groups` must divide the number of frames, before and after pooling. "
                f"Received: temporal_groups={self.temporal_groups} with {grid[0]} frames"
            )
