"""The non-local layers, one for each rank; what they share is in `base_non_local`."""

from __future__ import annotations

import keras

from .base_non_local import BaseNonLocal


@keras.saving.register_keras_serializable("keras_nonlocal")
class NonLocal1D(BaseNonLocal):
    """Lets each step of a sequence `(B, L, C)` listen to all others.

    See `NonLocal3D` for the arguments. `axes` is `"spacetime"` or `"time"`, the same thing here,
    and a mask `(B, L)`, such as that of `keras.layers.Masking`, hides padded steps.

    Example:

    >>> layer = keras_nonlocal.layers.NonLocal1D()
    >>> tuple(layer(keras.random.normal((2, 50, 16))).shape)
    (2, 50, 16)
    """

    rank = 1


@keras.saving.register_keras_serializable("keras_nonlocal")
class NonLocal2D(BaseNonLocal):
    """Lets each position of an image `(B, H, W, C)` listen to all others.

    See `NonLocal3D` for the arguments. `axes` is `"spacetime"` or `"space"`, the same thing here.

    Example:

    >>> layer = keras_nonlocal.layers.NonLocal2D(pool_size=2)
    >>> tuple(layer(keras.random.normal((2, 14, 14, 16))).shape)
    (2, 14, 14, 16)
    """

    rank = 2


@keras.saving.register_keras_serializable("keras_nonlocal")
class NonLocal3D(BaseNonLocal):
    """Lets each place and moment of a clip `(B, T, H, W, C)` listen to all others.

    A convolution sees its neighborhood; this block sums over all positions, weighted by how
    alike they are, in one step. A fresh block is the identity, so it can go into a trained
    network without disturbing it.

    Source: Non-local Neural Networks (arXiv:1711.07971), section 3.

    Args:
        inner_channels: Channels of theta, phi and g. Half of the input's by default.
        instantiation: The pairwise function, by its name in the paper: `"gaussian"`,
            `"embedded_gaussian"`, `"dot_product"` or `"concatenation"`.
        axes: Which positions attend to each other: `"spacetime"`, `"space"` (within a frame) or
            `"time"` (at one place); Table 2d.
        pool_size: Max pooling of the keys, one integer or one per grid dimension; the paper
            takes `(1, 2, 2)`. No pooling by default.
        pool_position: `"after"` phi and g as in the paper, or `"before"` them as in the official
            code. The two differ, so weights belong to one of them.
        scale: Whether to multiply softmax logits by `D ** -0.5`, as the official code does.
        temporal_groups: Into how many runs of frames attention is cut, to save memory.
        out_bias: Whether W_z has a bias; MMAction2 leaves it to the norm.
        norm: `"batch"`, whose scale starts at zero, or `None`: then W_z starts at zero.
        method: `"auto"` plans the computation (see `keras_nonlocal.cost.plan`); `"dense"`,
            `"blocked"`, `"fused"`, `"associated"` and `"sorted"` force a form. All are exact.
        **kwargs: Of `keras.layers.Layer`, such as `name` and `dtype`.

    Call arguments:
        x: `(B, T, H, W, C)`, channels last; B, T, H and W may be dynamic.
        mask: Booleans `(B, T)` or `(B, T, H, W)`: padded positions are no keys for anybody.
        training: Whether the norm uses the batch's statistics.

    Returns:
        A tensor of the input's shape.

    Raises:
        ValueError: An argument that is unknown, or that does not fit the input's shape.

    Example:

    >>> layer = keras_nonlocal.layers.NonLocal3D(pool_size=(1, 2, 2))
    >>> tuple(layer(keras.random.normal((2, 4, 14, 14, 16))).shape)
    (2, 4, 14, 14, 16)
    """

    rank = 3


NON_LOCAL_LAYERS = (NonLocal1D, NonLocal2D, NonLocal3D)
