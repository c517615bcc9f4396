"""The fourteen operations of RandAugment, each with the strength that a magnitude gives it.

Ranges are torchvision's, for magnitudes 0..30. An operation takes a float32 clip
`(T, H, W, 3)`, its magnitude in parts of 30, a sign, and the value that fills what comes in.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import tensorflow as tf

from . import color
from .geometry import move

HIGHEST = 30


def _sides(clip):
    return tf.unstack(tf.cast(tf.shape(clip)[1:3], "float32"))


def identity(clip, part, sign, fill):
    """Nothing."""
    return clip


def shear_x(clip, part, sign, fill):
    """Rows slide sideways by up to 0.3 of their distance from the top."""
    return move(clip, (1, 0.3 * part * sign, 0, 0, 1, 0), fill)


def shear_y(clip, part, sign, fill):
    """Columns slide up or down by up to 0.3 of their distance from the left."""
    return move(clip, (1, 0, 0, 0.3 * part * sign, 1, 0), fill)


def translate_x(clip, part, sign, fill):
    """Sideways by up to 150/331 of the width."""
    return move(clip, (1, 0, 150 / 331 * part * sign * _sides(clip)[1], 0, 1, 0), fill)


def translate_y(clip, part, sign, fill):
    """Up or down by up to 150/331 of the height."""
    return move(clip, (1, 0, 0, 0, 1, 150 / 331 * part * sign * _sides(clip)[0]), fill)


def rotate(clip, part, sign, fill):
    """Around the center by up to 30 degrees."""
    y, x = (side / 2 for side in _sides(clip))
    cosine, sine = (turned(math.radians(30) * part * sign) for turned in (tf.cos, tf.sin))
    c, f = x - cosine * x + sine * y, y - sine * x - cosine * y
    return move(clip, (cosine, -sine, c, sine, cosine, f), fill)


def _by_factor(change: Callable) -> Callable:
    """An operation with a factor of `1 - 0.9` to `1 + 0.9`."""
    return lambda clip, part, sign, fill: change(clip, 1 + 0.9 * part * sign)


def posterize(clip, part, sign, fill):
    """Keeps 8 bits to 4."""
    return color.posterize(clip, 8 - tf.round(4 * part))


def solarize(clip, part, sign, fill):
    """Makes a negative above 255 to 0."""
    return color.solarize(clip, 255 * (1 - part))


OPERATIONS: dict[str, Callable] = {
    "identity": identity,
    "shear_x": shear_x,
    "shear_y": shear_y,
    "translate_x": translate_x,
    "translate_y": translate_y,
    "rotate": rotate,
    "brightness": _by_factor(color.brightness),
    "color": _by_factor(color.saturation),
    "contrast": _by_factor(color.contrast),
    "sharpness": _by_factor(color.sharpness),
    "posterize": posterize,
    "solarize": solarize,
    "autocontrast": lambda clip, part, sign, fill: color.autocontrast(clip),
    "equalize": lambda clip, part, sign, fill: color.equalize(clip),
}
