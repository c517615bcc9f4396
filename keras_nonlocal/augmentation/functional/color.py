"""Color changes of one clip, float32 `(T, H, W, 3)` in 0..255, with one factor for all frames.

Means, extreme values and histograms are computed over the whole clip and never over one frame, so
that all frames are changed in the same way. Results lie in 0..255. A factor of one changes nothing.
"""

from __future__ import annotations

import tensorflow as tf

LUMINANCE = (0.299, 0.587, 0.114)


def brightness(clip, factor) -> tf.Tensor:
    """Multiplies all values."""
    return _in_range(clip * factor)


def contrast(clip, factor) -> tf.Tensor:
    """Scales the distance of values from the mean luminance of the clip."""
    mean = tf.tensordot(tf.reduce_mean(clip, axis=(0, 1, 2)), LUMINANCE, 1)
    return _in_range(clip * factor + mean * (1 - factor))


def saturation(clip, factor) -> tf.Tensor:
    """Scales the distance of values from the luminance of their pixel; 0 gives grayscale."""
    gray = tf.tile(tf.constant(LUMINANCE)[:, None], (1, 3))
    return _in_range(tf.tensordot(clip, factor * tf.eye(3) + (1 - factor) * gray, 1))


def tint(clips, factors) -> tf.Tensor:
    """Multiplies each channel by a factor: clips `(B, T, H, W, 3)`, factors `(B, 3)`.

    The factors are repeated to whole rows, which is several times faster than broadcasting along
    three channels.
    """
    batch, _, _, width, channels = tf.unstack(tf.shape(clips))
    rows = tf.reshape(clips, (batch, -1, width * channels))
    tinted = _in_range(rows * tf.tile(factors, (1, width))[:, None])
    return tf.ensure_shape(tf.reshape(tinted, tf.shape(clips)), clips.shape)


def hue(clip, turn) -> tf.Tensor:
    """Rotates the color wheel by a fraction of a full turn, such as 0.1; 0 changes nothing."""
    return _in_range(tf.image.adjust_hue(clip, turn))


def sharpness(clip, factor) -> tf.Tensor:
    """Scales the distance of values from their smoothed 3 x 3 neighborhood; the edge stays."""
    kernel = tf.constant([[1.0, 1, 1], [1, 5, 1], [1, 1, 1]])[:, :, None, None] / 13
    kernel = tf.tile(kernel, (1, 1, clip.shape[-1], 1))
    smooth = tf.nn.depthwise_conv2d(clip, kernel, (1, 1, 1, 1), "VALID")
    change = (1 - factor) * (smooth - clip[:, 1:-1, 1:-1])
    return _in_range(clip + tf.pad(change, [[0, 0], [1, 1], [1, 1], [0, 0]]))


def posterize(clip, bits) -> tf.Tensor:
    """Keeps the highest `bits` bits of each value."""
    step = 2.0 ** (8.0 - tf.cast(bits, "float32"))
    return tf.floor(clip / step) * step


def solarize(clip, threshold) -> tf.Tensor:
    """Inverts the values that are not below the threshold."""
    return tf.where(clip >= threshold, 255.0 - clip, clip)


def autocontrast(clip) -> tf.Tensor:
    """Stretches each channel so that its values in the clip span 0..255."""
    low, high = tf.reduce_min(clip, axis=(0, 1, 2)), tf.reduce_max(clip, axis=(0, 1, 2))
    flat = high <= low
    scale = tf.where(flat, 1.0, 255.0 / tf.where(flat, 1.0, high - low))
    return _in_range((clip - tf.where(flat, 0.0, low)) * scale)


def equalize(clip) -> tf.Tensor:
    """Equalizes the histogram of each channel by Pillow's rule."""
    channels = clip.shape[-1]
    levels = tf.cast(clip, "int32") + 256 * tf.range(channels)
    counts = tf.math.bincount(tf.reshape(levels, [-1]), minlength=256 * channels)
    counts = tf.reshape(counts, (channels, 256))
    last = tf.reduce_max(tf.where(counts > 0, tf.range(256), 0), axis=1)
    step = (tf.reduce_sum(counts, 1) - tf.gather(counts, last, batch_dims=1))[:, None] // 255
    table = (step // 2 + tf.cumsum(counts, axis=1, exclusive=True)) // tf.maximum(step, 1)
    table = tf.where(step > 0, tf.minimum(table, 255), tf.range(256))
    return tf.cast(tf.gather(tf.reshape(table, [-1]), levels), "float32")


def _in_range(clip):
    return tf.clip_by_value(clip, 0.0, 255.0)
