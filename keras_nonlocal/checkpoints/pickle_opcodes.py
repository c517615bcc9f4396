"""The instructions of a pickle: few are known, and none of them calls anything but ours.

Python's own unpickler imports what a file names and calls it. This one looks names up in a
table of ours, calls only what is in it, and leaves long strings in the file (a `Span`), so it
takes little memory whatever a file claims. Protocols 1 to 5, as far as checkpoints use them.
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable
from typing import Any

from .binary_file import Cursor
from .pickle_machine import Machine
from .pickle_names import Call, Names, Stateful

MOST_STEPS = 250_000  # NL-I3D R50, of 378 tensors, takes 13,000
LONGEST_INTEGER = 16


def refuse_persistent(identity: Any) -> Any:
    """For files without storages."""
    raise ValueError("it refers to data outside of the pickle")


def unpickle(
    cursor: Cursor, names: Names, persistent: Callable[[Any], Any] = refuse_persistent
) -> Any:
    """The value of the pickle at the cursor.

    Args:
        cursor: Where it starts.
        names: What it may name, by module and name.
        persistent: Gives the value of a persistent id, as PyTorch writes them.

    Raises:
        ValueError: An instruction or a name that is not in the tables, or a wrong use.
    """
    machine = Machine(cursor, names, persistent)
    for _ in range(MOST_STEPS):
        code = cursor.take(1)
        if code == pickle.STOP:
            return machine.pop()
        if code not in STEPS:
            raise ValueError(
                f"byte {cursor.position - 1:,}: {code!r} is no instruction of a pickle "
                "that checkpoints need"
            )
        STEPS[code](machine)
    raise ValueError(f"its pickle has more than {MOST_STEPS:,} instructions")


def _step_global(machine: Machine) -> None:
    module = machine.cursor.line()
    machine.find(module, machine.cursor.line())


def _step_stack_global(machine: Machine) -> None:
    name = machine.pop_kind(str)
    machine.find(machine.pop_kind(str), name)


def _step_reduce(machine: Machine) -> None:
    arguments = machine.pop_kind(tuple)
    machine.push(machine.pop_kind(Call)(*arguments))


def _step_build(machine: Machine) -> None:
    state = machine.pop()
    machine.top(Stateful).build(state)


def _step_persistent(machine: Machine) -> None:
    machine.push(machine.persistent(machine.pop_kind(tuple)))


def _step_append(machine: Machine) -> None:
    value = machine.pop()
    machine.top(list).append(value)


def _step_appends(machine: Machine) -> None:
    values = machine.pop_marked()
    machine.top(list).extend(values)


def _step_item(machine: Machine) -> None:
    value = machine.pop()
    key = machine.pop()
    _put(machine, [key, value])


def _step_items(machine: Machine) -> None:
    _put(machine, machine.pop_marked())


def _put(machine: Machine, items: list[Any]) -> None:
    target = machine.top(dict)
    if len(items) % 2:
        raise ValueError(f"byte {machine.cursor.position:,}: an odd number of keys and values")
    for key, value in zip(items[::2], items[1::2], strict=True):
        if type(key) not in (str, int, float, bool, type(None)):
            raise ValueError(f"a dict has a {type(key).__name__} for a key")
        target[key] = value


def _step_integer(machine: Machine) -> None:
    """Protocol 1 writes `01` for True and `00` for False."""
    line = machine.cursor.line()
    machine.push({"01": True, "00": False}[line] if line in ("01", "00") else int(line))


def _step_long(machine: Machine) -> None:
    machine.push(int(machine.cursor.line().removesuffix("L")))


def _step_long1(machine: Machine) -> None:
    size = machine.number(BYTE)
    if size > LONGEST_INTEGER:
        raise ValueError(f"byte {machine.cursor.position:,}: an integer of {size} bytes")
    machine.push(int.from_bytes(machine.cursor.take(size), "little", signed=True))


def _step_protocol(machine: Machine) -> None:
    protocol = machine.number(BYTE)
    if protocol > pickle.HIGHEST_PROTOCOL:
        raise ValueError(f"its pickle has protocol {protocol}, which is not known")


def _constant(value: Any) -> Callable[[Machine], None]:
    return lambda machine: machine.push(value)


def _made(kind: type) -> Callable[[Machine], None]:
    return lambda machine: machine.push(kind())


def _number(layout: struct.Struct) -> Callable[[Machine], None]:
    return lambda machine: machine.push(machine.number(layout))


def _text(layout: struct.Struct, encoding: str) -> Callable[[Machine], None]:
    return lambda machine: machine.push(machine.text(machine.number(layout), encoding))


def _bytes_left_in_the_file(layout: struct.Struct) -> Callable[[Machine], None]:
    return lambda machine: machine.push(machine.cursor.skip(machine.number(layout)))


def _stored(layout: struct.Struct) -> Callable[[Machine], None]:
    return lambda machine: machine.remember(machine.number(layout))


def _recalled(layout: struct.Struct) -> Callable[[Machine], None]:
    return lambda machine: machine.recall(machine.number(layout))


def _tuple_of(size: int) -> Callable[[Machine], None]:
    return lambda machine: machine.push(tuple([machine.pop() for _ in range(size)][::-1]))


BYTE, SHORT = struct.Struct("<B"), struct.Struct("<H")
INT, UNSIGNED, LONG = struct.Struct("<i"), struct.Struct("<I"), struct.Struct("<Q")
DOUBLE = struct.Struct(">d")

STEPS: dict[bytes, Callable[[Machine], None]] = {
    pickle.PROTO: _step_protocol,
    pickle.FRAME: lambda machine: machine.number(LONG),
    pickle.NONE: _constant(None),
    pickle.NEWTRUE: _constant(True),
    pickle.NEWFALSE: _constant(False),
    pickle.INT: _step_integer,
    pickle.LONG: _step_long,
    pickle.LONG1: _step_long1,
    pickle.BININT: _number(INT),
    pickle.BININT1: _number(BYTE),
    pickle.BININT2: _number(SHORT),
    pickle.BINFLOAT: _number(DOUBLE),
    pickle.SHORT_BINUNICODE: _text(BYTE, "utf-8"),
    pickle.BINUNICODE: _text(UNSIGNED, "utf-8"),
    pickle.BINUNICODE8: _text(LONG, "utf-8"),
    pickle.SHORT_BINSTRING: _text(BYTE, "latin-1"),  # Python 2: text, or the bytes of numbers
    pickle.BINSTRING: _bytes_left_in_the_file(INT),
    pickle.SHORT_BINBYTES: lambda machine: machine.push(machine.cursor.take(machine.number(BYTE))),
    pickle.BINBYTES: _bytes_left_in_the_file(UNSIGNED),
    pickle.BINBYTES8: _bytes_left_in_the_file(LONG),
    pickle.BINPUT: _stored(BYTE),
    pickle.LONG_BINPUT: _stored(UNSIGNED),
    pickle.MEMOIZE: Machine.remember_next,
    pickle.BINGET: _recalled(BYTE),
    pickle.LONG_BINGET: _recalled(UNSIGNED),
    pickle.MARK: Machine.mark,
    pickle.EMPTY_TUPLE: _made(tuple),
    pickle.TUPLE1: _tuple_of(1),
    pickle.TUPLE2: _tuple_of(2),
    pickle.TUPLE3: _tuple_of(3),
    pickle.TUPLE: lambda machine: machine.push(tuple(machine.pop_marked())),
    pickle.EMPTY_LIST: _made(list),
    pickle.APPEND: _step_append,
    pickle.APPENDS: _step_appends,
    pickle.EMPTY_DICT: _made(dict),
    pickle.SETITEM: _step_item,
    pickle.SETITEMS: _step_items,
    pickle.GLOBAL: _step_global,
    pickle.STACK_GLOBAL: _step_stack_global,
    pickle.REDUCE: _step_reduce,
    pickle.BUILD: _step_build,
    pickle.BINPERSID: _step_persistent,
}
