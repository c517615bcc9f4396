"""Color functions against their formulas, and RandomColorJitter."""

import colorsys

import numpy as np
import pytest
from augmentation.cases import clips

from keras_nonlocal import augmentation
from keras_nonlocal.augmentation.functional import color

LUMINANCE = np.array([0.299, 0.587, 0.114])
CLIP = clips(1, 2, (16, 18))[0]
FLOATS = CLIP.astype("float32")


def in_range(values):
    return np.clip(values, 0, 255)


@pytest.mark.parametrize("factor", [0.0, 0.6, 1.0, 1.7])
def test_color_functions_match_their_formulas(factor):
    gray = (FLOATS * LUMINANCE).sum(-1, keepdims=True)
    expected = {
        color.brightness: FLOATS * factor,
        color.contrast: gray.mean() + (FLOATS - gray.mean()) * factor,
        color.saturation: gray + (FLOATS - gray) * factor,
    }
    for function, values in expected.items():
        np.testing.assert_allclose(function(FLOATS, factor), in_range(values), atol=1e-3)


@pytest.mark.parametrize("turn", [-0.4, 0.0, 0.1])
def test_hue_matches_colorsys(turn):
    turned = color.hue(FLOATS[:1, :3, :3], turn).numpy()
    for pixel, value in zip(FLOATS[0, :3, :3].reshape(-1, 3), turned.reshape(-1, 3), strict=True):
        hue, saturation, brightness = colorsys.rgb_to_hsv(*pixel / 255)
        expected = np.array(colorsys.hsv_to_rgb((hue + turn) % 1, saturation, brightness)) * 255
        np.testing.assert_allclose(value, expected, atol=0.01)


def test_jitter_draws_factors_within_the_range():
    gray = np.full((50, 1, 2, 2, 3), 100, "float32")
    seeds = np.stack([np.arange(50), np.zeros(50)], 1).astype("int32")
    values = augmentation.RandomColorJitter(brightness=0.3).augment(gray, None, seeds)[0].numpy()
    assert 70 <= values.min() < 75
    assert 125 < values.max() <= 130


def test_autocontrast_uses_the_range_of_the_whole_clip():
    dark, bright = np.full((1, 8, 8, 3), 50, "float32"), np.full((1, 8, 8, 3), 100, "float32")
    both = np.concatenate([dark, bright])
    assert np.unique(color.autocontrast(both)).tolist() == [0, 255]
    assert np.unique(color.autocontrast(dark)).tolist() == [50]
