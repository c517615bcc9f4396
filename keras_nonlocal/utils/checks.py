"""Checks of arguments. Their errors say what was expected and what was received."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from typing import TypeAlias, TypeVar

PathLike: TypeAlias = str | os.PathLike[str]
Choice = TypeVar("Choice")


def one_of(name: str, value: Choice, choices: Collection) -> Choice:
    """Returns `value` if it is one of `choices`, else raises a `ValueError` that lists them."""
    if value not in list(choices):
        listed = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"`{name}` must be one of {listed}. Received: {name}={value!r}")
    return value


def positive_int(name: str, value: int) -> int:
    """Returns `value` if it is an integer of at least one."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value!r}")
    return value


def any_int(name: str, value: int) -> int:
    """Returns `value` as an `int` if it is an integer of Python or NumPy."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise ValueError(f"`{name}` must be an integer. Received: {name}={value!r}")
    return int(value)


def a_seed(value: int) -> int:
    """Returns `value` as an `int` if it is a seed that all random generators take."""
    if not 0 <= any_int("seed", value) < 2**32:
        raise ValueError(f"`seed` must be an integer from 0 to 2**32 - 1. Received: seed={value!r}")
    return int(value)


def at_least(name: str, value: float, least: float) -> float:
    """Returns `value` if it is a finite number of at least `least`."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not least <= value < float("inf"):
        raise ValueError(
            f"`{name}` must be a number of at least {least}. Received: {name}={value!r}"
        )
    return value


def sizes(name: str, value: int | Sequence[int], rank: int) -> tuple[int, ...]:
    """Returns `value` as a tuple of `rank` positive integers. One integer is repeated."""
    values = (value,) * rank if isinstance(value, int) else value
    if not isinstance(values, list | tuple) or len(values) != rank:
        raise ValueError(
            f"`{name}` must be a positive integer or {rank} of them. Received: {name}={value!r}"
        )
    return tuple(positive_int(name, size) for size in values)
