"""Weights files are loaded by the names of layers: completely, or with an error."""

import h5py
import keras
import numpy as np
import pytest

from keras_nonlocal import models
from keras_nonlocal.weights import load_weights

pytestmark = pytest.mark.usefixtures("undrawn_weights", "shallow_networks")

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
        ({"blocks": {"res4": (0,)}}, r"only in the weights: \['res3_0_nonlocal/g/0'"),
        ({"blocks": 2}, r"only in the model:   \['res4_0_nonlocal/g/bias'"),
        ({"instantiation": "gaussian"}, r"only in the weights: \['res3_0_nonlocal/phi/0'"),
        ({"classes": 5}, r"logits/kernel: expected \(64, 5\), received \(64, 4\)"),
    ],
)
def test_weights_of_another_network_are_an_error_and_change_nothing(options, only, saved):
    blocks = {"res3": (0,)}
    path = saved(with_random_weights(models.nl_i3d_small(classes=4, blocks=blocks)))
    other = models.nl_i3d_small(**{"classes": 4, "blocks": blocks, **options})
    before = arrays(other)
    with pytest.raises(ValueError, match=rf"(?s)a\.weights\.h5 does not fit.*{only}"):
        load_weights(other, path)
    assert_same(arrays(other), before)


def test_a_network_without_blocks_refuses_the_weights_of_blocks(saved):
    path = saved(models.nl_i3d_small(classes=4))
    with pytest.raises(ValueError, match="only in the weights"):
        models.i3d_small(classes=4, weights=path)


def test_a_network_without_a_head_ignores_the_weights_of_heads(saved):
    model = with_random_weights(models.nl_fcn_small(classes=3, auxiliary_head=True))
    path = saved(model)
    deployed = models.nl_fcn_small(classes=3, weights=path)
    features = models.nl_fcn_small(include_top=False, weights=path)
    expected = arrays(model)
    for part in (deployed, features):
        found = arrays(part)
        assert_same(found, {name: expected[name] for name in found})
    with pytest.raises(ValueError, match="only in the model"):
        models.nl_fcn_small(classes=3, auxiliary_head=True, weights=saved(deployed))


def _external_link(file):
    del file["layers/dense/vars/0"]
    file["layers/dense/vars/0"] = h5py.ExternalLink("other.h5", "secret")


def _external_group(file):
    del file["layers/dense/vars"]
    file["layers/dense/vars"] = h5py.ExternalLink("other.h5", "/")


def _external_link_elsewhere(file):
    file["optimizer/0"] = h5py.ExternalLink("other.h5", "secret")


def _soft_link(file):
    file.move("layers/dense/vars/0", "elsewhere")
    file["layers/dense/vars/0"] = h5py.SoftLink("/elsewhere")


def _circle_of_soft_links(file):
    file["layers/dense/more"] = h5py.SoftLink("/layers/dense/more")


def _external_storage(file):
    shape = file["layers/dense/vars/0"].shape
    del file["layers/dense/vars/0"]
    file["layers/dense/vars"].create_dataset("0", shape, "f4", external="other.h5")


def _shared(file):
    """Two weights of one shape that are one dataset."""
    del file["layers/dense/vars/1"]
    file["layers/dense/vars/1"] = file["layers/dense/vars/0"]


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
        (_external_link, "'layers/dense/vars/0' is a link"),
        (_external_group, "'layers/dense/vars' is a link"),
        (_external_link_elsewhere, "'optimizer/0' is a link"),
        (_soft_link, "'layers/dense/vars/0' is a link"),
        (_circle_of_soft_links, "'layers/dense/more' is a link"),
        (_virtual, "is in another file"),
        (_external_storage, "is in another file"),
        (_shared, r"only in the model:   \['logits/bias'\]"),
        (_without_names, "holds no name of its layer"),
    ],
)
def test_external_data_and_files_without_layer_names_are_refused(damage, message, saved, tmp_path):
    path = saved(models.c2d_small(classes=2))
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["secret"] = other["0"] = np.zeros((64, 2), "float32")
        other["1"] = np.zeros(2, "float32")
        other.attrs["name"] = "logits"
    with h5py.File(path, "r+") as file:
        damage(file)
    with pytest.raises(ValueError, match=rf"(?s)does not fit.*{message}"):
        models.c2d_small(classes=2, weights=path)


def test_groups_in_themselves_are_harmless(saved):
    model = with_random_weights(models.c2d_small(classes=2))
    path, expected = saved(model), arrays(model)
    with h5py.File(path, "r+") as file:
        file["layers/dense/vars/circle"] = file["/"]
        file["layers/dense/circle"] = file["layers"]
    assert_same(arrays(models.c2d_small(classes=2, weights=path)), expected)


TYPES = {
    "texts": h5py.string_dtype(),
    "fixed texts": "S4",
    "records": [("a", "f4"), ("b", "f4")],
    "complex": "c8",
    "references": h5py.ref_dtype,
    "lists": h5py.vlen_dtype("f4"),
    "bytes": "V4",
}


@pytest.mark.parametrize("kind", TYPES)
def test_the_last_tensor_of_another_type_is_an_error_and_changes_nothing(kind, saved):
    model = with_random_weights(models.c2d_small(classes=2))
    path, expected = saved(models.c2d_small(classes=2)), arrays(model)
    with h5py.File(path, "r+") as file:
        del file["layers/dense/vars/1"]
        file["layers/dense/vars"].create_dataset("1", (2,), TYPES[kind])
    with pytest.raises(ValueError, match="logits/bias: expected numbers for float32, received the"):
        load_weights(model, path)
    assert_same(arrays(model), expected)


@pytest.mark.parametrize("kind", ["f8", ">f4", "f2", "i4", "?"])
def test_other_numbers_are_converted(kind, saved):
    model = models.c2d_small(classes=2)
    path = saved(model)
    with h5py.File(path, "r+") as file:
        del file["layers/dense/vars/1"]
        file["layers/dense/vars"]["1"] = np.array([1, 0], kind)
    load_weights(model, path)
    np.testing.assert_array_equal(arrays(model)["logits/bias"], np.array([1, 0], "f4"), strict=True)


def test_a_network_of_bfloat16_keeps_its_weights(saved):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("bfloat16")
    try:
        model = with_random_weights(models.c2d_small(classes=2))
        again = models.c2d_small(classes=2, weights=saved(model))
    finally:
        keras.config.set_dtype_policy(before)
    assert arrays(again)["conv1_conv/kernel"].dtype == "bfloat16"
    assert_same(arrays(again), arrays(model))


def test_free_space_without_a_size_is_damage(saved):
    """The library of HDF5 would look for its end for ever."""
    model = models.c2d_small(classes=2)
    path = saved(model)
    data = bytearray(path.read_bytes())
    heap = data.index(b"GCOL")
    data[heap + 16 : heap + 32] = bytes(16)
    path.write_bytes(data)
    with pytest.raises(
        ValueError, match=r"a\.weights\.h5 does not fit .* heap at byte [\d,]+ is dam"
    ):
        load_weights(model, path)


def test_two_tensors_at_one_place_are_damage(saved):
    model = with_random_weights(models.c2d_small(classes=2))
    path = saved(model)
    with h5py.File(path) as file:
        vars = file["layers/batch_norm/vars"]
        first, second = (vars[name].id.get_offset().to_bytes(8, "little") for name in "01")
    data = path.read_bytes()
    assert data.count(second) == 1
    path.write_bytes(data.replace(second, first))
    with pytest.raises(ValueError, match="two tensors share the bytes"):
        load_weights(model, path)


def test_an_empty_file_is_an_error(tmp_path):
    (tmp_path / "no.weights.h5").touch()
    with pytest.raises(ValueError, match=r"no\.weights\.h5 does not fit the model"):
        load_weights(models.c2d_small(classes=2), tmp_path / "no.weights.h5")


def test_a_damaged_file_is_loaded_completely_or_refused(saved):
    model = with_random_weights(models.c2d_small(classes=2))
    path = saved(model)
    content, rng, refused = path.read_bytes(), np.random.default_rng(0), 0
    for seed in range(60):
        damaged = bytearray(content)
        start = rng.integers(200_000)  # the start holds most of the file's structure
        if seed % 3 == 0:
            damaged = damaged[: rng.integers(len(damaged))]
        elif seed % 3 == 1:
            damaged[start : start + 4096] = bytes(4096)
        else:
            for place in rng.integers(200_000, size=200):
                damaged[place] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        before, error = model.get_weights(), load_error(model, path)
        if error is not None:
            refused += 1
            assert "a.weights.h5 does not fit the model" in str(error)
            for array, kept in zip(model.get_weights(), before, strict=True):
                np.testing.assert_array_equal(array, kept)
    assert refused > 30


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
