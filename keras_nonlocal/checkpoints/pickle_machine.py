"""The state of the pickle interpreter: a stack, marks and a memo."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from .binary_file import Cursor, TextRange
from .pickle_names import Call, Names, Stateful, Unbuilt

MAX_TEXT_BYTES = 1 << 22  # of all names and short texts together
MAX_SHORT_TEXT_BYTES = 1 << 12
TYPE_NAMES = {Call: "call", Stateful: "value that takes a state"}  # in error messages


class Machine:
    """The state of the interpreter while it reads a pickle.

    Its memory grows with the number of instructions, and not with sizes that the file claims.

    Args:
        cursor: The position of the pickle.
        names: What the pickle may refer to, by module and name.
        persistent: Returns the value of a persistent id, by which PyTorch refers to storages.
    """

    def __init__(self, cursor: Cursor, names: Names, persistent: Callable[[Any], Any]):
        self.cursor = cursor
        self.names = names
        self.persistent = persistent
        self._stack: list[Any] = []
        self._outer_stacks: list[list[Any]] = []
        self._memo: dict[int, Any] = {}
        self._text_bytes = 0

    def push(self, value: Any) -> None:
        self._stack.append(value)

    def pop(self) -> Any:
        if not self._stack:
            raise ValueError(f"byte {self.cursor.position:,}: an instruction lacks its argument")
        return self._stack.pop()

    def top(self, expected: type | tuple[type, ...]) -> Any:
        """Returns the last value, which must have this type, and leaves it on the stack."""
        value = self.pop()
        if not isinstance(value, expected):
            first = expected[0] if isinstance(expected, tuple) else expected
            raise ValueError(
                f"byte {self.cursor.position:,}: expected a "
                f"{TYPE_NAMES.get(first, first.__name__)}, found a {type(value).__name__}"
            )
        self.push(value)
        return value

    def pop_type(self, expected: type | tuple[type, ...]) -> Any:
        self.top(expected)
        return self.pop()

    def mark(self) -> None:
        self._outer_stacks.append(self._stack)
        self._stack = []

    def pop_marked(self) -> list[Any]:
        """Removes and returns the values since the last mark."""
        if not self._outer_stacks:
            raise ValueError(f"byte {self.cursor.position:,}: an instruction lacks its mark")
        values, self._stack = self._stack, self._outer_stacks.pop()
        return values

    def number(self, layout: struct.Struct) -> Any:
        return layout.unpack(self.cursor.take(layout.size))[0]

    def text(self, size: int, encoding: str) -> str | TextRange:
        """Reads a text. One that is too long for a name stays in the file."""
        if size > MAX_SHORT_TEXT_BYTES:
            span = self.cursor.skip(size)
            return TextRange(span.start, span.size)
        self._text_bytes += size
        if self._text_bytes > MAX_TEXT_BYTES:
            raise ValueError(f"its names and texts have more than {MAX_TEXT_BYTES:,} bytes")
        return self.cursor.take(size).decode(encoding)

    def memoize(self, index: int) -> None:
        self.push(self.pop())  # raises if the stack is empty
        self._memo[index] = self._stack[-1]

    def memoize_next(self) -> None:
        self.memoize(len(self._memo))

    def recall(self, index: int) -> None:
        if index not in self._memo:
            raise ValueError(f"byte {self.cursor.position:,}: value {index} was never stored")
        self.push(self._memo[index])

    def find(self, module: str, name: str) -> None:
        """Pushes the stand-in of a name. Where a pickle may have names, others stay unbuilt."""
        reason = (
            f"it refers to {module[:99]}.{name[:99]}, which could run code and which weights "
            "do not need. Save only the weights in the program that wrote the file "
            "(`torch.save(model.state_dict(), path)`)"
        )
        if not self.names:
            raise ValueError(reason)
        self.push(self.names.get((module, name)) or Unbuilt(reason))
