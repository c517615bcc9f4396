"""Names of a checkpoint without what wrappers of a network add to them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import accumulate
from typing import NamedTuple

# The modules that PyTorch puts around a network or a part of it: for several devices, compiled.
WRAPPERS = re.compile(
    r"(?<![^.])(?:module|_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\."
)


class Reading(NamedTuple):
    """One way to read the names of a checkpoint.

    Attributes:
        names: The names that are looked up, by the names in the checkpoint.
        left_out: The parts of names that are left out.
    """

    names: Mapping[str, str]
    left_out: tuple[str, ...] = ()

    def unknown(self, knows: Callable[[str], bool]) -> list[str]:
        """Returns the names in the checkpoint that are not known."""
        return [name for name, plain in self.names.items() if not knows(plain)]

    def __str__(self) -> str:
        return f" without {' and '.join(map(repr, self.left_out))}" if self.left_out else ""


def readings(names: Iterable[str]) -> Iterator[Reading]:
    """Yields the names as they are, then without wrappers, then without a prefix that many have.

    Example:
        >>> [reading.left_out for reading in readings(["module.fc.bias", "module.fc.weight"])]
        [(), ('module.',), ('module.', 'fc.')]
    """
    names = list(names)
    yield Reading({name: name for name in names})
    wrappers = sorted({wrapper for name in names for wrapper in WRAPPERS.findall(name)})
    plain = {name: WRAPPERS.sub("", name) for name in names}
    if wrappers:
        yield Reading(plain, tuple(wrappers))
    levels = [accumulate(f"{part}." for part in name.split(".")[:-1]) for name in plain.values()]
    counts = Counter(prefix for prefixes in levels for prefix in prefixes)
    for prefix in [prefix for prefix, count in counts.items() if 3 * count >= len(names)]:
        without = {name: each.removeprefix(prefix) for name, each in plain.items()}
        yield Reading(without, (*wrappers, prefix))


def best_reading(names: Iterable[str], knows: Callable[[str], bool]) -> Reading:
    """Returns the first reading of which most names are known."""
    best, fewest = Reading({}), -1
    for reading in readings(names):
        count = len(reading.unknown(knows))
        if fewest < 0 or count < fewest:
            best, fewest = reading, count
        if not count:
            break
    return best
