"""Reads the weights files of Keras with h5py, but nothing that leads out of a file or nowhere."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import h5py

HEAP = b"GCOL\x01\0\0\0"  # the signature of a heap, which holds texts; its size follows
_OBJECT = struct.Struct("<H6xQ")  # index, references and size; index 0 is the free space


def check_heaps(path: Path) -> None:
    """Checks the heaps of a file, for HDF5 never returns from free space of the size zero.

    Raises:
        ValueError: An object of a heap has a wrong size, or the file is empty.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        heap = data.find(HEAP)
        while heap >= 0:
            at = heap + len(HEAP) + 8
            end = min(heap + int.from_bytes(data[at - 8 : at], "little"), len(data))
            while at + _OBJECT.size <= end:
                index, size = _OBJECT.unpack_from(data, at)
                step = _OBJECT.size + -(-size // 8) * 8 if index else size
                if step < _OBJECT.size or at + step > end:
                    raise ValueError(f"the heap at byte {heap:,} is damaged")
                at += step
            heap = data.find(HEAP, heap + 1)


def datasets(file: h5py.File) -> Iterator[tuple[str, h5py.Dataset]]:
    """Yields what a file holds for the layers of a network, by location, without reading it.

    Raises:
        ValueError: The file has a link or data in another file, which are not followed, or two
            tensors at one place.
    """
    links: dict[str, object] = {}
    file.visititems_links(links.__setitem__)
    for name, link in links.items():
        if not isinstance(link, h5py.HardLink):
            raise ValueError(f"{name!r} is a link, which Keras never writes")
    items: list[h5py.Dataset] = []
    file.visititems(lambda _, item: items.append(item) if isinstance(item, h5py.Dataset) else None)
    for dataset in items:
        if dataset.is_virtual or dataset.external:
            raise ValueError(f"{dataset.name!r} is in another file")
    places = sorted((item.id.get_offset() or 0, item.id.get_storage_size()) for item in items)
    for (start, size), (following, _) in pairwise(places):
        if start and start + size > following:
            raise ValueError(f"two tensors share the bytes at {following:,}")
    for dataset in items:
        group, _, index = dataset.name.strip("/").rpartition("/")
        if group.startswith("layers/") and "/seed_generator" not in group:
            yield f"{_layer_names(file, group)}/{index}", dataset


def _layer_names(file: h5py.File, group: str) -> str:
    """Returns the names of a layer and of the layers around it, as in `res3_1_nonlocal/theta`."""
    parts = group.split("/")[:-1]
    groups = ("/".join(parts[:end]) + "/vars" for end in range(2, len(parts) + 1))
    names = [file[each].attrs.get("name") for each in groups if each in file]
    if not names or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{group!r} holds no name of its layer; Keras writes it since 3.10")
    return "/".join(names)
