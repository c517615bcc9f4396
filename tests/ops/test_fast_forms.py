"""Fast forms are exact: values and gradients against float64, over random sizes."""

import backend
import keras
import numpy as np
import oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_nonlocal import ops
from keras_nonlocal.ops import concatenation, fast_forms

FORMS = {
    "blocked": ("embedded_gaussian", lambda *x, **k: fast_forms.blocked(*x, block=16, **k)),
    "blocked_whole": ("gaussian", lambda *x, **k: fast_forms.blocked(*x, block=1000, **k)),
    "associated": ("dot_product", fast_forms.associated),
    "sorted": ("concatenation", concatenation.sorted_sums),
}
if backend.NAME == "torch":
    FORMS["fused"] = ("embedded_gaussian", fast_forms.fused)

sizes = st.tuples(
    st.integers(1, 3),
    st.integers(1, 150),
    st.integers(1, 150),
    st.integers(1, 9),
    st.integers(1, 9),
)


def relative_error(actual, expected):
    return np.abs(actual - expected).max() / max(np.abs(expected).max(), 1e-30)


def draw(instantiation, batch, n, m, d, c, seed, masked):
    rng = np.random.default_rng(seed)
    d = 1 if instantiation == "concatenation" else d
    arrays = [rng.normal(size=s).astype("float32") for s in ((batch, n, d), (batch, m, d))]
    g = rng.normal(size=(batch, m, c)).astype("float32")
    dy = rng.normal(size=(batch, n, c)).astype("float32")
    mask = rng.random((batch, m)) < 0.7 if masked else None
    return [*arrays, g], dy, mask


@pytest.mark.parametrize("form", FORMS)
@given(sizes=sizes, seed=st.integers(0, 2**31), masked=st.booleans())
@settings(max_examples=12, deadline=None, derandomize=True)
def test_values_and_gradients_equal_float64(form, sizes, seed, masked):
    instantiation, function = FORMS[form]
    arrays, dy, mask = draw(instantiation, *sizes, seed, masked)
    y, gradients = backend.value_and_gradients(
        lambda *tensors: function(*tensors, key_mask=mask), arrays, dy
    )
    expected, slopes = oracle.pairwise(instantiation, *arrays, dy, mask)
    assert relative_error(y, expected) <= 1e-5
    scale = max(
        np.abs(slope).max() for slope in slopes
    )  # a single gradient may be zero up to rounding
    for gradient, slope in zip(gradients, slopes, strict=True):
        assert np.abs(gradient - slope).max() <= 1e-5 * scale


@pytest.mark.parametrize("form", FORMS)
def test_a_large_case_equals_float64(form):
    instantiation, function = FORMS[form]
    arrays, dy, mask = draw(instantiation, 1, 1500, 900, 32, 32, seed=5, masked=True)
    y, gradients = backend.value_and_gradients(
        lambda *tensors: function(*tensors, key_mask=mask), arrays, dy
    )
    expected, slopes = oracle.pairwise(instantiation, *arrays, dy, mask)
    assert relative_error(y, expected) <= 1e-5
    for gradient, slope in zip(gradients, slopes, strict=True):
        assert relative_error(gradient, slope) <= 1e-5


def test_sorted_is_exact_far_from_zero():
    arrays, dy, _ = draw("concatenation", 1, 400, 300, 1, 8, seed=3, masked=False)
    arrays[0] += 100
    arrays[1] -= 100
    y, gradients = backend.value_and_gradients(concatenation.sorted_sums, arrays, dy)
    expected, slopes = oracle.pairwise("concatenation", *arrays, dy)
    assert relative_error(y, expected) <= 1e-5
    for gradient, slope in zip(gradients, slopes, strict=True):
        assert relative_error(gradient, slope) <= 1e-5


def test_sorted_handles_equal_scores():
    theta = np.array([[[0.0], [1.0], [-1.0]]], "float32")
    phi = np.array([[[1.0], [1.0], [0.0], [-1.0], [0.0]]], "float32")
    g = np.arange(10, dtype="float32").reshape(1, 5, 2)
    y = keras.ops.convert_to_numpy(concatenation.sorted_sums(theta, phi, g))
    np.testing.assert_allclose(y, oracle.pairwise_loops("concatenation", theta, phi, g), atol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("form", ["dense", *FORMS])
def test_half_precision_does_not_overflow(form, dtype):
    """|theta . phi| is about 144 * 512 here, beyond the largest float16 number, 65504."""
    instantiation, function = FORMS.get(form, ("embedded_gaussian", None))
    function = function or (lambda *x: ops.dense(instantiation, *x))
    depth = 1 if instantiation == "concatenation" else 512
    theta = keras.ops.full((1, 40, depth), 12.0, dtype=dtype)
    phi = keras.ops.full((1, 30, depth), 12.0, dtype=dtype)
    g = keras.ops.full((1, 30, 4), 0.5 if depth == 1 else 2**-7, dtype=dtype)
    y = function(theta, phi, g)
    assert keras.backend.standardize_dtype(y.dtype) == dtype
    share = {"dot_product": 144 * 512.0, "concatenation": 24.0}.get(instantiation, 1.0)
    expected = share * float(keras.ops.convert_to_numpy(keras.ops.cast(g, "float32"))[0, 0, 0])
    actual = keras.ops.convert_to_numpy(keras.ops.cast(y, "float32"))
    np.testing.assert_allclose(actual, expected, rtol=1e-2)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.skipif(backend.NAME != "tensorflow", reason="tf.function is TensorFlow's")
def test_dynamic_shapes_and_xla(form):
    import tensorflow as tf

    instantiation, function = FORMS[form]
    arrays, dy, _ = draw(instantiation, 2, 70, 45, 6, 5, seed=1, masked=False)
    expected, slopes = oracle.pairwise(instantiation, *arrays, dy)

    def run(*tensors):
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            y = function(*tensors)
        return y, tape.gradient(y, tensors, output_gradients=dy)

    dynamic = [tf.TensorSpec((None, None, array.shape[2])) for array in arrays]
    for compiled in (tf.function(run, dynamic), tf.function(run, jit_compile=True)):
        y, gradients = compiled(*map(tf.constant, arrays))
        assert relative_error(y.numpy(), expected) <= 1e-5
        for gradient, slope in zip(gradients, slopes, strict=True):
            assert relative_error(gradient.numpy(), slope) <= 1e-5
