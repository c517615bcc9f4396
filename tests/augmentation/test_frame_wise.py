"""FrameWise: image layers of Keras and KerasCV make one draw for each clip."""

import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from augmentation.cases import clips, still_clips

from keras_nonlocal.augmentation import FrameWise

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="KerasCV's layers need TensorFlow"
)

KERAS = [
    keras.layers.RandomRotation(0.2, seed=1),
    keras.layers.RandomCrop(12, 12, seed=1),
    keras.layers.RandomContrast(0.5, seed=1),
]
KERAS_CV = {
    "RandomHue": {"factor": 0.5, "value_range": (0, 255)},
    "RandomRotation": {"factor": 0.2},
    "RandomCrop": {"height": 12, "width": 12},
    "RandomCropAndResize": {
        "target_size": (12, 12),
        "crop_area_factor": (0.3, 0.8),
        "aspect_ratio_factor": (0.8, 1.2),
    },
    "RandomCutout": {"height_factor": 0.3, "width_factor": 0.3},
    "RandomGaussianBlur": {"kernel_size": 3, "factor": (0.5, 1.0)},
    "RandomChannelShift": {"factor": 0.4, "value_range": (0, 255)},
    "GridMask": {},
}


def check_one_draw_per_clip(layer):
    still, layer = still_clips(), FrameWise(layer)
    shape = layer.compute_output_shape(still.shape)
    for changed in (layer(still), next(iter(tf.data.Dataset.from_tensors(still).map(layer)))):
        assert changed.shape == shape
        assert changed.dtype == "uint8"
        changed = changed.numpy().astype(int)
        assert np.abs(changed - changed[:, :1]).max() <= 1
        assert len(np.unique(changed[:, 0].reshape(6, -1), axis=0)) > 2
        assert changed.shape != still.shape or (changed != still).any()


@pytest.mark.parametrize("layer", KERAS, ids=lambda layer: layer.name)
def test_keras_layers_draw_once_per_clip(layer):
    check_one_draw_per_clip(layer)


@pytest.mark.parametrize("name", KERAS_CV)
def test_keras_cv_layers_draw_once_per_clip(name):
    keras_cv = pytest.importorskip("keras_cv", reason="KerasCV is not installed (extra `cv`)")
    check_one_draw_per_clip(getattr(keras_cv.layers, name)(seed=1, **KERAS_CV[name]))


def test_keras_cv_flip_mirrors_original_clips():
    keras_cv = pytest.importorskip("keras_cv", reason="KerasCV is not installed (extra `cv`)")
    original = np.random.default_rng(0).integers(0, 256, (8, 3, 10, 12, 3)).astype("uint8")
    changed = FrameWise(keras_cv.layers.RandomFlip("horizontal", seed=4))(original).numpy()
    flipped = [
        (clip[:, :, ::-1] == result).all() for clip, result in zip(original, changed, strict=True)
    ]
    unchanged = [(clip == result).all() for clip, result in zip(original, changed, strict=True)]
    assert [one != other for one, other in zip(flipped, unchanged, strict=True)] == [True] * 8
    assert 0 < sum(flipped) < 8


@pytest.mark.parametrize(
    "name", ["AugMix", "CutMix", "MixUp", "Mosaic", "RandAugment", "RandomColorJitter"]
)
def test_keras_cv_layers_that_draw_again_are_refused(name):
    keras_cv = pytest.importorskip("keras_cv", reason="KerasCV is not installed (extra `cv`)")
    needed = {"AugMix", "RandAugment"}
    layer = getattr(keras_cv.layers, name)
    arguments = {"value_range": (0, 255)} if name in needed else {}
    if name == "RandomColorJitter":
        arguments = {"value_range": (0, 255), **dict.fromkeys(("hue_factor",), 0.2)}
        arguments |= {f"{each}_factor": 0.2 for each in ("brightness", "contrast", "saturation")}
    with pytest.raises(ValueError, match="image layer"):
        FrameWise(layer(**arguments))


def test_keras_cv_layers_can_be_saved_and_loaded(tmp_path):
    keras_cv = pytest.importorskip("keras_cv", reason="KerasCV is not installed (extra `cv`)")
    layer = FrameWise(keras_cv.layers.RandomSaturation((0.2, 0.9), seed=1))
    keras.Sequential([keras.Input((None, 20, 26, 3)), layer]).save(tmp_path / "cv.keras")
    again = keras.models.load_model(tmp_path / "cv.keras").layers[-1]
    assert isinstance(again.layer, keras_cv.layers.RandomSaturation)
    assert again.get_config() == layer.get_config()


def test_a_missing_keras_cv_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "keras_cv", None)
    config = {"layer": {"registered_name": "keras_cv.layers>RandomHue", "config": {}}}
    with pytest.raises(ImportError, match=r'pip install "keras_nonlocal\[cv\]"'):
        FrameWise.from_config(config)


def test_values_outside_uint8_are_clipped():
    layer = FrameWise(keras.layers.Resizing(17, 15, interpolation="bicubic"))
    images = np.where(clips(6) > 127, 255, 0).astype("uint8")
    exact = layer(images.astype("float32")).numpy()
    assert exact.max() > 256
    np.testing.assert_allclose(layer(images), np.clip(exact, 0, 255), atol=0.51)


def test_uint8_is_exact_under_mixed_precision():
    layer = FrameWise(
        keras.layers.RandomRotation(0.0, dtype="mixed_bfloat16"), dtype="mixed_bfloat16"
    )
    np.testing.assert_array_equal(layer(clips()), clips())
