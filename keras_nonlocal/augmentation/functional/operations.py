"""The fourteen operations of RandAugment, with the ranges of torchvision for magnitudes 0..30.

An operation takes a float32 clip `(T, H, W, 3)`, its strength (the magnitude divided by 30), a
sign, and the value of pixels that come in from outside the frame.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import tensorflow as tf

from . import color
from .geometry import affine

HIGHEST = 30


def _height_and_width(clip):
    return tf.unstack(tf.cast(tf.shape(clip)[1:3], "float32"))


def shear_x(clip, strength, sign, fill):
    """Shifts rows sideways by up to 0.3 of their distance from the top."""
    return affine(clip, (1, 0.3 * strength * sign, 0, 0, 1, 0), fill)


def shear_y(clip, strength, sign, fill):
    """Shifts columns up or down by up to 0.3 of their distance from the left."""
    return affine(clip, (1, 0, 0, 0.3 * strength * sign, 1, 0), fill)


def translate_x(clip, strength, sign, fill):
    """Shifts the clip sideways by up to 150/331 of its width."""
    shift = 150 / 331 * strength * sign * _height_and_width(clip)[1]
    return affine(clip, (1, 0, shift, 0, 1, 0), fill)


def translate_y(clip, strength, sign, fill):
    """Shifts the clip up or down by up to 150/331 of its height."""
    shift = 150 / 331 * strength * sign * _height_and_width(clip)[0]
    return affine(clip, (1, 0, 0, 0, 1, shift), fill)


def rotate(clip, strength, sign, fill):
    """Rotates the clip around its center by up to 30 degrees."""
    y, x = (side / 2 for side in _height_and_width(clip))
    angle = math.radians(30) * strength * sign
    cosine, sine = tf.cos(angle), tf.sin(angle)
    c, f = x - cosine * x + sine * y, y - sine * x - cosine * y
    return affine(clip, (cosine, -sine, c, sine, cosine, f), fill)


def _by_factor(change: Callable) -> Callable:
    """Makes an operation with a factor from 0.1 to 1.9 of a function of clip and factor."""
    return lambda clip, strength, sign, fill: change(clip, 1 + 0.9 * strength * sign)


OPERATIONS: dict[str, Callable] = {
    "identity": lambda clip, strength, sign, fill: clip,
    "shear_x": shear_x,
    "shear_y": shear_y,
    "translate_x": translate_x,
    "translate_y": translate_y,
    "rotate": rotate,
    "brightness": _by_factor(color.brightness),
    "color": _by_factor(color.saturation),
    "contrast": _by_factor(color.contrast),
    "sharpness": _by_factor(color.sharpness),
    # Strength 0 keeps all 8 bits, and 1 keeps 4.
    "posterize": lambda clip, strength, *_: color.posterize(clip, 8 - tf.round(4 * strength)),
    # Strength 0 inverts values from 255 on, and 1 inverts all of them.
    "solarize": lambda clip, strength, *_: color.solarize(clip, 255 * (1 - strength)),
    "autocontrast": lambda clip, *_: color.autocontrast(clip),
    "equalize": lambda clip, *_: color.equalize(clip),
}
