"""Layers that move an image with its mask or objects: scale, crop, flip, rotation."""

from __future__ import annotations

import math

import keras
import tensorflow as tf

from ...metrics.pixels import IGNORED
from ..arguments import check_number
from ..functional.draws import between, integers, uniforms
from .base import IMAGES, MASKS
from .moves import JointMove, Move, scaling

CROP_TRIES = 10
MEAN_COLOR = (123.675, 116.28, 103.53)  # of ImageNet; zero after normalization


@keras.saving.register_keras_serializable("keras_nonlocal")
class JointRandomScale(JointMove):
    """Scales an image and its mask by a random factor; the shape is kept.

    Args:
        minimum, maximum: The range of the factor.
        resize: Two sides into which the image is fitted before, as in
            `keras_nonlocal.images.ImageSpec`; `None` keeps its size.
        **kwargs: As in `keras.layers.Layer`.

    Returns:
        As for `JointRandomFlip`.

    Raises:
        ValueError: The range is empty, or not above zero.

    Example:

    >>> image = np.zeros((40, 60, 3), "uint8")
    >>> JointRandomScale(0.5, 0.5)(image).shape
    TensorShape([20, 30, 3])
    """

    _arguments = ("minimum", "maximum", "resize")

    def __init__(
        self,
        minimum: float = 0.5,
        maximum: float = 2.0,
        resize: tuple[int, int] | None = None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.minimum = check_number("minimum", minimum, 0.01, 100)
        self.maximum = check_number("maximum", maximum, self.minimum, 100)
        self.resize = None if resize is None else tuple(resize)

    def _move(self, example, seed):
        factor = between(uniforms(seed[None], 1)[0, 0], self.minimum, self.maximum)
        old_size = tf.shape(example[IMAGES])[:2]
        sides = tf.cast(old_size, "float32")
        if self.resize is not None:
            longer, shorter = float(max(self.resize)), float(min(self.resize))
            factor *= tf.minimum(longer / tf.reduce_max(sides), shorter / tf.reduce_min(sides))
        size = tf.maximum(tf.cast(sides * factor + 0.5, "int32"), 1)

        def resample(pixels, method, fill):
            return tf.image.resize(pixels, size, method)

        return Move(resample, scaling(old_size, size), size)


@keras.saving.register_keras_serializable("keras_nonlocal")
class JointRandomCrop(JointMove):
    """Cuts a random window out of an image and its mask.

    Windows in which one class fills nearly everything teach little, so up to ten windows are tried.
    An image that is smaller than the window is extended to the right and below, where the labels
    are ignored.

    Args:
        size: Height and width of the window.
        max_category_share: A window in which one class has at least this share of the labeled
            pixels is drawn again; 1 accepts every window.
        fill: Color outside of the image, RGB.
        **kwargs: As in `keras.layers.Layer`.

    Returns:
        As for `JointRandomFlip`, of the size of the window.

    Raises:
        ValueError: An argument is out of range.

    Example:

    >>> JointRandomCrop((32, 32))(np.zeros((40, 20, 3), "uint8")).shape
    TensorShape([32, 32, 3])
    """

    _arguments = ("size", "max_category_share", "fill")

    def __init__(
        self,
        size: tuple[int, int],
        max_category_share: float = 0.75,
        fill: tuple[float, ...] = MEAN_COLOR,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.size = tuple(int(check_number("size", side, 1, 2**20)) for side in size)
        if len(self.size) != 2:
            raise ValueError(f"`size` must be height and width. Received: size={size!r}")
        self.max_category_share = check_number("max_category_share", max_category_share, 0.01, 1)
        self.fill = tuple(fill)

    def _move(self, example, seed):
        room = tf.maximum(tf.shape(example[IMAGES])[:2] - self.size, 0)
        draws = tf.reshape(uniforms(seed[None], 2 * CROP_TRIES), (CROP_TRIES, 2))
        corners = integers(draws, room + 1)
        corner = corners[0]
        if MASKS in example and self.max_category_share < 1:
            corner = corners[self._first_mixed(example[MASKS], corners)]

        def resample(pixels, method, fill):
            return self._cut(pixels, corner, fill)

        y, x = tf.unstack(tf.cast(corner, "float32"))
        matrix = tf.stack([tf.stack([1.0, 0.0, -x]), tf.stack([0.0, 1.0, -y])])
        # What has been added beside a small image holds no object.
        inside = tf.minimum(tf.shape(example[IMAGES])[:2], self.size)
        return Move(resample, matrix, inside, fill=self.fill)

    def _first_mixed(self, mask, corners):
        """Returns the first window of more than one class, or the last one."""

        def too_uniform(index):
            window = self._cut(mask[None, ..., None], corners[index], IGNORED)
            counts = tf.math.bincount(tf.reshape(tf.cast(window, "int32"), [-1]), minlength=256)
            counts = counts[:IGNORED]
            labeled = tf.cast(tf.reduce_sum(counts), "float32")
            largest = tf.cast(tf.reduce_max(counts), "float32")
            return (index < CROP_TRIES - 1) & (largest >= self.max_category_share * labeled)

        return tf.while_loop(too_uniform, lambda index: [index + 1], [tf.constant(0)])[0]

    def _cut(self, pixels, corner, fill):
        height, width = self.size
        window = pixels[:, corner[0] : corner[0] + height, corner[1] : corner[1] + width]
        missing = tf.stack([height, width]) - tf.shape(window)[1:3]
        padding = [[0, 0], [0, missing[0]], [0, missing[1]], [0, 0]]
        padded = tf.pad(window, padding, constant_values=tf.cast(fill, pixels.dtype))
        return tf.ensure_shape(padded, (pixels.shape[0], height, width, pixels.shape[3]))


@keras.saving.register_keras_serializable("keras_nonlocal")
class JointRandomFlip(JointMove):
    """Mirrors an image and its mask left to right.

    Args:
        p: The probability.
        **kwargs: As in `keras.layers.Layer`.

    Returns:
        The image, or the dictionary with image and labels.

    Raises:
        ValueError: `p` is not between 0 and 1, or the image has not three dimensions.

    Example:

    >>> pair = {"images": np.zeros((4, 4, 3)), "segmentation_masks": np.eye(4, dtype="uint8")}
    >>> JointRandomFlip(1.0)(pair)["segmentation_masks"].numpy()[0].tolist()
    [0, 0, 0, 1]
    """

    _arguments = ("p",)

    def __init__(self, p: float = 0.5, **kwargs):
        super().__init__(**kwargs)
        self.p = check_number("p", p, 0, 1)

    def _move(self, example, seed):
        chosen = uniforms(seed[None], 1)[0, 0] < self.p
        size = tf.shape(example[IMAGES])[:2]

        def resample(pixels, method, fill):
            return tf.cond(chosen, lambda: tf.reverse(pixels, axis=[2]), lambda: pixels)

        width = tf.cast(size[1], "float32")
        first_row = tf.where(chosen, tf.stack([-1.0, 0.0, width]), [1.0, 0.0, 0.0])
        matrix = tf.stack([first_row, [0.0, 1.0, 0.0]])
        return Move(resample, matrix, size, mirrored=chosen)


@keras.saving.register_keras_serializable("keras_nonlocal")
class JointRandomRotation(JointMove):
    """Turns an image and its mask around the center by a random angle.

    Args:
        degrees: The largest angle, in both directions.
        fill: Color outside of the image, RGB. The labels there are ignored.
        **kwargs: As in `keras.layers.Layer`.

    Returns:
        As for `JointRandomFlip`.

    Raises:
        ValueError: `degrees` is not between 0 and 180.

    Example:

    >>> JointRandomRotation(10)(np.zeros((8, 8, 3), "uint8")).shape
    TensorShape([8, 8, 3])
    """

    _arguments = ("degrees", "fill")

    def __init__(self, degrees: float = 10.0, fill: tuple[float, ...] = MEAN_COLOR, **kwargs):
        super().__init__(**kwargs)
        self.degrees = check_number("degrees", degrees, 0, 180)
        self.fill = tuple(fill)

    def _move(self, example, seed):
        angle = between(uniforms(seed[None], 1)[0, 0], -1.0, 1.0) * math.radians(self.degrees)
        size = tf.shape(example[IMAGES])[:2]

        def resample(pixels, method, fill):
            turned = _rotated(tf.cast(pixels, "float32"), angle, method.upper(), fill)
            return tf.cast(turned, pixels.dtype)

        cosine, sine = tf.cos(angle), tf.sin(angle)
        y, x = tf.unstack(tf.cast(size, "float32") / 2)
        matrix = tf.stack(
            [
                tf.stack([cosine, sine, x - cosine * x - sine * y]),
                tf.stack([-sine, cosine, y + sine * x - cosine * y]),
            ]
        )
        return Move(resample, matrix, size, fill=self.fill, turned=True)


def _rotated(pixels, angle, interpolation, fill):
    center = (tf.cast(tf.shape(pixels)[1:3], "float32") - 1) / 2
    cosine, sine = tf.cos(angle), tf.sin(angle)
    to_x = center[1] - cosine * center[1] + sine * center[0]
    to_y = center[0] - sine * center[1] - cosine * center[0]
    zero = tf.zeros_like(to_x)
    turned = tf.raw_ops.ImageProjectiveTransformV3(
        images=pixels,
        transforms=tf.stack([cosine, -sine, to_x, sine, cosine, to_y, zero, zero])[None],
        output_shape=tf.shape(pixels)[1:3],
        fill_value=float(fill),
        interpolation=interpolation,
        fill_mode="CONSTANT",
    )
    return tf.ensure_shape(turned, pixels.shape)
