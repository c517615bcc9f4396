"""Numbers -> boxes in a frame: int32 `(B, 4)` of top, left, height and width.

`frame` and `size` are int32 `(2,)`, height and width; `numbers` are uniform in `[0, 1)`.
"""

from __future__ import annotations

import tensorflow as tf

from .draws import between, integers

TRIES = 10  # torchvision's
NUM_DRAWS = 2 * TRIES + 2  # that `drawn` takes
CLOSE = 3  # pixels; MMAction2's


def placed(numbers, frame, size) -> tf.Tensor:
    """Boxes of a size anywhere in the frame: numbers `(B, 2)`, size `(2,)` or `(B, 2)`."""
    size = tf.broadcast_to(size, tf.shape(numbers))
    return tf.concat([integers(numbers, frame - size + 1), size], axis=1)


def centered(batch, frame, size) -> tf.Tensor:
    """The box in the middle, once for each clip."""
    size = tf.broadcast_to(size, (batch, 2))
    return tf.concat([(frame - size) // 2, size], axis=1)


def before_scaling(short_sides, frame, size) -> tf.Tensor:
    """What becomes `size` when the frame's shorter side becomes each of these: `(B,) -> (B, 2)`.

    To the nearest pixel, as a box of whole pixels can be cut out before it is resampled.
    """
    scale = tf.cast(tf.reduce_min(frame), "float32") / tf.cast(short_sides, "float32")
    wanted = tf.cast(tf.round(tf.cast(size, "float32") * scale[:, None]), "int32")
    return tf.clip_by_value(wanted, 1, frame)


def of_short_side(parts, frame, size) -> tf.Tensor:
    """Height and width in parts of the frame's shorter side, by MMAction2's rule: `(B, 2)`.

    Rounded down, in float64 as there: 0.9 of 40 are 36 and not 35. A side close to that of `size`
    becomes it, if the frame is as long.
    """
    short = tf.cast(tf.reduce_min(frame), "float64")
    sides = tf.cast(short * tf.convert_to_tensor(parts, "float64"), "int32")
    return tf.clip_by_value(tf.where(tf.abs(sides - size) < CLOSE, size, sides), 1, frame)


def at_quarters(quarters, frame, size) -> tf.Tensor:
    """Boxes of a size after so many quarters of the room that they leave: `(B, 2), (B, 2)`."""
    return tf.concat([(frame - size) // 4 * quarters, size], axis=1)


def drawn(numbers, frame, area, ratio) -> tuple[tf.Tensor, tf.Tensor]:
    """Boxes of random area and aspect, by torchvision's rule: the first of ten tries that fits.

    Args:
        numbers: `(B, NUMBERS)`.
        frame: Height and width.
        area: Ends of the range of areas, in parts of the frame; uniform.
        ratio: Ends of the range of width / height; uniform in its logarithm.

    Returns:
        Boxes, and bool `(B,)`: whether any try did fit. A box that did not is not to be used.
    """
    tries = tf.reshape(numbers[:, : 2 * TRIES], (-1, TRIES, 2))
    sides = _sides(tries, tf.cast(tf.reduce_prod(frame), "float32"), area, ratio)
    fits = tf.reduce_all((sides > 0) & (sides <= frame), axis=-1)
    first = tf.argmax(tf.cast(fits, "int32"), axis=1)
    size = tf.clip_by_value(tf.gather(sides, first, batch_dims=1), 1, frame)
    return placed(numbers[:, 2 * TRIES :], frame, size), tf.reduce_any(fits, axis=1)


def _sides(tries, whole, area, ratio):
    """Height and width of each try: `(B, TRIES, 2)`."""
    areas = whole * between(tries[..., 0], *area)
    ratios = tf.exp(between(tries[..., 1], *(tf.math.log(float(end)) for end in ratio)))
    sides = tf.stack([tf.sqrt(areas / ratios), tf.sqrt(areas * ratios)], axis=-1)
    return tf.cast(tf.round(sides), "int32")


def largest(frame, ratio) -> tf.Tensor:
    """Height and width of the largest box with an aspect in the range: `(2,)`."""
    height, width = tf.unstack(tf.cast(frame, "float32"))
    sides = tf.stack([tf.minimum(height, width / ratio[0]), tf.minimum(width, height * ratio[1])])
    return tf.clip_by_value(tf.cast(tf.round(sides), "int32"), 1, frame)


def around(centers, size, frame) -> tf.Tensor:
    """Boxes around centers `(B, 2)`, cut off at the frame: int32 boxes."""
    first = tf.clip_by_value(centers - size // 2, 0, frame)
    last = tf.clip_by_value(centers - size // 2 + size, 0, frame)
    return tf.concat([first, last - first], axis=1)


def inside(boxes, frame) -> tf.Tensor:
    """Which pixels lie in the boxes: bool `(B, 1, H, W, 1)`."""
    rows, columns = (
        (places >= boxes[:, axis, None])
        & (places < boxes[:, axis, None] + boxes[:, axis + 2, None])
        for axis, places in enumerate((tf.range(frame[0]), tf.range(frame[1])))
    )
    return (rows[:, :, None] & columns[:, None, :])[:, None, :, :, None]
