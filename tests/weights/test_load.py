"""Weights files are loaded by the names of layers: completely, or with an error."""

import h5py
import keras
import numpy as np
import pytest

from keras_nonlocal import models
from keras_nonlocal.weights import load_weights

pytestmark = pytest.mark.usefixtures("undrawn_weights")

ROUND_TRIPS = [
    ("c2d_small", {}),
    ("nl_i3d_small", {"variant": "gluoncv"}),
    ("nl_i3d_small", {"variant": "official_long"}),
    ("nl_i3d_small", {"variant": "pytorchvideo", "dropout": 0.5}),
    ("nl_c2d_small", {"instantiation": "concatenation"}),
    ("nl_c2d_small", {"instantiation": "gaussian"}),
]


def with_random_weights(model):
    """Sets all weights to different numbers, and returns the model."""
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if "seed" not in weight.path:
            weight.assign(rng.random(weight.shape, "float32"))
    return model


def arrays(model):
    return {
        weight.path: keras.ops.convert_to_numpy(weight)
        for weight in model.weights
        if "seed" not in weight.path
    }


def assert_same(found, expected):
    assert list(found) == list(expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)


@pytest.fixture
def saved(tmp_path):
    """Returns `saved(model)`, which writes the weights with Keras and returns the path."""

    def save(model):
        model.save_weights(tmp_path / "a.weights.h5")
        return tmp_path / "a.weights.h5"

    return save


@pytest.mark.parametrize(("builder", "options"), ROUND_TRIPS)
def test_a_round_trip_with_keras_keeps_the_weights(builder, options, saved):
    build = getattr(models, builder)
    model = with_random_weights(build(classes=4, **options))
    path = saved(model)
    by_keras, ours = build(classes=4, **options), build(classes=4, **options)
    by_keras.load_weights(path)
    load_weights(ours, path)
    expected = arrays(model)
    assert_same(arrays(by_keras), expected)
    assert_same(arrays(ours), expected)


def test_the_state_of_the_optimizer_is_ignored(saved):
    model = models.c2d_small(classes=2)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)
    again = models.c2d_small(classes=2, weights=saved(with_random_weights(model)))
    np.testing.assert_array_equal(again.get_weights()[0], model.get_weights()[0])


@pytest.mark.parametrize(
    ("options", "only"),
    [
        ({"blocks": {"res4": (0,)}}, r"only in the weights: \['res3_1_nonlocal/g/0'"),
        ({"blocks": {"res4": (1,)}}, r"only in the model:   \['res4_1_nonlocal/g/bias'"),
        ({"instantiation": "gaussian"}, r"only in the weights: \['res3_1_nonlocal/phi/0'"),
        ({"classes": 5}, r"logits/kernel: expected \(128, 5\), received \(128, 4\)"),
    ],
)
def test_weights_of_another_network_are_an_error_and_change_nothing(options, only, saved):
    path = saved(with_random_weights(models.nl_i3d_small(classes=4)))
    other = models.nl_i3d_small(**{"classes": 4, **options})
    before = arrays(other)
    with pytest.raises(ValueError, match=rf"(?s)a\.weights\.h5 does not fit.*{only}"):
        load_weights(other, path)
    assert_same(arrays(other), before)


def test_a_network_without_blocks_refuses_the_weights_of_blocks(saved):
    path = saved(models.nl_i3d_small(classes=4))
    with pytest.raises(ValueError, match="only in the weights"):
        models.i3d_small(classes=4, weights=path)


def test_a_network_without_a_head_ignores_the_weights_of_heads(saved):
    model = with_random_weights(models.nl_fcn_r50(classes=3, auxiliary_head=True))
    path = saved(model)
    deployed = models.nl_fcn_r50(classes=3, weights=path)
    features = models.nl_fcn_r50(include_top=False, weights=path)
    expected = arrays(model)
    for part in (deployed, features):
        found = arrays(part)
        assert_same(found, {name: expected[name] for name in found})
    with pytest.raises(ValueError, match="only in the model"):
        models.nl_fcn_r50(classes=3, auxiliary_head=True, weights=saved(deployed))


def _external_link(file):
    del file["layers/dense/vars/0"]
    file["layers/dense/vars/0"] = h5py.ExternalLink("other.h5", "secret")


def _virtual(file):
    shape = file["layers/dense/vars/0"].shape
    del file["layers/dense/vars/0"]
    layout = h5py.VirtualLayout(shape, "float32")
    layout[:] = h5py.VirtualSource("other.h5", "secret", shape)
    file["layers/dense/vars"].create_virtual_dataset("0", layout)


def _without_names(file):
    del file["layers/dense/vars"].attrs["name"]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_external_link, "only in the model:   .*logits/kernel"),
        (_virtual, "is in another file"),
        (_without_names, "holds no name of its layer"),
    ],
)
def test_external_data_and_files_without_layer_names_are_refused(damage, message, saved, tmp_path):
    path = saved(models.c2d_small(classes=2))
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["secret"] = np.zeros((128, 2), "float32")
    with h5py.File(path, "r+") as file:
        damage(file)
    with pytest.raises(ValueError, match=rf"(?s)does not fit.*{message}"):
        models.c2d_small(classes=2, weights=path)


def test_a_damaged_file_is_loaded_completely_or_refused(saved):
    model = with_random_weights(models.c2d_small(classes=2))
    path = saved(model)
    content, rng, refused = path.read_bytes(), np.random.default_rng(0), 0
    for seed in range(40):
        damaged = bytearray(content)
        if seed % 2:
            damaged = damaged[: rng.integers(len(damaged))]
        else:  # the start holds most of the file's structure
            for place in rng.integers(200_000, size=200):
                damaged[place] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        before, error = model.get_weights(), load_error(model, path)
        if error is not None:
            refused += 1
            assert "a.weights.h5 does not fit the model" in str(error)
            for array, kept in zip(model.get_weights(), before, strict=True):
                np.testing.assert_array_equal(array, kept)
    assert refused > 20


def load_error(model, path):
    try:
        load_weights(model, path)
    except ValueError as error:
        return error
    return None


@pytest.mark.parametrize("value", [np.nan, -np.inf, 1e39])
def test_values_that_are_not_finite_in_the_dtype_of_the_weight_are_refused_by_name(value, saved):
    model = with_random_weights(models.c2d_small(classes=2))
    path, before = saved(model), model.get_weights()
    with h5py.File(path, "r+") as file:
        (group,) = (each for each in file["layers"].values() if is_named(each, "logits"))
        del group["vars/1"]
        group["vars/1"] = np.array([0.0, value])  # float64
    error = load_error(model, path)
    assert "finite numbers" in str(error)
    assert "['logits/bias']" in str(error)
    for array, kept in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(array, kept)


def is_named(group, name):
    return "vars" in group and group["vars"].attrs.get("name") == name
