"""JSON that other programs damaged is an error of one line that names the file and the field."""

import json
from dataclasses import dataclass

import pytest

from keras_nonlocal.utils.schema import parse, parse_json


@dataclass(frozen=True)
class Note:
    count: int
    rate: float


TEXTS = {
    "deep": ("[" * 100_000 + "]" * 100_000, "nesting is too deep"),
    "5000 digits": ('{"count": ' + "9" * 5000 + "}", "digits"),
    "nan": ('{"rate": NaN}', "NaN is not a finite number"),
    "infinity": ('{"rate": -Infinity}', "-Infinity is not a finite number"),
    "too large": ('{"rate": 1e999}', "1e999 is not a finite number"),
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
@pytest.mark.parametrize("value", [10**400, -(10**400), None, True, "8", [], {}])
def test_a_value_of_another_type_or_size_is_one_line_with_the_field(field, value):
    content = parse_json(json.dumps({"count": 1, "rate": 1.5, field: value}), "")
    with pytest.raises(ValueError, match=rf"^note.json, `{field}` must be of type") as error:
        parse(Note, content, "note.json")
    assert len(str(error.value)) < 300


def test_the_largest_numbers_are_read():
    assert parse(Note, parse_json('{"count": 9223372036854775807, "rate": 1e308}', ""), "") == Note(
        2**63 - 1, 1e308
    )
