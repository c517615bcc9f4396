"""The planner: all methods agree, and memory stays bounded."""

import backend
import keras
import numpy as np
import pytest

from keras_nonlocal import ops
from keras_nonlocal.ops import planner, positions


@pytest.mark.parametrize("instantiation", ops.METHODS)
def test_all_methods_agree(instantiation):
    rng = np.random.default_rng(0)
    depth = 1 if instantiation == "concatenation" else 6
    theta, phi = (rng.normal(size=(2, n, depth)).astype("float32") for n in (90, 50))
    g = rng.normal(size=(2, 50, 4)).astype("float32")
    methods = [name for name in ops.METHODS[instantiation] if _available(name)]
    tensors = [keras.ops.convert_to_tensor(array) for array in (theta, phi, g)]
    answers = [
        keras.ops.convert_to_numpy(ops.attend(instantiation, *tensors, method=method))
        for method in ("auto", *methods)
    ]
    for answer in answers[1:]:
        np.testing.assert_allclose(answer, answers[0], atol=2e-6)


def test_large_affinities_are_never_dense():
    for instantiation in ops.METHODS:
        sizes = planner.Sizes(25088, 6272, 1 if instantiation == "concatenation" else 256, 256)
        name = planner.choose_method(instantiation, sizes)
        assert name != "dense"
        assert 4 * planner.FORMS[name].elements(sizes, 1) < 70e6


def test_dynamic_positions_use_a_form_with_bounded_memory():
    for instantiation, names in ops.METHODS.items():
        expected = "fused" if "fused" in names and _available("fused") else names[-1]
        assert planner.choose_method(instantiation, None) == expected


def test_dot_product_uses_the_cheaper_order():
    assert planner.choose_method("dot_product", planner.Sizes(64, 64, 512, 512)) == "dense"
    assert planner.choose_method("dot_product", planner.Sizes(6272, 6272, 256, 256)) == "associated"


def test_block_size_limits():
    assert planner.block_size(1, 25088, 6272) * 6272 * 4 <= 17e6
    assert planner.block_size(64, 25088, 6272) == 64
    assert planner.block_size(1, 10, 10) == 10


@pytest.mark.parametrize("method", ["sorted", "associated", "quick", ["dense"]])
def test_invalid_methods_are_refused(method):
    with pytest.raises(ValueError, match=r"`method` must be one of 'auto', 'dense'"):
        planner.check_method("gaussian", method)


@pytest.mark.skipif(backend.NAME == "torch", reason="torch has a fused kernel")
def test_fused_is_refused_on_backends_without_it():
    with pytest.raises(ValueError, match="Use 'auto'"):
        planner.check_method("gaussian", "fused")


def _available(name):
    return name != "fused" or backend.NAME == "torch"


def test_memory_counts_all_sets_of_a_sample():
    frame = {"positions": 1936, "keys": 1936, "depth": 32, "channels": 32}
    assert planner.choose_method("embedded_gaussian", planner.Sizes(**frame)) in ("dense", "fused")
    clip = planner.choose_method("embedded_gaussian", planner.Sizes(**frame, sets=32))
    assert clip in ("blocked", "fused")


@pytest.mark.parametrize(
    ("grid", "axes", "groups", "sets"),
    [
        ((8, 14, 14), "spacetime", 1, 1),
        ((8, 14, 14), "spacetime", 4, 4),
        ((8, 14, 14), "space", 1, 8),
        ((8, 14, 14), "time", 2, 392),
        ((None, 14, 14), "space", 1, None),
        ((8, None, 14), "time", 1, None),
        ((None, None, None), "spacetime", 1, 1),
    ],
)
def test_count_sets_matches_fold(grid, axes, groups, sets):
    assert positions.count_sets(grid, axes, groups) == sets
    if None not in grid:
        assert len(positions.fold(np.zeros((1, *grid, 2)), (1, *grid), axes, groups)) == sets


@pytest.mark.parametrize("method", ["dense", "blocked"])
def test_empty_batch(method):
    theta, phi, g = (np.zeros((0, n, 4), "float32") for n in (90, 50, 50))
    tensors = [keras.ops.convert_to_tensor(array) for array in (theta, phi, g)]
    assert tuple(ops.attend("gaussian", *tensors, method=method).shape) == (0, 90, 4)
