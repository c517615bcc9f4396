"""Reads JSON into frozen dataclasses, and checks that all fields and no others are there."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints


def parse_json(text: str | bytes, where: str) -> Any:
    """Parses a JSON text, which may be the bytes of a file.

    Raises:
        ValueError: The text is not JSON. The error begins with `where`.

    >>> parse_json('{"frames": 8}', "The note")
    {'frames': 8}
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError(
            f"{where} is not JSON that can be read: its nesting is too deep"
        ) from error
    except ValueError as error:
        raise ValueError(f"{where} is not JSON: {error}") from error


def parse(kind: Any, value: Any, where: str) -> Any:
    """Converts a value from JSON to the type `kind`. Lists become tuples.

    Args:
        kind: A dataclass, or the type of one of its fields: `str`, `int`, `float`, `bool`, a tuple,
            a mapping from `str`, a `Literal`, or a union of one of these, a tuple, a `Literal` of
            words and `None`.
        value: The value that `json.loads` returned.
        where: The name of the value in errors.

    Raises:
        ValueError: A field is missing, unknown, of another type, or not finite.

    Example:
        >>> parse(tuple[int, int], [224, 224], "size")
        (224, 224)
    """
    if is_dataclass(kind):
        return _dataclass(kind, value, where)
    return READERS.get(get_origin(kind) or kind, _plain)(kind, value, where)


def _dataclass(kind, value, where):
    _check(isinstance(value, dict), f"an object with the fields of {kind.__name__}", value, where)
    known = {field.name: field for field in fields(kind)}
    missing = [name for name in known if name not in value and _is_required(known[name])]
    unknown = sorted(value.keys() - known.keys())
    if missing or unknown:
        raise ValueError(
            f"{where} does not hold the expected fields.\n  missing: {missing}\n"
            f"  unknown: {unknown}\n  expected: {', '.join(known)}"
        )
    types = _types(kind)
    read = {name: parse(types[name], value[name], f"{where}, `{name}`") for name in value}
    try:
        return kind(**read)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error


_types = cache(get_type_hints)


def _is_required(field) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


_LARGEST = {int: 2**63 - 1, float: sys.float_info.max}


def _plain(kind, value, where):
    accepted = (int, float) if kind is float else kind
    fits = isinstance(value, accepted) and isinstance(value, bool) == (kind is bool)
    _check(fits, f"of type {kind.__name__}", value, where)
    if largest := _LARGEST.get(kind):
        _check(abs(value) <= largest, f"finite, and at most {largest:.3g}", value, where)
    return kind(value)


def _choice(kind, value, where):
    _check(value in get_args(kind), f"one of {', '.join(get_args(kind))}", value, where)
    return value


def _any_of(kind, value, where):
    """Reads a list as the tuple type, `null` as `None`, a word of a `Literal` as itself, and any
    other value as another type."""
    kinds = [each for each in get_args(kind) if each is not type(None)]
    if value is None and len(kinds) < len(get_args(kind)):
        return None
    words = [word for each in kinds if get_origin(each) is Literal for word in get_args(each)]
    if isinstance(value, str) and value in words:
        return value
    kinds = [each for each in kinds if get_origin(each) is not Literal] or kinds
    tuples = [each for each in kinds if get_origin(each) is tuple]
    plain = [each for each in kinds if each not in tuples]
    candidates = tuples if isinstance(value, list) else plain
    return parse((candidates or kinds)[0], value, where)


def _sequence(kind, value, where):
    kinds = get_args(kind)
    repeated = kinds[-1] is Ellipsis
    size = "a list" if repeated else f"a list of {len(kinds)}"
    fits = isinstance(value, list) and (repeated or len(value) == len(kinds))
    _check(fits, size, value, where)
    if repeated:
        if all(
            type(item) is kinds[0] for item in value
        ):  # this is fast for long lists of class names
            return tuple(value)
        kinds = kinds[:1] * len(value)
    return tuple(
        parse(kind, item, f"{where}[{index}]")
        for index, (kind, item) in enumerate(zip(kinds, value, strict=True))
    )


def _mapping(kind, value, where):
    _check(isinstance(value, dict), "an object", value, where)
    return {key: parse(get_args(kind)[1], item, f"{where}[{key!r}]") for key, item in value.items()}


def _anything(kind, value, where):
    if isinstance(value, float):
        _check(math.isfinite(value), "finite", value, where)
    return value


READERS = {
    Literal: _choice,
    Union: _any_of,
    UnionType: _any_of,
    tuple: _sequence,
    Mapping: _mapping,
    Any: _anything,
}


def _check(fits, expected, value, where):
    if not fits:
        raise ValueError(f"{where} must be {expected}. Received: {value!r:.200}")
