"""Weights files of this package go by the names of layers: all that fits, or an error."""

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


def drawn(model):
    """The model, with weights that are all different."""
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if "seed" not in weight.path:
            weight.assign(rng.normal(size=weight.shape))
    return model


def arrays(model):
    return {
        weight.path: keras.ops.convert_to_numpy(weight)
        for weight in model.weights
        if "seed" not in weight.path
    }


@pytest.fixture
def saved(tmp_path):
    """`saved(model)` -> the path of its weights, as Keras writes them."""

    def save(model):
        model.save_weights(tmp_path / "a.weights.h5")
        return tmp_path / "a.weights.h5"

    return save


@pytest.mark.parametrize(("builder", "options"), ROUND_TRIPS)
def test_what_keras_saves_comes_back(builder, options, saved):
    build = getattr(models, builder)
    model = drawn(build(classes=4, **options))
    path = saved(model)
    by_keras, ours = build(classes=4, **options), build(classes=4, **options)
    by_keras.load_weights(path)
    load_weights(ours, path)
    for name, array in arrays(model).items():
        np.testing.assert_array_equal(arrays(by_keras)[name], array)
        np.testing.assert_array_equal(arrays(ours)[name], array)


def test_the_optimizer_s_memory_is_left_alone(saved):
    model = models.c2d_small(classes=2)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)
    again = models.c2d_small(classes=2, weights=saved(drawn(model)))
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
def test_weights_of_another_network_are_refused_and_nothing_is_loaded(options, only, saved):
    path = saved(drawn(models.nl_i3d_small(classes=4)))
    other = models.nl_i3d_small(**{"classes": 4, **options})
    before = arrays(other)
    with pytest.raises(ValueError, match=rf"(?s)a\.weights\.h5 does not fit.*{only}"):
        load_weights(other, path)
    for name, array in arrays(other).items():
        np.testing.assert_array_equal(array, before[name])


def test_blocks_are_not_dropped(saved):
    path = saved(models.nl_i3d_small(classes=4))
    with pytest.raises(ValueError, match="only in the weights"):
        models.i3d_small(classes=4, weights=path)


def test_a_network_without_a_head_takes_the_rest(saved):
    model = drawn(models.nl_fcn_r50(classes=3, auxiliary_head=True))
    path = saved(model)
    deployed = models.nl_fcn_r50(classes=3, weights=path)
    features = models.nl_fcn_r50(include_top=False, weights=path)
    for part in (deployed, features):
        for name, array in arrays(part).items():
            np.testing.assert_array_equal(array, arrays(model)[name])
    with pytest.raises(ValueError, match="only in the model"):
        models.nl_fcn_r50(classes=3, auxiliary_head=True, weights=saved(deployed))


def _elsewhere(file):
    del file["layers/dense/vars/0"]
    file["layers/dense/vars/0"] = h5py.ExternalLink("other.h5", "secret")


def _virtual(file):
    shape = file["layers/dense/vars/0"].shape
    del file["layers/dense/vars/0"]
    layout = h5py.VirtualLayout(shape, "float32")
    layout[:] = h5py.VirtualSource("other.h5", "secret", shape)
    file["layers/dense/vars"].create_virtual_dataset("0", layout)


def _nameless(file):
    del file["layers/dense/vars"].attrs["name"]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_elsewhere, "only in the model:   .*logits/kernel"),
        (_virtual, "lies in another file"),
        (_nameless, "has no name of its layer"),
    ],
)
def test_a_file_that_points_elsewhere_or_names_no_layers_is_refused(spoil, said, saved, tmp_path):
    path = saved(models.c2d_small(classes=2))
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["secret"] = np.zeros((128, 2), "float32")
    with h5py.File(path, "r+") as file:
        spoil(file)
    with pytest.raises(ValueError, match=rf"(?s)does not fit.*{said}"):
        models.c2d_small(classes=2, weights=path)


def test_a_damaged_file_is_loaded_whole_or_refused_by_name(saved):
    model = drawn(models.c2d_small(classes=2))
    path = saved(model)
    content, rng, refused = path.read_bytes(), np.random.default_rng(0), 0
    for seed in range(40):
        damaged = bytearray(content)
        if seed % 2:
            damaged = damaged[: rng.integers(len(damaged))]
        else:  # most of what says where the arrays lie is at the start
            for place in rng.integers(200_000, size=200):
                damaged[place] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        before, error = model.get_weights(), refusal(model, path)
        if error is not None:
            refused += 1
            assert "a.weights.h5 does not fit the model" in str(error)
            for array, kept in zip(model.get_weights(), before, strict=True):
                np.testing.assert_array_equal(array, kept)
    assert refused > 20


def refusal(model, path):
    try:
        load_weights(model, path)
    except ValueError as error:
        return error
    return None
