"""Boxes in a frame, int32 `(B, 4)` of top, left, height and width, and what is done inside them.

`frame` and `size` are int32 `(2,)`, height and width. `numbers` are uniform in `[0, 1)`.
"""

from __future__ import annotations

import tensorflow as tf

from .draws import between, integers

TRIES = 10  # as in torchvision
NUM_DRAWS = 2 * TRIES + 2  # numbers that `drawn` needs
CLOSE = 3  # pixels, as in MMAction2


def placed(numbers, frame, size) -> tf.Tensor:
    """Places boxes anywhere in the frame: numbers `(B, 2)`, size `(2,)` or `(B, 2)`."""
    size = tf.broadcast_to(size, tf.shape(numbers))
    return tf.concat([integers(numbers, frame - size + 1), size], axis=1)


def centered(batch, frame, size) -> tf.Tensor:
    """Returns the box in the center, once for each clip."""
    size = tf.broadcast_to(size, (batch, 2))
    return tf.concat([(frame - size) // 2, size], axis=1)


def before_scaling(short_sides, frame, size) -> tf.Tensor:
    """Sizes that become `size` if the shorter side is scaled to these lengths: `(B,) -> (B, 2)`.

    They are rounded to whole pixels, so that a box can be cut out before it is resampled.
    """
    scale = tf.cast(tf.reduce_min(frame), "float32") / tf.cast(short_sides, "float32")
    wanted = tf.cast(tf.round(tf.cast(size, "float32") * scale[:, None]), "int32")
    return tf.clip_by_value(wanted, 1, frame)


def of_short_side(scales, frame, size) -> tf.Tensor:
    """Height and width as fractions of the frame's shorter side, by MMAction2's rule: `(B, 2)`.

    They are rounded down in float64, as MMAction2 does: 0.9 of 40 is 36, and not 35. A side that is
    close to that of `size` becomes it, if the frame is long enough.
    """
    short = tf.cast(tf.reduce_min(frame), "float64")
    sides = tf.cast(short * tf.convert_to_tensor(scales, "float64"), "int32")
    return tf.clip_by_value(tf.where(tf.abs(sides - size) < CLOSE, size, sides), 1, frame)


def at_quarters(quarters, frame, size) -> tf.Tensor:
    """Places boxes after this many quarters of the free space: `(B, 2), (B, 2) -> (B, 4)`."""
    return tf.concat([(frame - size) // 4 * quarters, size], axis=1)


def drawn(numbers, frame, area, ratio) -> tuple[tf.Tensor, tf.Tensor]:
    """Draws boxes of random area and aspect ratio as torchvision does: the first of ten that fits.

    Args:
        numbers: `(B, NUM_DRAWS)`.
        frame: Height and width.
        area: Range of the area, as fractions of the frame; the area is uniform.
        ratio: Range of width / height, which is uniform in its logarithm.

    Returns:
        The boxes, and bool `(B,)`: whether a box fits. A box that does not fit must not be used.
    """
    tries = tf.reshape(numbers[:, : 2 * TRIES], (-1, TRIES, 2))
    sides = _sides(tries, tf.cast(tf.reduce_prod(frame), "float32"), area, ratio)
    fits = tf.reduce_all((sides > 0) & (sides <= frame), axis=-1)
    first = tf.argmax(tf.cast(fits, "int32"), axis=1)
    size = tf.clip_by_value(tf.gather(sides, first, batch_dims=1), 1, frame)
    return placed(numbers[:, 2 * TRIES :], frame, size), tf.reduce_any(fits, axis=1)


def _sides(tries, frame_area, area, ratio):
    """Height and width of each try: `(B, TRIES, 2)`."""
    areas = frame_area * between(tries[..., 0], *area)
    ratios = tf.exp(between(tries[..., 1], *(tf.math.log(float(end)) for end in ratio)))
    sides = tf.stack([tf.sqrt(areas / ratios), tf.sqrt(areas * ratios)], axis=-1)
    return tf.cast(tf.round(sides), "int32")


def largest(frame, ratio) -> tf.Tensor:
    """Height and width of the largest box with an aspect ratio in the range: `(2,)`."""
    height, width = tf.unstack(tf.cast(frame, "float32"))
    sides = tf.stack([tf.minimum(height, width / ratio[0]), tf.minimum(width, height * ratio[1])])
    return tf.clip_by_value(tf.cast(tf.round(sides), "int32"), 1, frame)


def around(centers, size, frame) -> tf.Tensor:
    """Returns boxes around centers `(B, 2)`, cut off at the edge of the frame."""
    first = tf.clip_by_value(centers - size // 2, 0, frame)
    last = tf.clip_by_value(centers - size // 2 + size, 0, frame)
    return tf.concat([first, last - first], axis=1)


def inside(boxes, frame) -> tf.Tensor:
    """Whether each pixel lies inside the boxes: bool `(B, 1, H, W, 1)`."""
    rows, columns = (
        (indices >= boxes[:, axis, None])
        & (indices < boxes[:, axis, None] + boxes[:, axis + 2, None])
        for axis, indices in enumerate((tf.range(frame[0]), tf.range(frame[1])))
    )
    return (rows[:, :, None] & columns[:, None, :])[:, None, :, :, None]


def paste(clips, others, boxes) -> tf.Tensor:
    """Replaces the pixels inside the boxes by pixels of the other clips, in all frames."""
    return tf.where(inside(boxes, tf.shape(clips)[2:4]), others, clips)


def shares_outside(boxes, frame) -> tf.Tensor:
    """Fraction of the frame that lies outside the boxes: `(B, 4) -> (B,)`."""
    covered = tf.cast(boxes[:, 2] * boxes[:, 3], "float32")
    return 1 - covered / tf.cast(tf.reduce_prod(frame), "float32")


def fill(clips, boxes, chosen, value) -> tf.Tensor:
    """Writes one value, or one for each channel, into the boxes of chosen clips, bool `(B,)`."""
    hole = inside(boxes, tf.shape(clips)[2:4]) & tf.reshape(chosen, (-1, 1, 1, 1, 1))
    return tf.where(hole, value, clips)
