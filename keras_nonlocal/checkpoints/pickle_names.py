"""Stand-ins for the functions and classes that a pickle may refer to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Call:
    """The stand-in for a function, which checks the types of the arguments.

    Attributes:
        name: The name that errors show.
        function: The function of this package that is called.
        types: The types of its arguments.
        optional: How many of the last arguments may be missing.
    """

    name: str
    function: Callable[..., Any]
    types: tuple[Any, ...]
    optional: int = 0

    def __call__(self, *arguments: Any) -> Any:
        at_least, at_most = len(self.types) - self.optional, len(self.types)
        fits = at_least <= len(arguments) <= at_most
        if not fits or not all(map(isinstance, arguments, self.types)):
            found = ", ".join(type(argument).__name__ for argument in arguments[: at_most + 1])
            raise ValueError(f"it calls {self.name} with arguments of other types: ({found})")
        return self.function(*arguments)


class Stateful(ABC):
    """A value that gets a state after it was created."""

    @abstractmethod
    def build(self, state: Any) -> None:
        """Sets the state."""


class OrderedDict(dict, Stateful):
    """Stands for `collections.OrderedDict`, to which PyTorch adds attributes."""

    def build(self, state: Any) -> None:
        """Ignores the attributes."""


Names = Mapping[tuple[str, str], Any]
COMMON: Names = {
    ("collections", "OrderedDict"): Call("collections.OrderedDict", OrderedDict, ()),
}
