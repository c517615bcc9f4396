"""RandAugment and its operations against Pillow."""

import numpy as np
import pytest
from augmentation.cases import clips

from keras_nonlocal import augmentation
from keras_nonlocal.augmentation.functional.operations import OPERATIONS


def pillow():
    pytest.importorskip("PIL", reason="Pillow is not installed")
    from PIL import Image, ImageEnhance, ImageOps

    return Image, ImageEnhance, ImageOps


def one_frame(image):
    return image[None].astype("float32")


def test_color_operations_match_pillow():
    image, enhance, ops = pillow()
    frame = image.fromarray(clips(1, 1, (16, 18))[0, 0] // 2 + 40)
    values = one_frame(np.asarray(frame))
    expected = {
        "brightness": enhance.Brightness(frame).enhance(1.27),
        "color": enhance.Color(frame).enhance(1.27),
        "contrast": enhance.Contrast(frame).enhance(1.27),
        "sharpness": enhance.Sharpness(frame).enhance(1.27),
        "posterize": ops.posterize(frame, 7),
        "solarize": ops.solarize(frame, 179),
        "autocontrast": ops.autocontrast(frame),
        "equalize": ops.equalize(frame),
        "identity": frame,
    }
    for name, result in expected.items():
        changed = OPERATIONS[name](values, 0.3, 1.0, 0.0).numpy() if name != "identity" else values
        # Pillow truncates to integers between its steps.
        assert np.abs(changed[0] - np.asarray(result).astype(float)).max() <= 1.5, name


def test_affine_operations_match_pillow_away_from_the_edge():
    image, _, _ = pillow()
    smooth = np.add.outer(np.arange(40) * 2, np.arange(50) * 3)[..., None] % 256 + np.zeros(3)
    smooth = np.minimum(smooth, 250).astype("uint8")
    frame = image.fromarray(smooth)
    affine, bilinear = image.Transform.AFFINE, image.Resampling.BILINEAR
    angle = np.radians(9)
    turned = frame.rotate(np.degrees(angle), bilinear)
    expected = {
        "shear_x": frame.transform((50, 40), affine, (1, 0.09, 0, 0, 1, 0), bilinear),
        "shear_y": frame.transform((50, 40), affine, (1, 0, 0, 0.09, 1, 0), bilinear),
        "translate_x": frame.transform(
            (50, 40), affine, (1, 0, 0.3 * 50 * 150 / 331, 0, 1, 0), bilinear
        ),
        "translate_y": frame.transform(
            (50, 40), affine, (1, 0, 0, 0, 1, 0.3 * 40 * 150 / 331), bilinear
        ),
        "rotate": turned,
    }
    for name, result in expected.items():
        changed = OPERATIONS[name](one_frame(smooth), 0.3, 1.0, 0.0).numpy()[0]
        difference = np.abs(changed - np.asarray(result).astype(float))
        assert np.quantile(difference, 0.9) <= 1.5, name
        assert changed.min() == 0, name  # pixels from outside the frame


def test_magnitude_zero_changes_nothing_but_contrast_and_histogram():
    layer = augmentation.RandAugment(num_layers=1, magnitude=0)
    seeds = np.stack([np.arange(40), np.ones(40)], 1).astype("int32")
    same = np.repeat(clips(1, 1), 40, 0)
    changed = layer.augment(same, None, seeds)[0].numpy()
    unchanged = [(clip == same[0]).all() for clip in changed]
    assert 0.6 < np.mean(unchanged) < 1  # autocontrast and equalize have no magnitude
