"""Colors against formulas written out, and Pillow's enhancers and operations."""

import colorsys

import numpy as np
import pytest
from augmentation.cases import clips

from keras_nonlocal import augmentation
from keras_nonlocal.augmentation.functional import color
from keras_nonlocal.augmentation.functional.operations import OPERATIONS

LUMINANCE = np.array([0.299, 0.587, 0.114])
CLIP = clips(1, 2, (16, 18))[0]
FLOATS = CLIP.astype("float32")


def in_range(values):
    return np.clip(values, 0, 255)


@pytest.mark.parametrize("factor", [0.0, 0.6, 1.0, 1.7])
def test_factors_follow_their_formulas(factor):
    gray = (FLOATS * LUMINANCE).sum(-1, keepdims=True)
    expected = {
        color.brightness: FLOATS * factor,
        color.contrast: gray.mean() + (FLOATS - gray.mean()) * factor,
        color.saturation: gray + (FLOATS - gray) * factor,
    }
    for function, values in expected.items():
        np.testing.assert_allclose(function(FLOATS, factor), in_range(values), atol=1e-3)


@pytest.mark.parametrize("turn", [-0.4, 0.0, 0.1])
def test_hue_turns_as_colorsys_does(turn):
    turned = color.hue(FLOATS[:1, :3, :3], turn).numpy()
    for pixel, value in zip(FLOATS[0, :3, :3].reshape(-1, 3), turned.reshape(-1, 3), strict=True):
        hue, saturation, brightness = colorsys.rgb_to_hsv(*pixel / 255)
        expected = np.array(colorsys.hsv_to_rgb((hue + turn) % 1, saturation, brightness)) * 255
        np.testing.assert_allclose(value, expected, atol=0.01)


def test_jitter_draws_each_factor_within_its_range():
    gray = np.full((50, 1, 2, 2, 3), 100, "float32")
    seeds = np.stack([np.arange(50), np.zeros(50)], 1).astype("int32")
    values = augmentation.RandomColorJitter(brightness=0.3).augment(gray, None, seeds)[0].numpy()
    assert 70 <= values.min() < 75
    assert 125 < values.max() <= 130


def pillow():
    pytest.importorskip("PIL", reason="Pillow is not installed")
    from PIL import Image, ImageEnhance, ImageOps

    return Image, ImageEnhance, ImageOps


def one_frame(picture):
    return picture[None].astype("float32")


def test_operations_on_values_are_pillows():
    image, enhance, ops = pillow()
    picture = image.fromarray(CLIP[0] // 2 + 40)
    values = one_frame(np.asarray(picture))
    expected = {
        "brightness": enhance.Brightness(picture).enhance(1.27),
        "color": enhance.Color(picture).enhance(1.27),
        "contrast": enhance.Contrast(picture).enhance(1.27),
        "sharpness": enhance.Sharpness(picture).enhance(1.27),
        "posterize": ops.posterize(picture, 7),
        "solarize": ops.solarize(picture, 179),
        "autocontrast": ops.autocontrast(picture),
        "equalize": ops.equalize(picture),
        "identity": picture,
    }
    for name, result in expected.items():
        changed = OPERATIONS[name](values, 0.3, 1.0, 0.0).numpy() if name != "identity" else values
        # Pillow cuts to whole numbers between its steps.
        assert np.abs(changed[0] - np.asarray(result).astype(float)).max() <= 1.5, name


def test_moves_are_pillows_away_from_the_edge():
    image, _, _ = pillow()
    smooth = np.add.outer(np.arange(40) * 2, np.arange(50) * 3)[..., None] % 256 + np.zeros(3)
    smooth = np.minimum(smooth, 250).astype("uint8")
    picture = image.fromarray(smooth)
    affine, bilinear = image.Transform.AFFINE, image.Resampling.BILINEAR
    angle = np.radians(9)
    turned = picture.rotate(np.degrees(angle), bilinear)
    expected = {
        "shear_x": picture.transform((50, 40), affine, (1, 0.09, 0, 0, 1, 0), bilinear),
        "shear_y": picture.transform((50, 40), affine, (1, 0, 0, 0.09, 1, 0), bilinear),
        "translate_x": picture.transform(
            (50, 40), affine, (1, 0, 0.3 * 50 * 150 / 331, 0, 1, 0), bilinear
        ),
        "translate_y": picture.transform(
            (50, 40), affine, (1, 0, 0, 0, 1, 0.3 * 40 * 150 / 331), bilinear
        ),
        "rotate": turned,
    }
    for name, result in expected.items():
        changed = OPERATIONS[name](one_frame(smooth), 0.3, 1.0, 0.0).numpy()[0]
        difference = np.abs(changed - np.asarray(result).astype(float))
        assert np.quantile(difference, 0.9) <= 1.5, name
        assert changed.min() == 0, name  # what came in from outside


def test_tables_are_of_the_clip_and_not_of_each_frame():
    dark, bright = np.full((1, 8, 8, 3), 50, "float32"), np.full((1, 8, 8, 3), 100, "float32")
    both = np.concatenate([dark, bright])
    assert np.unique(color.autocontrast(both)).tolist() == [0, 255]
    assert np.unique(color.autocontrast(dark)).tolist() == [50]


def test_rand_augment_of_magnitude_nothing_is_within_reach_of_the_clip():
    layer = augmentation.RandAugment(num_layers=1, magnitude=0)
    seeds = np.stack([np.arange(40), np.ones(40)], 1).astype("int32")
    same = np.repeat(clips(1, 1), 40, 0)
    changed = layer.augment(same, None, seeds)[0].numpy()
    kept = [(clip == same[0]).all() for clip in changed]
    assert 0.6 < np.mean(kept) < 1  # eleven of fourteen do nothing, not autocontrast, equalize
