"""Stand-ins for the functions and classes that a pickle refers to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


class Stateful(ABC):
    """A value that gets a state after it was created."""

    __slots__ = ()

    @abstractmethod
    def build(self, state: Any) -> None:
        """Sets the state."""


class Unbuilt(Stateful):
    """Stands for a value of a class that weights do not need: nothing is imported, made or called.

    Attributes:
        reason: What the file refers to, for an error.
        parts: What the file says about the value, such as its state.
    """

    __slots__ = ("parts", "reason")

    def __init__(self, reason: str, parts: Iterable[Any] = ()):
        self.reason = reason
        self.parts = [*parts]

    def build(self, state: Any) -> None:
        """Keeps the state as it is."""
        self.parts.append(state)


def contents(value: Any, seen: set[int]) -> Iterator[Any]:
    """Yields a value and all values within it, in their order, but none whose id was seen."""
    left = [value]
    while left:
        value = left.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        yield value
        if isinstance(value, dict):
            left += [*value, *value.values()][::-1]
        elif isinstance(value, list | tuple | Unbuilt):
            left += (value.parts if isinstance(value, Unbuilt) else value)[::-1]


@dataclass(frozen=True)
class Call:
    """The stand-in for a function, which checks the types of the arguments.

    The result is unbuilt if one of the arguments is, and should not be.

    Attributes:
        name: The name that errors show.
        function: The function of this package that is called.
        types: The types of its arguments.
        optional: How many of the last arguments may be missing.
        makes_arrays: Whether the result is an array, or the elements of one.
    """

    name: str
    function: Callable[..., Any]
    types: tuple[Any, ...]
    optional: int = 0
    makes_arrays: bool = False

    def __call__(self, *arguments: Any) -> Any:
        at_least, at_most = len(self.types) - self.optional, len(self.types)
        fits = at_least <= len(arguments) <= at_most
        if fits and all(map(isinstance, arguments, self.types)):
            return self.function(*arguments)
        for argument in arguments:
            if isinstance(argument, Unbuilt):
                return Unbuilt(argument.reason, (self, *arguments))
        found = ", ".join(type(argument).__name__ for argument in arguments[: at_most + 1])
        raise ValueError(f"it calls {self.name} with arguments of other types: ({found})")


class OrderedDict(dict, Stateful):
    """Stands for `collections.OrderedDict`, to which PyTorch adds attributes."""

    def build(self, state: Any) -> None:
        """Ignores the attributes."""


def _ordered(pairs: Iterable[Any] = ()) -> OrderedDict:
    """Takes the items as Python 2 writes them."""
    named = [pair for pair in pairs if isinstance(pair, list | tuple) and len(pair) == 2]
    return OrderedDict((name, value) for name, value in named if isinstance(name, str))


Names = Mapping[tuple[str, str], Any]
COMMON: Names = {
    ("collections", "OrderedDict"): Call("collections.OrderedDict", _ordered, (list,), 1),
    ("collections", "defaultdict"): Call(
        "collections.defaultdict", lambda factory=None: OrderedDict(), (object,), 1
    ),
}
