"""How an image becomes the input of a detector."""

import numpy as np
import pytest
from PIL import Image

from keras_nonlocal.augmentation.joint.resize import short_side_size
from keras_nonlocal.images import DetectionImage

SPEC = DetectionImage(40, 60, mean=(10.0, 20.0, 30.0), std=(1.0, 2.0, 4.0))


def random_image(height, width):
    return np.random.default_rng(height).integers(0, 256, (height, width, 3), "uint8")


def test_training_and_testing_agree_about_sizes():
    spec = DetectionImage()
    for size in np.random.default_rng(1).integers(20, 2000, (60, 2)).tolist():
        assert list(spec.resized(*size)) == short_side_size(size, 800, 1333).numpy().tolist()
    assert spec.resized(1, 5000) == (1, 1333)


def test_pixels_are_scaled_by_pillow_and_normalized():
    image = random_image(80, 100)
    expected = np.asarray(Image.fromarray(image).resize((50, 40), Image.Resampling.BILINEAR))
    found = SPEC.prepared(image)
    for channel in range(3):
        pixels = found[..., channel] * SPEC.std[channel] + SPEC.mean[channel]
        np.testing.assert_allclose(pixels, expected[..., channel], atol=1e-4)
    bgr = DetectionImage(40, 60, SPEC.mean, SPEC.std, "bgr")
    np.testing.assert_array_equal(bgr.prepared(image), found[..., ::-1])
    for spec in (SPEC, bgr):
        np.testing.assert_array_equal(spec.pixels(spec.prepared(image)), expected)


def test_batches_are_padded_below_and_at_the_right():
    images = [random_image(80, 100), random_image(50, 40)]
    batch = SPEC.inputs(images)
    assert batch["sizes"].tolist() == [[40, 50], [50, 40]]
    assert batch["images"].shape == (2, 64, 64, 3)
    for image, array, (height, width) in zip(images, batch["images"], batch["sizes"], strict=True):
        np.testing.assert_array_equal(array[:height, :width], SPEC.prepared(image))
        assert not array[height:].any()
        assert not array[:, width:].any()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"short_side": 0}, "`short_side`"),
        ({"max_side": 1.5}, "`max_side`"),
        ({"std": (0, 1, 1)}, "`std`"),
        ({"mean": (1, 2)}, "`mean` must be 3"),
        ({"channel_order": "rbg"}, "'rgb', 'bgr'"),
    ],
)
def test_wrong_values_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        DetectionImage(**fields)
