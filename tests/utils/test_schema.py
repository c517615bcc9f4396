"""JSON that other programs damaged is an error of one line that names the file and the field."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pytest

from keras_nonlocal.utils.schema import parse, parse_json


@dataclass(frozen=True)
class Note:
    count: int
    rate: float


TEXTS = {
    "deep": ("[" * 100_000 + "]" * 100_000, "nesting is too deep"),
    "5000 digits": ('{"count": ' + "9" * 5000 + "}", "digits"),
    "not utf-8": (b'{"rate": "caf\xe9"}', "utf-8"),
    "empty": ("", "Expecting value"),
}


@pytest.mark.parametrize(("text", "message"), TEXTS.values(), ids=TEXTS)
def test_text_that_is_not_json_is_one_line_with_the_file(text, message):
    with pytest.raises(ValueError, match=f"^note.json is not JSON.*{message}") as error:
        parse_json(text, "note.json")
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 300


@pytest.mark.parametrize("field", ["count", "rate"])
@pytest.mark.parametrize("value", [None, True, "8", [], {}])
def test_a_value_of_another_type_or_size_is_one_line_with_the_field(field, value):
    content = parse_json(json.dumps({"count": 1, "rate": 1.5, field: value}), "")
    with pytest.raises(ValueError, match=rf"^note.json, `{field}` must be of type") as error:
        parse(Note, content, "note.json")
    assert len(str(error.value)) < 300


NUMBERS = ("NaN", "-Infinity", "1e999", "1" + "0" * 400, "-1" + "0" * 400)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_that_is_not_finite_or_too_large_is_one_line_with_the_field(number):
    content = parse_json('{"count": 1, "rate": ' + number + "}", "note.json")
    with pytest.raises(ValueError, match=r"^note.json, `rate` must be finite") as error:
        parse(Note, content, "note.json")
    assert len(str(error.value)) < 300
    with pytest.raises(ValueError, match=r"^note.json\['a'\]"):
        parse(Mapping[str, float], {"a": content["rate"]}, "note.json")


@pytest.mark.parametrize("number", NUMBERS[:3])
def test_a_number_of_any_mapping_must_be_finite(number):
    with pytest.raises(ValueError, match=r"^note.json\['a'\] must be finite. Received"):
        parse(Mapping[str, Any], parse_json('{"a": ' + number + "}", ""), "note.json")


def test_the_largest_numbers_are_read():
    assert parse(Note, parse_json('{"count": 9223372036854775807, "rate": 1e308}', ""), "") == Note(
        2**63 - 1, 1e308
    )


def test_an_integer_of_400_digits_is_one_line_with_the_field():
    content = parse_json('{"count": ' + "9" * 400 + ', "rate": 1.5}', "note.json")
    with pytest.raises(
        ValueError, match=r"^note.json, `count` must be finite, and at most 9.22e\+18"
    ):
        parse(Note, content, "note.json")


def test_a_word_may_stand_for_a_number_or_a_list():
    kind = tuple[int, int] | Literal["auto"] | None
    assert [parse(kind, each, "size") for each in ("auto", [2, 3], None)] == ["auto", (2, 3), None]
    assert parse(float | Literal["auto"], "auto", "seconds") == "auto"
    assert parse(float | Literal["auto"], 2, "seconds") == 2.0
    with pytest.raises(ValueError, match=r"size must be a list of 2. Received: 'automatic'"):
        parse(kind, "automatic", "size")
