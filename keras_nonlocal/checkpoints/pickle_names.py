"""What may stand in a pickle for functions and objects of other programs: values of ours."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Call:
    """What stands for a function that a file may name.

    Attributes:
        name: For errors.
        make: The function of ours.
        kinds: The types of its arguments.
        optional: How many of the last arguments may be missing.
    """

    name: str
    make: Callable[..., Any]
    kinds: tuple[Any, ...]
    optional: int = 0

    def __call__(self, *arguments: Any) -> Any:
        least, most = len(self.kinds) - self.optional, len(self.kinds)
        kinds = self.kinds[: len(arguments)]
        if not least <= len(arguments) <= most or not all(map(isinstance, arguments, kinds)):
            found = ", ".join(type(argument).__name__ for argument in arguments[: most + 1])
            raise ValueError(f"{self.name} is called with other arguments than it takes: ({found})")
        return self.make(*arguments)


class Stateful(ABC):
    """A value of ours that takes a state after it was made."""

    @abstractmethod
    def build(self, state: Any) -> None:
        """Take the state."""


class Ordered(dict, Stateful):
    """A `collections.OrderedDict`, without the attributes that PyTorch puts on it."""

    def build(self, state: Any) -> None:
        """The attributes are left out."""


Names = Mapping[tuple[str, str], Any]
COMMON: Names = {
    ("collections", "OrderedDict"): Call("collections.OrderedDict", Ordered, ()),
}
