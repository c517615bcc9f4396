"""Models with unknown batch, time, height and width."""

import keras
import numpy as np
from backend import NAME, answer
from conformance.cases import each_case, trained


@each_case
def test_dynamic_shapes_equal_static_shapes(case):
    layer = trained(case.make(), case)
    free = [None] * (len(case.shape) - 2)
    model = keras.Sequential([keras.Input((*free, case.shape[-1])), layer])
    assert model.output_shape == (None, *free, case.shape[-1])
    larger = np.concatenate([case.input(), case.input(1)[:1]], axis=0)
    larger = np.concatenate([larger, larger], axis=1)  # another batch and another length
    for x in (case.input(), larger):
        np.testing.assert_allclose(predict(model, x), answer(layer, x), rtol=1e-5, atol=1e-5)


def predict(model, x):
    """Uses the graph on TensorFlow, which is traced once; other backends trace for each shape."""
    return model.predict(x, verbose=0) if NAME == "tensorflow" else answer(model, x)


@each_case
def test_symbolic_output_shape(case):
    symbol = case.make()(keras.KerasTensor((None, *case.shape[1:])))
    assert tuple(symbol.shape) == (None, *case.shape[1:])
    assert case.make().compute_output_shape(case.shape) == case.shape
