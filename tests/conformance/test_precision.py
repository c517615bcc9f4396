"""Half precision and float64: dtypes, overflow and accuracy."""

import backend
import keras
import numpy as np
import pytest
from conformance.cases import each_case, trained

host = keras.ops.convert_to_numpy


@each_case
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_is_close_to_float32(case, policy):
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


@each_case
@pytest.mark.skipif(backend.NAME == "jax", reason="JAX has float64 for all of a process or not")
def test_float64_keeps_its_precision(case):
    """In float32 the error would be a hundred million times as large."""
    layer = trained(case.make(dtype="float64"), case)
    x = case.input().astype("float64")
    assert keras.backend.standardize_dtype(layer(x, training=False).dtype) == "float64"
    first, second = (host(layer(factor * x, training=False)) for factor in (1.0, 1.0 + 2.0**-40))
    assert np.abs(second - first).max() > 0
    np.testing.assert_allclose(second, first, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(first, host(_in_float32(layer, case)), rtol=1e-3, atol=1e-4)


def _in_float32(layer, case):
    single = case.make(dtype="float32")
    single.build(case.shape)
    single.set_weights(layer.get_weights())
    return single(case.input(), training=False)
