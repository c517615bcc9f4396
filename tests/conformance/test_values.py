"""Values of a layer against the definition in the paper."""

import keras
import numpy as np
import oracle
from conformance.cases import each_case, each_non_local, trained


@each_case
def test_layer_equals_loops_in_float64(case):
    layer = trained(case.make(), case)
    x = case.input()
    y = keras.ops.convert_to_numpy(layer(x, training=False))
    np.testing.assert_allclose(y, oracle.block(layer, x), rtol=2e-5, atol=2e-5)


@each_non_local
def test_dense_method_gives_the_same_values(case):
    layer = trained(case.make(), case)
    dense = trained(case.make(method="dense"), case)
    x = case.input()
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(layer(x, training=False)),
        keras.ops.convert_to_numpy(dense(x, training=False)),
        rtol=1e-5,
        atol=1e-5,
    )


@each_case
def test_integer_input_is_cast(case):
    layer = trained(case.make(), case)
    pixels = np.random.default_rng(0).integers(0, 4, case.shape).astype("uint8")
    outputs = [layer(x, training=False) for x in (pixels, pixels.astype("float32"))]
    np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, outputs))
