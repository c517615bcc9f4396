"""Checks of arguments that several layers take."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real

from ..utils.checks import positive_int


def check_number(name: str, value: float, low: float, high: float) -> float:
    """Return `value` if it is a number from `low` to `high`."""
    if isinstance(value, bool) or not isinstance(value, Real) or not low <= value <= high:
        raise ValueError(
            f"`{name}` must be a number from {low} to {high}. Received: {name}={value!r}"
        )
    return value


def check_interval(
    name: str, value: Sequence[float], low: float, high: float
) -> tuple[float, float]:
    """Return `value` if it is a pair of numbers from `low` to `high` in ascending order."""
    if not isinstance(value, list | tuple) or len(value) != 2 or not value[0] <= value[1]:
        raise ValueError(
            f"`{name}` must be the two ends of a range, the lower one first. "
            f"Received: {name}={value!r}"
        )
    return check_number(name, value[0], low, high), check_number(name, value[1], low, high)


def check_numbers(name: str, value: Sequence[float], low: float, high: float) -> tuple[float, ...]:
    """Return `value` as a tuple if it lists at least one number, all from `low` to `high`."""
    if not isinstance(value, list | tuple) or not value:
        raise ValueError(f"`{name}` must be a list of numbers. Received: {name}={value!r}")
    return tuple(check_number(name, number, low, high) for number in value)


def short_sides(name: str, value: int | Sequence[int]) -> tuple[int, int]:
    """Return `value` as a range of positive integers; a single integer is both ends."""
    ends = (value, value) if isinstance(value, int) else value
    check_interval(name, ends, 1, 2**20)
    return positive_int(name, ends[0]), positive_int(name, ends[1])


def per_channel(name: str, value: float | Sequence[float], low: float, high: float):
    """Return `value` as one number for all channels, or as a tuple with one number for each."""
    if isinstance(value, Sequence):
        return check_numbers(name, value, low, high)
    return check_number(name, value, low, high)
