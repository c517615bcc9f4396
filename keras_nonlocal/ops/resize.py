"""Bilinear resizing of maps to sizes that may be dynamic."""

from __future__ import annotations

from keras import ops


def resize_bilinear(maps, size, *, align_corners: bool = False):
    """Resizes maps bilinearly, one axis after the other.

    `keras.ops.image.resize` cannot be used, because it needs sizes that are known at tracing.

    Args:
        maps: `(B, h, w, C)`.
        size: The new height and width, in pixels.
        align_corners: Whether the centers of the corner pixels of both sizes lie on each other. By
            default the outer edges of the corner pixels do.

    Returns:
        `(B, H, W, C)` in the dtype of `maps`.

    Example:

    >>> tuple(keras_nonlocal.ops.resize_bilinear(np.zeros((1, 8, 8, 3)), (64, 60)).shape)
    (1, 64, 60, 3)
    """
    maps = ops.convert_to_tensor(maps)
    for axis, new_size in enumerate(size, start=1):
        places = source_places(ops.shape(maps)[axis], new_size, maps.dtype, align_corners)
        maps = resize_axis(maps, places, axis)
    return maps


def resize_axis(maps, places, axis: int):
    """Interpolates maps at places along one axis; all other places are 0 to `size - 1`."""
    old = ops.arange(ops.shape(maps)[axis], dtype=places.dtype)
    distance = places[:, None] - old[None]
    weights = ops.cast(ops.relu(1 - ops.absolute(distance)), maps.dtype)
    return ops.moveaxis(ops.tensordot(maps, weights, axes=[[axis], [1]]), -1, axis)


def source_places(size, new_size, dtype="float32", align_corners: bool = False):
    """Returns where in `size` old pixels each of `new_size` new pixels is read, `(new_size,)`."""
    precise = "float64" if dtype == "float64" else "float32"
    new = ops.arange(new_size, dtype=precise)
    old = ops.cast(size, precise)
    if align_corners:
        return new * ((old - 1) / ops.maximum(ops.cast(new_size, precise) - 1, 1))
    places = (new + 0.5) * (old / ops.cast(new_size, precise)) - 0.5
    return ops.clip(places, 0, old - 1)
