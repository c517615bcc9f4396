"""Weights files that Keras wrote, into the same network: by the names of layers.

Keras itself goes by the order of layers of a kind, and leaves out what a file has too much. So the
weights of one non-local block would go into another, and those of a network with blocks into one
without.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import h5py
import keras

from ..utils.roles import head_of
from .assign import assign, named_weights


def load_own(model: keras.Model, path: Path) -> None:
    """Fill `model` from a `.weights.h5` file.

    Raises:
        ValueError: The weights do not fit the model; nothing was loaded.
        OSError: It is no such file.
    """
    names = _names(model)
    with h5py.File(path) as file:
        wanted = {None, *map(head_of, names)}
        found = {
            names.get(place, place): data
            for place, data in _arrays(file)
            if head_of(place) in wanted
        }
        assign(named_weights(model), found)


def _names(model: keras.Model) -> dict[str, str]:
    """The path of each weight by its place in a file: names of layers, and its number there."""
    names, counts = {}, Counter[str]()
    for name in named_weights(model):
        layer = name.rpartition("/")[0]
        names[f"{layer}/{counts[layer]}"] = name
        counts[layer] += 1
    return names


def _arrays(file: h5py.File) -> Iterator[tuple[str, h5py.Dataset]]:
    """What a file has for the layers of a network, by place; not yet read.

    Links are not followed, and what lies in other files is refused.
    """
    found: list[h5py.Dataset] = []
    file.visititems(lambda _, item: found.append(item) if isinstance(item, h5py.Dataset) else None)
    for data in found:
        group, _, number = data.name.strip("/").rpartition("/")
        if not group.startswith("layers/") or "/seed_generator" in group:
            continue
        if data.is_virtual or data.external:
            raise ValueError(f"{data.name!r} lies in another file")
        yield f"{_layer(file, group)}/{number}", data


def _layer(file: h5py.File, group: str) -> str:
    """Names of a layer and of those it is a part of: `res3_1_nonlocal/theta`."""
    parts = group.split("/")[:-1]
    above = ("/".join(parts[:end]) + "/vars" for end in range(2, len(parts) + 1))
    names = [file[each].attrs.get("name") for each in above if each in file]
    if not names or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{group!r} has no name of its layer, as Keras writes it since 3.10")
    return "/".join(names)
