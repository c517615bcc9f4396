"""Interprets the instructions of a pickle, without running any code of the file.

Python's own unpickler imports and calls what a file refers to. This one looks names up in a table,
calls only the functions in that table, and leaves long strings in the file (a `ByteRange`). So it
uses little memory, whatever sizes a file claims. What is not in the table stays `Unbuilt`. It
supports what checkpoints use of the protocols 1 to 5.
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable
from typing import Any

from .binary_file import Cursor
from .pickle_machine import Machine
from .pickle_names import Call, Names, Stateful, Unbuilt

MAX_INSTRUCTIONS = 250_000  # NL-I3D R50 has 378 tensors and takes 13,000


def refuse_persistent(persistent_id: Any) -> Any:
    """Raises an error, for files that have no storages."""
    raise ValueError("it refers to data outside of the pickle")


def unpickle(
    cursor: Cursor, names: Names, persistent: Callable[[Any], Any] = refuse_persistent
) -> Any:
    """Returns the value of the pickle at the cursor.

    Args:
        cursor: The position of the pickle.
        names: What the pickle may refer to, by module and name.
        persistent: Returns the value of a persistent id, by which PyTorch refers to storages.

    Raises:
        ValueError: An instruction or a name is not in the tables, or is used in a wrong way.
    """
    machine = Machine(cursor, names, persistent)
    for _ in range(MAX_INSTRUCTIONS):
        code = cursor.take(1)
        if code == pickle.STOP:
            return machine.pop()
        if code not in INSTRUCTIONS:
            raise ValueError(
                f"byte {cursor.position - 1:,}: {code!r} is not a pickle instruction that "
                "checkpoints need"
            )
        INSTRUCTIONS[code](machine)
    raise ValueError(f"its pickle has more than {MAX_INSTRUCTIONS:,} instructions")


def _global(machine: Machine) -> None:
    module = machine.cursor.line()
    machine.find(module, machine.cursor.line())


def _stack_global(machine: Machine) -> None:
    name = machine.pop_type(str)
    machine.find(machine.pop_type(str), name)


def _reduce(machine: Machine) -> None:
    _call(machine, machine.pop_type(tuple))


def _call(machine: Machine, arguments: tuple, *more: Any) -> None:
    """Calls the stand-in on the stack. `more` is what only unbuilt classes take."""
    function = machine.pop_type((Call, Unbuilt))
    if isinstance(function, Unbuilt):
        machine.push(Unbuilt(function.reason, (function, *arguments, *more)))
    else:
        machine.push(function(*arguments, *more))


def _new_object_with_keywords(machine: Machine) -> None:
    keywords = machine.pop_type(dict)
    _call(machine, machine.pop_type(tuple), keywords)


def _object(machine: Machine) -> None:
    function, *arguments = machine.pop_marked() or [None]
    machine.push(function)
    _call(machine, tuple(arguments))


def _instance(machine: Machine) -> None:
    arguments = machine.pop_marked()
    _global(machine)
    _call(machine, tuple(arguments))


def _set(machine: Machine, values: list[Any]) -> None:
    """Pushes a set, which is no part of weights."""
    machine.push(Unbuilt("it holds a set", values))


def _build(machine: Machine) -> None:
    state = machine.pop()
    machine.top(Stateful).build(state)


def _persistent(machine: Machine) -> None:
    machine.push(machine.persistent(machine.pop_type(tuple)))


def _append(machine: Machine) -> None:
    _extend(machine, [machine.pop()])


def _extend(machine: Machine, values: list[Any]) -> None:
    target = machine.top((list, Unbuilt))
    (target.parts if isinstance(target, Unbuilt) else target).extend(values)


def _set_item(machine: Machine) -> None:
    value = machine.pop()
    key = machine.pop()
    _set_items(machine, [key, value])


def _set_items(machine: Machine, items: list[Any]) -> None:
    target = machine.top((dict, Unbuilt))
    if isinstance(target, Unbuilt):
        target.parts += items
        return
    if len(items) % 2:
        raise ValueError(f"byte {machine.cursor.position:,}: a key of a dict has no value")
    for key, value in zip(items[::2], items[1::2], strict=True):
        # Other keys, such as nested tuples, could take long to compare.
        plain = type(key) in (str, int, float, bool, type(None), Unbuilt)
        target[key if plain else Unbuilt("it has a key that is no name", [key])] = value


def _drop(machine: Machine) -> None:
    machine.pop()


def _drop_marked(machine: Machine) -> None:
    machine.pop_marked()


def _integer(machine: Machine) -> None:
    """Pushes an integer, or a bool, which protocol 1 writes as `01` or `00`."""
    line = machine.cursor.line()
    machine.push({"01": True, "00": False}[line] if line in ("01", "00") else int(line))


def _long(machine: Machine) -> None:
    machine.push(int(machine.cursor.line().removesuffix("L")))


def _long1(machine: Machine) -> None:
    data = machine.cursor.take(machine.number(BYTE))
    machine.push(int.from_bytes(data, "little", signed=True))


def _protocol(machine: Machine) -> None:
    protocol = machine.number(BYTE)
    if protocol > pickle.HIGHEST_PROTOCOL:
        raise ValueError(f"its pickle has protocol {protocol}, which does not exist")


def _push_constant(value: Any) -> Callable[[Machine], None]:
    return lambda machine: machine.push(value)


def _push_empty(kind: type) -> Callable[[Machine], None]:
    return lambda machine: machine.push(kind())


def _push_number(layout: struct.Struct) -> Callable[[Machine], None]:
    return lambda machine: machine.push(machine.number(layout))


def _push_text(layout: struct.Struct, encoding: str) -> Callable[[Machine], None]:
    return lambda machine: machine.push(machine.text(machine.number(layout), encoding))


def _push_byte_range(layout: struct.Struct) -> Callable[[Machine], None]:
    return lambda machine: machine.push(machine.cursor.skip(machine.number(layout)))


def _memoize(layout: struct.Struct) -> Callable[[Machine], None]:
    return lambda machine: machine.memoize(machine.number(layout))


def _recall(layout: struct.Struct) -> Callable[[Machine], None]:
    return lambda machine: machine.recall(machine.number(layout))


def _push_tuple(size: int) -> Callable[[Machine], None]:
    return lambda machine: machine.push(tuple([machine.pop() for _ in range(size)][::-1]))


BYTE, SHORT = struct.Struct("<B"), struct.Struct("<H")
INT, UNSIGNED, LONG = struct.Struct("<i"), struct.Struct("<I"), struct.Struct("<Q")
DOUBLE = struct.Struct(">d")

INSTRUCTIONS: dict[bytes, Callable[[Machine], None]] = {
    pickle.PROTO: _protocol,
    pickle.FRAME: lambda machine: machine.number(LONG),
    pickle.NONE: _push_constant(None),
    pickle.NEWTRUE: _push_constant(True),
    pickle.NEWFALSE: _push_constant(False),
    pickle.INT: _integer,
    pickle.LONG: _long,
    pickle.LONG1: _long1,
    pickle.LONG4: _push_byte_range(INT),  # longer than any number of a checkpoint
    pickle.BININT: _push_number(INT),
    pickle.BININT1: _push_number(BYTE),
    pickle.BININT2: _push_number(SHORT),
    pickle.BINFLOAT: _push_number(DOUBLE),
    pickle.SHORT_BINUNICODE: _push_text(BYTE, "utf-8"),
    pickle.BINUNICODE: _push_text(UNSIGNED, "utf-8"),
    pickle.BINUNICODE8: _push_text(LONG, "utf-8"),
    pickle.SHORT_BINSTRING: _push_text(BYTE, "latin-1"),  # Python 2: text, or bytes of numbers
    pickle.BINSTRING: _push_byte_range(INT),
    pickle.SHORT_BINBYTES: lambda machine: machine.push(machine.cursor.take(machine.number(BYTE))),
    pickle.BINBYTES: _push_byte_range(UNSIGNED),
    pickle.BINBYTES8: _push_byte_range(LONG),
    pickle.BYTEARRAY8: _push_byte_range(LONG),
    pickle.BINPUT: _memoize(BYTE),
    pickle.LONG_BINPUT: _memoize(UNSIGNED),
    pickle.MEMOIZE: Machine.memoize_next,
    pickle.BINGET: _recall(BYTE),
    pickle.LONG_BINGET: _recall(UNSIGNED),
    pickle.MARK: Machine.mark,
    pickle.POP: _drop,
    pickle.POP_MARK: _drop_marked,
    pickle.EMPTY_TUPLE: _push_empty(tuple),
    pickle.TUPLE1: _push_tuple(1),
    pickle.TUPLE2: _push_tuple(2),
    pickle.TUPLE3: _push_tuple(3),
    pickle.TUPLE: lambda machine: machine.push(tuple(machine.pop_marked())),
    pickle.EMPTY_LIST: _push_empty(list),
    pickle.APPEND: _append,
    pickle.APPENDS: lambda machine: _extend(machine, machine.pop_marked()),
    pickle.EMPTY_SET: lambda machine: _set(machine, []),
    pickle.ADDITEMS: lambda machine: _extend(machine, machine.pop_marked()),
    pickle.FROZENSET: lambda machine: _set(machine, machine.pop_marked()),
    pickle.EMPTY_DICT: _push_empty(dict),
    pickle.SETITEM: _set_item,
    pickle.SETITEMS: lambda machine: _set_items(machine, machine.pop_marked()),
    pickle.GLOBAL: _global,
    pickle.STACK_GLOBAL: _stack_global,
    pickle.REDUCE: _reduce,
    pickle.NEWOBJ: _reduce,
    pickle.NEWOBJ_EX: _new_object_with_keywords,
    pickle.OBJ: _object,
    pickle.INST: _instance,
    pickle.BUILD: _build,
    pickle.BINPERSID: _persistent,
}
