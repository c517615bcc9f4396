"""Batch, time, height and width may be unknown when a model is built."""

import keras
import numpy as np
from backend import NAME, answer
from conformance.cases import each_case, trained


@each_case
def test_a_model_of_unknown_sizes_gives_the_same_answer(case):
    layer = trained(case.make(), case)
    free = [None] * (len(case.shape) - 2)
    model = keras.Sequential([keras.Input((*free, case.shape[-1])), layer])
    assert model.output_shape == (None, *free, case.shape[-1])
    larger = np.concatenate([case.input(), case.input(1)[:1]], axis=0)
    larger = np.concatenate([larger, larger], axis=1)  # another batch and another length
    for x in (case.input(), larger):
        fixed = keras.ops.convert_to_numpy(layer(x, training=False))
        np.testing.assert_allclose(ask(model, x), fixed, rtol=1e-5, atol=1e-5)


def ask(model, x):
    """By its graph on TensorFlow, which has one for all sizes; the others make one for each."""
    return model.predict(x, verbose=0) if NAME == "tensorflow" else answer(model, x)


@each_case
def test_the_symbolic_shape_is_the_shape(case):
    symbol = case.make()(keras.KerasTensor((None, *case.shape[1:])))
    assert tuple(symbol.shape) == (None, *case.shape[1:])
    assert case.make().compute_output_shape(case.shape) == case.shape
