"""Dense forms against loops over pairs of positions, and checks of these references."""

import keras
import numpy as np
import oracle
import pytest

from keras_nonlocal import ops

INSTANTIATIONS = ["gaussian", "embedded_gaussian", "dot_product", "concatenation"]


def operands(instantiation, n=11, m=7, d=5, c=3, batch=2, seed=0):
    rng = np.random.default_rng(seed)
    depth = 1 if instantiation == "concatenation" else d
    shapes = (batch, n, depth), (batch, m, depth), (batch, m, c)
    return [rng.normal(size=shape).astype("float32") for shape in shapes]


@pytest.mark.parametrize("instantiation", INSTANTIATIONS)
@pytest.mark.parametrize("masked", [False, True])
def test_dense_equals_loops_over_pairs(instantiation, masked):
    theta, phi, g = operands(instantiation)
    mask = np.random.default_rng(1).random(phi.shape[:2]) < 0.6 if masked else None
    y = keras.ops.convert_to_numpy(ops.dense(instantiation, theta, phi, g, mask))
    expected = oracle.pairwise_loops(instantiation, theta, phi, g, mask)
    np.testing.assert_allclose(y, expected, atol=2e-6)


@pytest.mark.parametrize("instantiation", INSTANTIATIONS)
def test_matrix_reference_equals_the_loops(instantiation):
    theta, phi, g = operands(instantiation)
    mask = np.random.default_rng(1).random(phi.shape[:2]) < 0.6
    dy = np.ones((2, 11, 3))
    y, _ = oracle.pairwise(instantiation, theta, phi, g, dy, mask)
    np.testing.assert_allclose(
        y, oracle.pairwise_loops(instantiation, theta, phi, g, mask), atol=1e-7
    )


@pytest.mark.parametrize("instantiation", INSTANTIATIONS)
def test_reference_gradients_equal_finite_differences(instantiation):
    arrays = [array.astype("float64") for array in operands(instantiation, n=4, m=3, d=2, c=2)]
    dy = np.random.default_rng(2).normal(size=(2, 4, 2))
    _, gradients = oracle.pairwise(instantiation, *arrays, dy)
    step = 1e-6
    for array, gradient in zip(arrays, gradients, strict=True):
        for place in np.ndindex(array.shape):
            value = array[place]
            values = []
            for move in (step, -step):
                array[place] = value + move
                values.append((oracle.pairwise(instantiation, *arrays, dy)[0] * dy).sum())
            array[place] = value
            assert abs((values[0] - values[1]) / (2 * step) - gradient[place]) < 1e-6


@pytest.mark.parametrize("instantiation", INSTANTIATIONS)
def test_samples_without_valid_keys_get_zeros(instantiation):
    theta, phi, g = operands(instantiation)
    mask = np.array([[False] * 7, [True] * 7])
    y = keras.ops.convert_to_numpy(ops.dense(instantiation, theta, phi, g, mask))
    assert (y[0] == 0).all()
    assert np.abs(y[1]).max() > 0.01
