"""Every card that ships is complete, its file is the one it names, and its network answers."""

import hashlib
import json

import keras
import numpy as np
import pytest

from keras_nonlocal import models, weights, zoo

NAMES = zoo.card_names()


def test_there_are_cards():
    assert "nl_i3d_small_weizmann" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_file_is_the_one_of_the_card(name):
    card = zoo.read_card(name)
    data = card.path.read_bytes()
    assert len(data) == card.weights.bytes
    assert hashlib.sha256(data).hexdigest() == card.weights.sha256
    assert len(data) <= 5e6


@pytest.mark.parametrize("name", NAMES)
def test_golden_probabilities_are_met(name):
    """Stored when the network was trained, on a generated clip."""
    classifier = zoo.load(name)
    golden = classifier.card.golden
    clip = np.random.default_rng(golden["seed"]).integers(0, 256, golden["shape"], "uint8")
    scores = classifier.model.predict(classifier.prepare(clip[None]), verbose=0)[0]
    np.testing.assert_allclose(scores, golden["probabilities"], atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_builders_take_the_card_by_name_and_by_data_set(name):
    card = zoo.read_card(name)
    builder = getattr(models, card.builder)
    by_name, by_dataset = builder(weights=card.name), builder(weights=card.dataset)
    assert by_name.output_shape[-1] == len(card.classes)
    for one, other in zip(by_name.weights, by_dataset.weights, strict=True):
        if "seed" not in one.path:
            np.testing.assert_array_equal(
                keras.ops.convert_to_numpy(one), keras.ops.convert_to_numpy(other)
            )
    features = builder(weights=card.name, include_top=False, pooling="avg")
    assert len(features.output_shape) == 2


def test_choices_that_contradict_the_card_are_refused():
    with pytest.raises(ValueError, match="belong to a network with axes='spacetime'"):
        models.nl_i3d_small(weights="weizmann", axes="space")
    with pytest.raises(ValueError, match="tell 10 classes apart"):
        models.nl_i3d_small(weights="weizmann", classes=7)


def test_an_unknown_name_lists_the_cards():
    with pytest.raises(ValueError, match="nl_i3d_small_weizmann"):
        zoo.load("nl_i3d_huge_imaginary")


@pytest.fixture
def own_zoo(tmp_path, monkeypatch):
    """A zoo of one card that tests may damage."""
    source = zoo.read_card("nl_i3d_small_weizmann").path.parent
    folder = tmp_path / source.name
    folder.mkdir()
    for file in source.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    monkeypatch.setattr(weights.cards, "entries_root", lambda: tmp_path)
    return folder


def test_a_damaged_weights_file_is_refused(own_zoo):
    path = own_zoo / "model.weights.h5"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match="expected sha256"):
        zoo.load(own_zoo.name)
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"model\.weights\.h5"):
        zoo.load(own_zoo.name)


@pytest.mark.parametrize("fault", ["not json", "missing", "unknown"])
def test_a_damaged_card_is_named(own_zoo, fault):
    path = own_zoo / "card.json"
    data = json.loads(path.read_text())
    if fault == "missing":
        del data["classes"]
    elif fault == "unknown":
        data["surprise"] = 1
    path.write_text("{" if fault == "not json" else json.dumps(data))
    with pytest.raises(ValueError, match=f"{own_zoo.name}.*expected fields"):
        zoo.read_card(own_zoo.name)
