"""The non-local layers for sequences, images and clips. Their base class is `BaseNonLocal`."""

from __future__ import annotations

import keras

from .base_non_local import BaseNonLocal


@keras.saving.register_keras_serializable("keras_nonlocal")
class NonLocal1D(BaseNonLocal):
    """Non-local layer for sequences `(B, L, C)`: each step attends to all steps.

    A mask `(B, L)`, such as the mask of `keras.layers.Masking`, hides padded steps.

    Args:
        inner_channels, instantiation, axes, pool_size, pool_position, scale, temporal_groups,
            out_bias, norm, method, **kwargs: As in `NonLocal3D`. `axes` is `"spacetime"` or
            `"time"`, which are the same here.

    Returns:
        A tensor of the shape of the input.

    Raises:
        ValueError: As for `NonLocal3D`.

    Example:

    >>> layer = keras_nonlocal.layers.NonLocal1D()
    >>> tuple(layer(keras.random.normal((2, 50, 16))).shape)
    (2, 50, 16)
    """

    rank = 1


@keras.saving.register_keras_serializable("keras_nonlocal")
class NonLocal2D(BaseNonLocal):
    """Non-local layer for images `(B, H, W, C)`: each position attends to all positions.

    Args:
        inner_channels, instantiation, axes, pool_size, pool_position, scale, out_bias, norm,
            method, **kwargs: As in `NonLocal3D`. `axes` is `"spacetime"` or `"space"`, which are
            the same here.
        temporal_groups: Must be 1, as images have no frames.

    Returns:
        A tensor of the shape of the input.

    Raises:
        ValueError: As for `NonLocal3D`.

    Example:

    >>> layer = keras_nonlocal.layers.NonLocal2D(pool_size=2)
    >>> tuple(layer(keras.random.normal((2, 14, 14, 16))).shape)
    (2, 14, 14, 16)
    """

    rank = 2


@keras.saving.register_keras_serializable("keras_nonlocal")
class NonLocal3D(BaseNonLocal):
    """Non-local layer for clips `(B, T, H, W, C)`: each position attends to all positions.

    A convolution sees a small neighborhood. This layer sums over all positions in space and time in
    one step, weighted by similarity. A new layer is the identity, so it can be inserted into a
    trained network without changing its output.

    Source: Non-local Neural Networks (arXiv:1711.07971), section 3.

    Args:
        inner_channels: Number of channels of theta, phi and g. The default is half the number of
            input channels.
        instantiation: The pairwise function, by its name in the paper: `"gaussian"`,
            `"embedded_gaussian"`, `"dot_product"` or `"concatenation"`.
        axes: Which positions attend to each other: `"spacetime"` for all, `"space"` for the
            positions of one frame, or `"time"` for one place in all frames (Table 2d).
        pool_size: Size of the max pooling of the keys: one integer, or one for each grid dimension.
            The paper uses `(1, 2, 2)`. By default there is no pooling.
        pool_position: `"after"` phi and g as in the paper, or `"before"` them as in the official
            code. The results differ, so trained weights fit only one of them.
        scale: Whether to multiply softmax logits by `D ** -0.5`, as the official code does.
        temporal_groups: Number of groups of consecutive frames. Frames attend only within their
            group, which saves memory.
        out_bias: Whether W_z has a bias. MMAction2 has none, because the norm has one.
        norm: `"batch"` for a batch normalization with a scale that starts at zero, or `None`,
            so that W_z starts at zero.
        method: How to compute the layer. `"auto"` chooses a form (see `keras_nonlocal.cost.plan`).
            `"dense"`, `"blocked"`, `"fused"`, `"associated"` and `"sorted"` force one. All forms
            are exact.
        **kwargs: As in `keras.layers.Layer`, such as `name` and `dtype`.

    Call arguments:
        x: `(B, T, H, W, C)`, channels last. B, T, H and W may be dynamic.
        mask: Booleans `(B, T)` or `(B, T, H, W)`. No position attends to a padded position.
        training: Whether the batch normalization uses the statistics of the batch.

    Returns:
        A tensor of the shape of the input.

    Raises:
        ValueError: An argument is unknown, or does not fit the shape of the input.

    Example:

    >>> layer = keras_nonlocal.layers.NonLocal3D(pool_size=(1, 2, 2))
    >>> tuple(layer(keras.random.normal((2, 4, 14, 14, 16))).shape)
    (2, 4, 14, 14, 16)
    """

    rank = 3
