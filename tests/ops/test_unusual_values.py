"""Unusual values: huge, tiny, tied, equal, outlying, masked, NaN in another sample.

Each form is compared with float64. A masked key changes nothing, to the bit, whatever it holds.
"""

from functools import cache

import backend
import keras
import numpy as np
import oracle
import pytest

from keras_nonlocal.ops import planner

SIZES = ((5, 3, 2, 3), (70, 130, 4, 5), (257, 64, 3, 8))  # queries, keys, depth, channels
# Keras's matrix products on PyTorch give float32.
DOUBLE = 1e-6 if backend.NAME == "torch" else 1e-12
DTYPES = {"float16": 5e-3, "bfloat16": 4e-2, "float32": 1e-5, "float64": DOUBLE}
METHODS = [
    (instantiation, method)
    for instantiation, methods in planner.METHODS.items()
    for method in methods
    if method != "fused" or backend.NAME == "torch"
]
OUTLIER = 1e7


def normal(arrays, mask):
    return arrays


def scaled(factor):
    return lambda arrays, mask: [array * factor for array in arrays]


def tied(arrays, mask):
    return [np.round(array) for array in arrays]


def equal(arrays, mask):
    return [np.ones_like(array) for array in arrays]


def masked_outliers(arrays, mask):
    if mask is not None:
        for array in arrays[1:]:
            array[~mask] = 1e8
    return arrays


def masked_nan(arrays, mask):
    if mask is not None:
        for array in arrays[1:]:
            array[~mask] = np.nan
    return arrays


CASES = {
    "normal": normal,
    "huge": scaled(20.0),
    "tiny": scaled(1e-4),
    "tied": tied,
    "equal": equal,
    "masked outliers": masked_outliers,
    "masked NaN": masked_nan,
}


def masks(keys):
    half = np.arange(keys)[None].repeat(2, axis=0) < (keys + 1) // 2
    one = np.arange(keys)[None].repeat(2, axis=0) == keys // 2
    return None, half, one, np.stack([half[0], np.zeros(keys, bool)])  # the last: all masked


def arrays_of(instantiation, size, seed=0):
    rng, (n, m, depth, channels) = np.random.default_rng(seed), size
    depth = 1 if instantiation == "concatenation" else depth
    shapes = (2, n, depth), (2, m, depth), (2, m, channels)
    return [rng.normal(size=shape) for shape in shapes], rng.normal(size=(2, n, channels))


@cache
def compiled(instantiation, method):
    def function(theta, phi, g, key_mask=None):
        return planner.attend(instantiation, theta, phi, g, key_mask, method)

    return backend.differentiated(function)


def run(instantiation, method, arrays, dy, mask):
    others = [] if mask is None else [mask]
    return compiled(instantiation, method)(arrays, dy.astype("float32"), *others)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("instantiation", "method"), METHODS)
def test_values_and_gradients_equal_float64(instantiation, method, case):
    for size in SIZES:
        for mask in masks(size[1]):
            arrays, dy = arrays_of(instantiation, size)
            arrays = [array.astype("float32") for array in CASES[case](arrays, mask)]
            y, gradients = run(instantiation, method, arrays, dy, mask)
            clean = [arrays[0], *(without(array, mask) for array in arrays[1:])]
            expected, slopes = oracle.pairwise(instantiation, *clean, dy, mask)
            bound = 1e-5 + rounding_of_logits(instantiation, *clean[:2])
            assert np.abs(y - expected).max() <= bound * np.abs(expected).max()
            # What cancels in a gradient leaves rounding of its terms behind.
            terms = np.abs(dy).max() * np.abs(clean[2]).max()
            scale = max(terms, *(np.abs(slope).max() for slope in slopes))
            for gradient, slope in zip(gradients, slopes, strict=True):
                assert np.abs(gradient - slope).max() <= bound * scale


def rounding_of_logits(instantiation, theta, phi):
    """What rounding a logit to float32 does to its exponential."""
    if instantiation not in oracle.SOFTMAX:
        return 0.0
    return 2.0**-23 * np.abs(np.einsum("bnd,bmd->bnm", theta, phi)).max()


def without(array, mask):
    return array if mask is None else np.where(mask[..., None], array, 0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("instantiation", "method"), METHODS)
def test_values_of_every_dtype_equal_float64(instantiation, method, dtype):
    if (backend.NAME, dtype) == ("jax", "float64"):
        pytest.skip("JAX computes in float64 only when it was asked to at its start")
    host, size = keras.ops.convert_to_numpy, SIZES[1]
    for case in ("normal", "tied", "masked outliers"):
        for mask in masks(size[1]):
            arrays, dy = arrays_of(instantiation, size)
            arrays = [np.clip(array, -6e4, 6e4) for array in CASES[case](arrays, mask)]
            tensors = [keras.ops.convert_to_tensor(array, dtype=dtype) for array in arrays]
            given = None if mask is None else keras.ops.convert_to_tensor(mask)
            y = planner.attend(instantiation, *tensors, key_mask=given, method=method)
            arrays = [host(keras.ops.cast(x, "float64")) for x in tensors]  # as they were rounded
            clean = [arrays[0], *(without(array, mask) for array in arrays[1:])]
            expected, _ = oracle.pairwise(instantiation, *clean, dy, mask)
            error = np.abs(host(keras.ops.cast(y, "float64")) - expected).max()
            assert error <= DTYPES[dtype] * np.abs(expected).max()


@pytest.mark.parametrize(("instantiation", "method"), METHODS)
def test_masked_keys_change_nothing_to_the_bit(instantiation, method):
    for size in SIZES:
        for mask in masks(size[1])[1:]:
            answers = []
            for held in (0.0, 1e8, -1e8, np.nan, np.inf):
                arrays, dy = arrays_of(instantiation, size)
                for array in arrays[1:]:
                    array[~mask] = held
                arrays = [array.astype("float32") for array in arrays]
                answers.append(run(instantiation, method, arrays, dy, mask))
            (y, gradients), *others = answers
            for other, slopes in others:
                np.testing.assert_array_equal(other, y)
                for one, two in zip(gradients, slopes, strict=True):
                    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("valued", [True, False], ids=["with a value", "without a value"])
def test_one_outlying_key_leaves_the_others_their_digits(sign, valued):
    """Those queries that the outlier does not reach, or to which it adds nothing."""
    for size in SIZES:
        arrays, dy = arrays_of("concatenation", size, seed=3)
        theta, phi, g = arrays
        phi[:, 1] = sign * OUTLIER
        g[:, 1] = g[:, 1] if valued and sign < 0 else 0
        arrays = [array.astype("float32") for array in (theta, phi, g)]
        y, gradients = run("concatenation", "sorted", arrays, dy, None)
        expected, slopes = oracle.pairwise("concatenation", *arrays, dy)
        assert np.abs(y - expected).max() <= 1e-5 * np.abs(expected).max()
        for gradient, slope in zip(gradients, slopes, strict=True):
            others = np.delete(gradient - slope, 1, axis=1)
            assert np.abs(others).max() <= 1e-4 * np.abs(np.delete(slope, 1, axis=1)).max()


@pytest.mark.parametrize("sign", [1, -1])
def test_one_outlying_query_leaves_the_others_their_digits(sign):
    for size in SIZES:
        (theta, phi, g), dy = arrays_of("concatenation", size, seed=4)
        theta[:, 1] = sign * OUTLIER
        dy[:, 1] = 0
        arrays = [array.astype("float32") for array in (theta, phi, g)]
        y, gradients = run("concatenation", "sorted", arrays, dy, None)
        expected, slopes = oracle.pairwise("concatenation", *arrays, dy)
        others = np.delete(y - expected, 1, axis=1)
        assert np.abs(others).max() <= 1e-5 * np.abs(np.delete(expected, 1, axis=1)).max()
        for gradient, slope in zip(gradients, slopes, strict=True):
            assert np.abs(gradient - slope).max() <= 1e-4 * np.abs(slope).max()


@pytest.mark.parametrize(("instantiation", "method"), METHODS)
def test_nan_in_one_sample_stays_there(instantiation, method):
    arrays, dy = arrays_of(instantiation, SIZES[1])
    arrays = [array.astype("float32") for array in arrays]
    expected, slopes = run(instantiation, method, arrays, dy, None)
    for array in arrays:
        array[1, 0] = np.nan
    y, gradients = run(instantiation, method, arrays, dy, None)
    np.testing.assert_array_equal(y[0], expected[0])
    for gradient, slope in zip(gradients, slopes, strict=True):
        np.testing.assert_array_equal(gradient[0], slope[0])
    assert np.isnan(y[1]).any()
