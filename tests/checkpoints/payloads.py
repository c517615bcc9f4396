"""Pickles that run code in Python's own unpickler: each creates the file `canary`."""

from __future__ import annotations

import codecs
import functools
import importlib
import operator
import os
import pickle
import runpy
import subprocess


class Reduced:
    """An object whose unpickling calls a function."""

    def __init__(self, function, *arguments):
        self._call = function, arguments

    def __reduce__(self):
        return self._call

    def __call__(self):
        raise TypeError("it is only pickled")


class WithState(Reduced):
    """An object whose unpickling calls a function and adds items to the result."""

    def __init__(self, function, entries=None, items=None):
        self._call = function, (), None, entries and iter(entries), items and iter(items)


def payloads(canary):
    """Returns objects by name. Unpickling any of them creates the file `canary`."""
    path = str(canary)
    touch, shell = f"open({path!r}, 'w').close()", f"touch {path!r}"
    module = Reduced(importlib.import_module, "os")
    builtins = Reduced(importlib.import_module, "builtins")
    code = Reduced(compile, touch, "text", "exec")
    evaluated = Reduced(eval, touch)
    return {
        "os.system": Reduced(os.system, shell),
        "os.mkdir": Reduced(os.mkdir, path),
        "eval": evaluated,
        "exec": Reduced(exec, touch),
        "open": Reduced(open, path, "w"),
        "subprocess.call": Reduced(subprocess.call, ["touch", path]),
        "subprocess.getoutput": Reduced(subprocess.getoutput, shell),
        "getattr of a module": Reduced(Reduced(getattr, module, "system"), shell),
        "getattr of builtins": Reduced(Reduced(getattr, builtins, "eval"), touch),
        "attrgetter": Reduced(Reduced(operator.attrgetter("system"), module), shell),
        "methodcaller": Reduced(operator.methodcaller("system", shell), module),
        "partial": Reduced(functools.partial(os.system, shell)),
        "reduce": Reduced(functools.reduce, eval, [touch, {}]),
        "map": Reduced(list, Reduced(map, eval, [touch])),
        "compile": Reduced(exec, code),
        "runpy": Reduced(runpy._run_code, code, {}),
        "codecs.open": Reduced(codecs.open, path, "w", "utf-8"),
        "pickle.loads": Reduced(pickle.loads, pickle.dumps(evaluated)),
        "an entry of a list": WithState(list, entries=[evaluated]),
        "a value of a dict": WithState(dict, items=[("a", evaluated)]),
        "a key of a dict": {evaluated: 1},
        "an argument": Reduced(dict, [("a", evaluated)]),
        "deep in weights": {"state_dict": {"w": [{"x": (1, [Reduced(os.system, shell)])}]}},
        "beside weights": {"state_dict": {}, "optimizer": Reduced(os.system, shell)},
    }


def named(module, name, argument, protocol):
    """Returns a pickle that calls `module.name(argument)`, even if that does not exist."""
    if protocol < 4:
        head = b"\x80\x02" + pickle.GLOBAL + f"{module}\n{name}\n".encode()
    else:
        head = b"\x80\x04" + _text(module) + _text(name) + pickle.STACK_GLOBAL
    return head + _text(argument) + pickle.TUPLE1 + pickle.REDUCE + pickle.STOP


def _text(text):
    data = text.encode()
    return pickle.BINUNICODE + len(data).to_bytes(4, "little") + data
