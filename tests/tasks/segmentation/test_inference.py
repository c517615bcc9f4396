"""Labels of whole images: windows, scales, mirror images and strips against NumPy."""

import keras
import numpy as np
import pytest

from keras_nonlocal import models
from keras_nonlocal.images import ImageSpec
from keras_nonlocal.ops import resize_bilinear
from keras_nonlocal.tasks.segmentation import inference
from keras_nonlocal.tasks.segmentation.inference import ImageLabeler, windows

CLASSES = 5


@pytest.fixture(scope="module", params=[False, True], ids=["areas", "corners"])
def model(request):
    keras.utils.set_random_seed(0)
    network = models.fcn_small(classes=CLASSES, align_corners=request.param)
    logits = network.get_layer("logits")  # without training all pixels would be of one class
    logits.set_weights([w * 40 for w in logits.get_weights()])
    return network


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(1).integers(0, 256, (46, 70, 3), "uint8")


def normalized(pixels, spec):
    return ((pixels - np.array(spec.mean)) / spec.std).astype("float32")


def logits_of(model, pixels, spec):
    """At the size of the pixels."""
    return keras.ops.convert_to_numpy(model(normalized(pixels, spec)[None], training=False))[0]


def assert_alike(found, logits):
    """The labels are the largest logits, but for ties within rounding."""
    best = np.sort(logits, axis=-1)
    clear = best[..., -1] - best[..., -2] > 1e-3 * np.abs(logits).max()
    assert clear.mean() > 0.9
    np.testing.assert_array_equal(found[clear], logits.argmax(-1)[clear])


def test_whole_images(model, image):
    spec = ImageSpec()
    found = ImageLabeler(model, spec)(image)
    assert (found.dtype, found.shape) == (np.uint8, image.shape[:2])
    assert len(np.unique(found)) > 1
    assert_alike(found, logits_of(model, image, spec))


def test_strips_change_nothing(model, image, monkeypatch):
    spec = ImageSpec(resize=(90, 60))
    whole = ImageLabeler(model, spec)(image)
    monkeypatch.setattr(inference, "STRIP_BYTES", 4 * CLASSES * image.shape[1] * 7)
    np.testing.assert_array_equal(ImageLabeler(model, spec)(image), whole)


def test_windows_are_averaged(model, image):
    """Each window by itself, at its own size; the last ones are moved back inside."""
    spec = ImageSpec(window=(32, 40), window_stride=(20, 25))
    total, counts = np.zeros((46, 70, CLASSES)), np.zeros((46, 70, 1))
    for top in (0, 14):
        for left in (0, 25, 30):
            place = np.s_[top : top + 32, left : left + 40]
            total[place] += logits_of(model, image[place], spec)
            counts[place] += 1
    assert_alike(ImageLabeler(model, spec)(image), total / counts)


def test_scales_and_mirror_images_are_averaged(model, image):
    spec = ImageSpec(scales=(1.0, 1.5), flip=True)
    align = model.get_layer("logits_resize").align_corners
    total = 0
    for scale in spec.scales:
        size = spec.resized(46, 70, scale)
        pixels = keras.ops.image.resize(image.astype("float32"), size)
        pixels = keras.ops.convert_to_numpy(pixels)
        for flip in (1, -1):
            maps = logits_of(model, pixels[:, ::flip], spec)
            maps = resize_bilinear(maps[None], (46, 70), align_corners=align)[0]
            total = total + keras.ops.convert_to_numpy(keras.ops.softmax(maps))[:, ::flip]
    found = ImageLabeler(model, spec)(image)
    assert (found == total.argmax(-1)).mean() > 0.97  # resizing twice or once differs at borders


def test_places_of_windows():
    assert list(windows((10, 10), (10, 10), (4, 4))) == [(0, 0)]
    assert list(windows((8, 12), (10, 10), (4, 4))) == [(0, 0), (0, 2)]
    assert [top for top, _ in windows((100, 5), (40, 5), (30, 5))] == [0, 30, 60]


def test_weights_and_logits_that_are_no_numbers_give_no_labels(image):
    """Kernels of ReLU and max pooling turn NaN into zero, so the labels would look plausible."""
    network = models.fcn_small(classes=2)
    labeler = ImageLabeler(network, ImageSpec())
    kernel = network.get_layer("logits").kernel
    kernel.assign(np.full(kernel.shape, np.nan))
    with pytest.raises(Exception, match="The logits of 'fcn_small'"):
        labeler(image)
    with pytest.raises(ValueError, match=r"finite numbers.*logits/kernel"):
        ImageLabeler(network, ImageSpec())
