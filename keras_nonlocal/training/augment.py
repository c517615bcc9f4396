"""Random changes of one clip, the same for all its frames: plain TensorFlow, for `tf.data`.

Each function takes a clip, how strong the change may be, and a seed: two integers that alone
decide the draw. A strength of nothing leaves the clip as it is. Values are 0..255 throughout.
"""

from __future__ import annotations

from collections.abc import Mapping

import tensorflow as tf

# The strengths that `augment` takes, each at the value that changes nothing.
NOTHING = {
    "zoom": 1.0,
    "shift": 0.0,
    "turn": 0.0,
    "contrast": 0.0,
    "brightness": 0.0,
    "tint": 0.0,
    "grey": 0.0,
    "invert": 0.0,
    "noise": 0.0,
}

_LUMINANCE = (0.299, 0.587, 0.114)


def change_speed(clip: tf.Tensor, frames: int, stride: int, speed: float, seed) -> tf.Tensor:
    """Picks `frames` frames, `stride` apart at normal speed: `(N, H, W, 3) -> (frames, H, W, 3)`.

    Args:
        clip: The frames of the video one by one, `frames_to_read(frames, stride, speed)` of them.
        frames, stride: Of the clip to make.
        speed: The video plays up to this many times faster or slower.
        seed: Two integers.
    """
    speed_seed, start_seed = _split(seed, 2)
    limit = tf.math.log(float(speed))
    step = stride * tf.exp(_uniform(speed_seed, (), -limit, limit))
    places = tf.range(frames, dtype="float32") * step
    last = tf.cast(tf.shape(clip)[0] - 1, "float32")
    start = _uniform(start_seed, ()) * tf.maximum(last - places[-1], 0.0)
    return tf.gather(clip, tf.cast(tf.round(tf.minimum(start + places, last)), "int32"))


def frames_to_read(frames: int, stride: int, speed: float) -> int:
    """How many consecutive frames `change_speed` needs for a clip at its fastest.

    >>> frames_to_read(frames=16, stride=2, speed=1.2)
    37
    """
    return int(-(-(frames - 1) * stride * speed // 1)) + 1


def move(clip: tf.Tensor, zoom: float, shift: float, turn: float, seed) -> tf.Tensor:
    """Zooms in or out, shifts and turns the picture; the edge is repeated past its end.

    Args:
        clip: Float `(T, H, W, 3)`.
        zoom: At most this many times larger or smaller, such as 1.25.
        shift: At most this part of height and width, such as 0.1.
        turn: At most this angle, in radians.
        seed: Two integers.
    """
    height, width = clip.shape[1:3]
    zoom_seed, shift_seed, turn_seed = _split(seed, 3)
    limit = tf.math.log(float(zoom))
    scale = tf.exp(_uniform(zoom_seed, (), -limit, limit))
    angle = _uniform(turn_seed, (), -turn, turn)
    cosine, sine = scale * tf.cos(angle), scale * tf.sin(angle)
    centre = tf.constant([(width - 1) / 2, (height - 1) / 2])
    to = centre + _uniform(shift_seed, (2,), -shift, shift) * (width, height)
    x = centre[0] - cosine * to[0] + sine * to[1]
    y = centre[1] - sine * to[0] - cosine * to[1]
    return _transform(clip, [cosine, -sine, x, sine, cosine, y, 0.0, 0.0])


def colour(clip: tf.Tensor, contrast: float, brightness: float, tint: float, seed) -> tf.Tensor:
    """Changes contrast, brightness and the balance of the channels.

    Args:
        clip: Float `(T, H, W, 3)`.
        contrast: Values are spread up to `1 + contrast` times as far around the clip's mean.
        brightness: At most this is added to or taken from all values, of 255.
        tint: Each channel is multiplied by between `1 - tint` and `1 + tint`.
        seed: Two integers.
    """
    contrast_seed, brightness_seed, tint_seed = _split(seed, 3)
    mean = tf.reduce_mean(clip, axis=(0, 1, 2))
    clip = mean + (clip - mean) * _uniform(contrast_seed, (), 1 - contrast, 1 + contrast)
    clip = clip * _uniform(tint_seed, (3,), 1 - tint, 1 + tint)
    return clip + _uniform(brightness_seed, (), -brightness, brightness)


def grey(clip: tf.Tensor, chance: float, seed) -> tf.Tensor:
    """Takes the colour away, with this chance."""
    taken = tf.reduce_sum(clip * _LUMINANCE, axis=-1, keepdims=True)
    return tf.where(_happens(chance, seed), tf.broadcast_to(taken, tf.shape(clip)), clip)


def invert(clip: tf.Tensor, chance: float, seed) -> tf.Tensor:
    """Makes a negative, with this chance: dark on bright becomes bright on dark."""
    return tf.where(_happens(chance, seed), 255.0 - clip, clip)


def noise(clip: tf.Tensor, deviation: float, seed) -> tf.Tensor:
    """Adds normal noise; how much of it, up to `deviation`, is drawn once a clip."""
    strength_seed, noise_seed = _split(seed, 2)
    drawn = tf.random.stateless_normal(tf.shape(clip), noise_seed)
    return clip + drawn * _uniform(strength_seed, (), 0, deviation)


def augment(clip: tf.Tensor, numbers: Mapping[str, float], seed) -> tf.Tensor:
    """All of the above but `change_speed`, in order: `(T, H, W, 3)`, float32 in 0..255.

    Args:
        clip: uint8 or float `(T, H, W, 3)`, height and width known.
        numbers: Strengths by the names of the arguments above; those left out are nothing.
        seed: Two integers.

    Example:
        clip = augment(clip, {"zoom": 1.2, "shift": 0.1, "noise": 4.0}, seed=(0, 1))
    """
    given = {**NOTHING, **numbers}
    seeds = _split(seed, 5)
    clip = tf.cast(clip, "float32")
    clip = move(clip, given["zoom"], given["shift"], given["turn"], seeds[0])
    clip = colour(clip, given["contrast"], given["brightness"], given["tint"], seeds[1])
    clip = grey(clip, given["grey"], seeds[2])
    clip = invert(clip, given["invert"], seeds[3])
    return tf.clip_by_value(noise(clip, given["noise"], seeds[4]), 0.0, 255.0)


def _transform(clip, matrix):
    """Bilinear; the matrix takes a place `(x, y)` of the result to one of the clip."""
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=clip,
        transforms=tf.stack(matrix)[None],
        output_shape=tf.shape(clip)[1:3],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="NEAREST",
    )


def _split(seed, count):
    return tf.unstack(tf.random.split(tf.cast(seed, "int32"), count))


def _uniform(seed, shape, low=0.0, high=1.0):
    return tf.random.stateless_uniform(shape, seed) * (high - low) + low


def _happens(chance, seed):
    return _uniform(seed, ()) < chance
