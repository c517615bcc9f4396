"""Backbones: features without a classifier, and saving."""

import keras
import numpy as np
import pytest
from backend import answer

from keras_nonlocal import models
from keras_nonlocal.backbones import Backbone


def clip(frames):
    shape = (2, frames, 64, 80, 3)
    return np.random.default_rng(0).normal(size=shape).astype("float32")


@pytest.mark.parametrize("pooling", [None, "avg", "max"])
def test_features_without_classifier(pooling):
    model = models.nl_i3d_small(include_top=False, pooling=pooling, variant="official_8x8")
    assert isinstance(model, Backbone)
    expected = (2, 128) if pooling else (2, 4, 2, 3, 128)
    assert model.predict(clip(8), verbose=0).shape == expected
    assert list(model.pyramid_outputs) == ["P2", "P3", "P4", "P5"]


@pytest.mark.parametrize(
    ("output_stride", "levels"),
    [
        (32, {"P2": "res2_1_out", "P3": "res3_1_out", "P4": "res4_1_out", "P5": "res5_1_out"}),
        (16, {"P2": "res2_1_out", "P3": "res3_1_out", "P4": "res5_1_out"}),
        (8, {"P2": "res2_1_out", "P3": "res5_1_out"}),
        (4, {"P2": "res5_1_out"}),
    ],
)
def test_levels_have_the_strides_of_their_names(output_stride, levels):
    options = {"include_top": False, "input_shape": (64, 128, 3), "output_stride": output_stride}
    features = models.fcn_small(**options)
    assert features.pyramid_level_inputs == levels
    for level, output in features.pyramid_outputs.items():
        stride = 2 ** int(level[1:])
        assert output.shape[1:3] == (64 // stride, 128 // stride)
    assert features.embedding_dims == [
        output.shape[-1] for output in features.pyramid_outputs.values()
    ]
    assert list(features.stage_outputs) == ["res2", "res3", "res4", "res5"]


def test_pyramid_outputs_after_saving(tmp_path):
    model = models.nl_i3d_small(include_top=False)
    model.save(tmp_path / "features.keras")
    again = keras.models.load_model(tmp_path / "features.keras")
    assert isinstance(again, Backbone)
    assert again.pyramid_level_inputs == model.pyramid_level_inputs
    x = clip(16)
    np.testing.assert_array_equal(answer(again, x), answer(model, x))
