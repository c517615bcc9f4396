"""Layers work eagerly, on one clip, in functional models and in `fit`."""

import keras
import numpy as np
import pytest
from augmentation.cases import CASES, LABELS, SMALL, clips, each_layer

from keras_nonlocal import augmentation

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="inside models they need TensorFlow"
)


@each_layer
def test_one_clip_comes_out_as_one_clip(case):
    if case.rows:
        with pytest.raises(ValueError, match="batch them first"):
            case.make()((clips()[0], LABELS[0]))
        return
    changed, label = case.make()((clips()[0], LABELS[0]))
    assert changed.shape == (case.shape(1) if case.copies > 1 else case.shape()[1:])
    assert np.ravel(label).tolist() == [0] * case.copies


@each_layer
def test_a_model_of_unknown_sizes_says_and_gives_shape_and_type(case):
    inputs = keras.Input((None, None, None, 3), dtype="uint8"), keras.Input((), dtype="int32")
    changed, labels = case.make()(inputs)
    kept = (None, None) if case.name == "resize" else case.height_and_width
    free = (None, None, *(kept if kept == SMALL else (None, None)), 3)
    assert changed.shape == free
    values, rows = keras.Model(inputs, [changed, labels]).predict((clips(), LABELS), verbose=0)
    assert values.shape == case.shape()
    assert values.dtype == changed.dtype
    assert rows.dtype == labels.dtype
    assert rows.ndim == len(labels.shape)


@each_layer
def test_known_sizes_are_computed(case):
    symbols = keras.KerasTensor((3, 4, 20, 26, 3)), keras.KerasTensor((3,), dtype="int32")
    changed, labels = case.make()(symbols)
    assert changed.shape == case.shape()
    assert labels.shape == ((3, case.rows) if case.rows else (3 * case.copies,))


@pytest.mark.parametrize(
    "case", [case for case in CASES if not case.rows and case.copies == 1], ids=lambda c: c.name
)
def test_a_model_with_the_layer_inside_trains(case):
    layer = case.make(veto=()) if case.name == "flip" else case.make()
    model = keras.Sequential(
        [
            keras.Input((None, None, None, 3)),
            layer,
            keras.layers.GlobalAveragePooling3D(),
            keras.layers.Dense(3),
        ]
    )
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    assert np.isfinite(model.train_on_batch(clips(dtype="float32") / 255, LABELS))


def test_fit_switches_chance_on_and_predict_switches_it_off():
    model = keras.Sequential([keras.Input((4, 20, 26, 3)), augmentation.RandomFlip(p=1.0)])
    x = clips(dtype="float32")
    np.testing.assert_array_equal(model.predict(x, verbose=0), x)
    model.compile(loss="mse")
    assert model.evaluate(x, x, verbose=0) == 0
    assert model.fit(x, x, verbose=0).history["loss"][0] > 0
