"""The state of a training is restored completely, or not at all."""

import keras
import numpy as np
import pytest

from keras_nonlocal.training.checkpoint import restore_checkpoint, save_checkpoint


@pytest.fixture
def model():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="logits")])
    model.compile("sgd", "mse")
    return model


def state(model):
    return [np.array(variable) for variable in (*model.variables, *model.optimizer.variables)]


def assert_same(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def change(path, **arrays):
    """Replaces arrays of a file by the ends of their names."""
    with np.load(path) as content:
        saved = dict(content)
    for end, array in arrays.items():
        (name,) = [name for name in saved if name.endswith(end)]
        saved[name] = array
    np.savez(path, **saved)


def test_a_checkpoint_restores_the_state_and_the_metadata(model, tmp_path):
    save_checkpoint(tmp_path / "a.npz", model, {"epochs": 3})
    expected = state(model)
    model.set_weights([weight + 1 for weight in model.get_weights()])
    model.optimizer.iterations.assign(7)
    assert restore_checkpoint(tmp_path / "a.npz", model) == {"epochs": 3}
    assert_same(state(model), expected)


@pytest.mark.parametrize(
    ("end", "array", "message"),
    [
        ("bias", np.array(["a", "b"]), "bias: expected numbers for float32, received the type <U1"),
        ("bias", np.zeros(2, "c8"), "bias: expected numbers for float32, received the type compl"),
        ("bias", np.zeros(2, "f4,f4"), "bias: expected numbers for float32, received the type"),
        ("bias", np.zeros(3), r"bias: expected \(2,\), received \(3,\)"),
        ("learning_rate", np.array("a"), "learning_rate: expected numbers for float32"),
        ("iteration", np.array(0.5), "iteration: expected numbers for int"),
        ("metadata", np.array("{"), "is not JSON: Expecting property name"),
    ],
)
def test_a_checkpoint_with_one_other_array_changes_nothing(model, tmp_path, end, array, message):
    path = tmp_path / "a.npz"
    save_checkpoint(path, model, {})
    change(path, **{end: array})
    model.set_weights([weight + 1 for weight in model.get_weights()])
    expected = state(model)
    with pytest.raises(
        ValueError, match=rf"(?s)a\.npz is .*{message}|The notes in .*a\.npz {message}"
    ):
        restore_checkpoint(path, model)
    assert_same(state(model), expected)


def test_the_checkpoint_of_another_network_names_what_differs(model, tmp_path):
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="other")])
    other.compile("sgd", "mse")
    save_checkpoint(tmp_path / "a.npz", other, {})
    with pytest.raises(ValueError, match=r"(?s)another network.*only in the weights: .*other/bias"):
        restore_checkpoint(tmp_path / "a.npz", model)


def error_of(path, model):
    try:
        restore_checkpoint(path, model)
    except ValueError as error:
        return str(error)
    return None


def test_sixty_damaged_checkpoints_are_errors_and_change_nothing(model, tmp_path):
    path = tmp_path / "a.npz"
    save_checkpoint(path, model, {"epochs": 3})
    content, rng = path.read_bytes(), np.random.default_rng(0)
    model.set_weights([weight + 1 for weight in model.get_weights()])
    expected, refused = state(model), 0
    for seed in range(60):
        data = bytearray(content)
        start = rng.integers(len(data))
        if seed % 3 == 0:
            del data[start:]
        elif seed % 3 == 1:
            data[start : start + 64] = bytes(len(data[start : start + 64]))
        else:
            data[start] ^= 1 << rng.integers(8)
        path.write_bytes(data)
        error = error_of(path, model)
        if error is None:  # the damage was where a zip file holds nothing
            model.set_weights([weight + 1 for weight in model.get_weights()])
        assert error is None or "a.npz is " in error
        assert_same(state(model), expected)
        refused += error is not None
    assert refused > 40
