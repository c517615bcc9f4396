"""Errors for damaged cards and weights files say which card is damaged and how."""

import json

import pytest

from keras_nonlocal import zoo
from keras_nonlocal.cli.main import main
from keras_nonlocal.pretrained import cards, read_card
from keras_nonlocal.utils import entries
from keras_nonlocal.zoo import load


@pytest.fixture
def own_zoo(tmp_path, monkeypatch):
    """A zoo of one card, which tests may damage."""
    source = read_card("nl_i3d_small_weizmann").path.parent
    folder = tmp_path / source.name
    folder.mkdir()
    for file in source.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    for module in (cards, entries):
        monkeypatch.setattr(module, "entries_root", lambda: tmp_path)
    return folder


def test_a_damaged_weights_file_is_an_error(own_zoo):
    path = own_zoo / "model.weights.h5"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match="Expected: sha256"):
        load(own_zoo.name)
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"model\.weights\.h5"):
        load(own_zoo.name)


def test_verify_reports_logits_that_differ_from_the_stored_ones(own_zoo, capsys):
    card = json.loads((own_zoo / "card.json").read_text())
    card["golden"]["logits"][3] += 1.0
    (own_zoo / "card.json").write_text(json.dumps(card))
    result = zoo.verify(own_zoo.name)
    assert not result.passed
    assert 0.01 < result.difference < 1
    assert main(["zoo", "verify", own_zoo.name]) == 1
    assert "NOT as on the card" in capsys.readouterr().out


def remove(data, *keys):
    *outer, last = keys
    for key in outer:
        data = data[key]
    del data[last]


def set_value(data, value, *keys):
    *outer, last = keys
    for key in outer:
        data = data[key]
    data[last] = value


FAULTS = {
    "a missing field": (lambda d: remove(d, "classes"), r"missing: \['classes'\]"),
    "a missing inner field": (
        lambda d: remove(d, "clip", "std"),
        "`clip`: Give both `mean` and `std`",
    ),
    "a missing null": (lambda d: remove(d, "weights", "bytes"), r"missing: \['bytes'\]"),
    "an unknown field": (lambda d: set_value(d, 1, "surprise"), r"unknown: \['surprise'\]"),
    "an unknown inner field": (
        lambda d: set_value(d, 1, "license", "surprise"),
        r"`license`.*\s.*missing.*\s.*unknown: \['surprise'\]",
    ),
    "a string for a number": (
        lambda d: set_value(d, "12", "clip", "num_frames"),
        "`num_frames`.*type int.*'12'",
    ),
    "a flag for a number": (
        lambda d: set_value(d, True, "clip", "num_frames"),
        "`num_frames`.*type int.*True",
    ),
    "a number for a flag": (lambda d: set_value(d, 1, "clip", "flip"), "`flip`.*type bool.*1"),
    "a fraction for a count": (
        lambda d: set_value(d, 1.5, "clip", "num_clips"),
        "`num_clips`.*type int.*1.5",
    ),
    "two channels": (
        lambda d: set_value(d, [1, 2], "clip", "mean"),
        r"`mean`.*list of 3.*\[1, 2\]",
    ),
    "a list for an object": (lambda d: set_value(d, [], "license"), r"`license`.*object.*\[\]"),
    "an object for a list": (lambda d: set_value(d, {}, "accuracy"), r"`accuracy`.*list.*\{\}"),
    "a wrong item": (lambda d: set_value(d, [3], "classes"), r"`classes`\[0\].*type str.*3"),
    "a null": (lambda d: set_value(d, None, "summary"), "`summary`.*type str.*None"),
    "an unknown format": (
        lambda d: set_value(d, "onnx", "weights", "format"),
        "one of keras, .*'onnx'",
    ),
    "an unknown class list": (lambda d: set_value(d, "ucf101", "classes"), "`classes`.*'ucf101'"),
    "a short hash": (
        lambda d: set_value(d, "abc", "weights", "digest", "value"),
        "`digest`.*64 to 64 hexadecimal digits.*'abc'",
    ),
    "no hash": (lambda d: set_value(d, None, "weights", "digest"), "`weights`.*needs its sha256"),
    "another name": (lambda d: set_value(d, "nl_i3d_large", "name"), "folder of another name"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_card_is_an_error_that_names_the_field(own_zoo, fault):
    damage, message = FAULTS[fault]
    path = own_zoo / "card.json"
    data = json.loads(path.read_text("utf-8"))
    damage(data)
    path.write_text(json.dumps(data), "utf-8")
    with pytest.raises(ValueError, match=message) as error:
        read_card(own_zoo.name)
    assert own_zoo.name in str(error.value)


@pytest.mark.parametrize("text", ["{", "[]", "3", "null"])
def test_a_file_that_is_not_a_card_is_an_error(own_zoo, text):
    (own_zoo / "card.json").write_text(text, "utf-8")
    with pytest.raises(ValueError, match=own_zoo.name):
        read_card(own_zoo.name)
