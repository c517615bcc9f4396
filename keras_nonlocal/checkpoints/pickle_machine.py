"""What the instructions of a pickle work on. It grows with the instructions, and not by claims."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from .binary_file import Cursor
from .pickle_names import Call, Names, Stateful

MOST_TEXT = 1 << 22  # bytes of names and texts together
KINDS = {Call: "call", Stateful: "value that takes a state"}  # for errors


class Machine:
    """The values at hand while a pickle runs: a stack, marks on it, and a memory.

    Args:
        cursor: Where it starts.
        names: What it may name, by module and name.
        persistent: Gives the value of a persistent id, as PyTorch writes them.
    """

    def __init__(self, cursor: Cursor, names: Names, persistent: Callable[[Any], Any]):
        self.cursor = cursor
        self.names = names
        self.persistent = persistent
        self._stack: list[Any] = []
        self._marked: list[list[Any]] = []
        self._memo: dict[int, Any] = {}
        self._text = 0

    def push(self, value: Any) -> None:
        self._stack.append(value)

    def pop(self) -> Any:
        if not self._stack:
            raise ValueError(f"byte {self.cursor.position:,}: an instruction lacks its argument")
        return self._stack.pop()

    def top(self, kind: type) -> Any:
        """The last value, which stays; it must be of that type."""
        value = self.pop()
        if not isinstance(value, kind):
            raise ValueError(
                f"byte {self.cursor.position:,}: expected a {KINDS.get(kind, kind.__name__)}, "
                f"found a {type(value).__name__}"
            )
        self.push(value)
        return value

    def pop_kind(self, kind: type) -> Any:
        self.top(kind)
        return self.pop()

    def mark(self) -> None:
        self._marked.append(self._stack)
        self._stack = []

    def pop_marked(self) -> list[Any]:
        """The values since the last mark."""
        if not self._marked:
            raise ValueError(f"byte {self.cursor.position:,}: an instruction lacks its mark")
        values, self._stack = self._stack, self._marked.pop()
        return values

    def number(self, layout: struct.Struct) -> Any:
        return layout.unpack(self.cursor.take(layout.size))[0]

    def text(self, size: int, encoding: str) -> str:
        self._text += size
        if self._text > MOST_TEXT:
            raise ValueError(f"its names and texts have more than {MOST_TEXT:,} bytes")
        return self.cursor.take(size).decode(encoding)

    def remember(self, index: int) -> None:
        self.push(self.pop())
        self._memo[index] = self._stack[-1]

    def remember_next(self) -> None:
        self.remember(len(self._memo))

    def recall(self, index: int) -> None:
        if index not in self._memo:
            raise ValueError(f"byte {self.cursor.position:,}: value {index} was never stored")
        self.push(self._memo[index])

    def find(self, module: str, name: str) -> None:
        if (module, name) not in self.names:
            raise ValueError(
                f"it names {module[:99]}.{name[:99]}, which could run code and is not among the "
                "names that checkpoints of weights need. Have the program that wrote the file "
                "save its weights alone (`torch.save(model.state_dict(), path)`)"
            )
        self.push(self.names[module, name])
