"""Half precision: the dtype policy is kept, nothing overflows, values stay close to float32."""

import keras
import numpy as np
import pytest
from conformance.cases import each_case, trained


@each_case
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_stays_close_to_float32(case, policy):
    half, full = trained(case.make(dtype=policy), case), trained(case.make(), case)
    assert {weight.dtype for weight in half.weights} == {"float32"}
    x = case.input()
    y = half(x, training=False)
    assert keras.backend.standardize_dtype(y.dtype) == policy.split("_")[1]
    expected = keras.ops.convert_to_numpy(full(x, training=False))
    actual = keras.ops.convert_to_numpy(keras.ops.cast(y, "float32"))
    error = np.abs(actual - expected).max() / np.abs(expected).max()
    assert error < (0.05 if policy == "mixed_bfloat16" else 0.01)


@each_case
def test_large_activations_do_not_overflow_in_float16(case):
    layer = case.make(dtype="mixed_float16")
    y = layer(300 * case.input(), training=False)
    assert np.isfinite(keras.ops.convert_to_numpy(keras.ops.cast(y, "float32"))).all()
