"""Layers called eagerly, on one clip, in functional models and in `fit`."""

import keras
import numpy as np
import pytest
from augmentation.cases import CASES, LABELS, SMALL, clips, each_layer

from keras_nonlocal import augmentation

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="inside models they need TensorFlow"
)


@each_layer
def test_a_single_clip_is_accepted(case):
    if case.num_classes:
        with pytest.raises(ValueError, match="batch them first"):
            case.make()((clips()[0], LABELS[0]))
        return
    changed, label = case.make()((clips()[0], LABELS[0]))
    assert changed.shape == (case.shape(1) if case.copies > 1 else case.shape()[1:])
    assert np.ravel(label).tolist() == [0] * case.copies


@each_layer
def test_symbolic_shape_and_dtype_match_the_output(case):
    inputs = keras.Input((None, None, None, 3), dtype="uint8"), keras.Input((), dtype="int32")
    changed, labels = case.make()(inputs)
    size = (None, None) if case.name == "resize" else case.height_and_width
    expected = (None, None, *(size if size == SMALL else (None, None)), 3)
    assert changed.shape == expected
    values, rows = keras.Model(inputs, [changed, labels]).predict((clips(), LABELS), verbose=0)
    assert values.shape == case.shape()
    assert values.dtype == changed.dtype
    assert rows.dtype == labels.dtype
    assert rows.ndim == len(labels.shape)


@each_layer
def test_compute_output_shape_of_known_sizes(case):
    symbols = keras.KerasTensor((3, 4, 20, 26, 3)), keras.KerasTensor((3,), dtype="int32")
    changed, labels = case.make()(symbols)
    assert changed.shape == case.shape()
    assert labels.shape == ((3, case.num_classes) if case.num_classes else (3 * case.copies,))


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if not case.num_classes and case.copies == 1],
    ids=lambda c: c.name,
)
def test_a_model_with_the_layer_can_be_trained(case):
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


def test_layers_are_random_in_fit_and_not_in_predict():
    model = keras.Sequential([keras.Input((4, 20, 26, 3)), augmentation.RandomFlip(p=1.0)])
    x = clips(dtype="float32")
    np.testing.assert_array_equal(model.predict(x, verbose=0), x)
    model.compile(loss="mse")
    assert model.evaluate(x, x, verbose=0) == 0
    assert model.fit(x, x, verbose=0).history["loss"][0] > 0
