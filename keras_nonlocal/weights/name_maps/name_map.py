"""Maps the tensor names of one code base to the names of this package."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

import numpy as np

PLACEHOLDER = re.compile(r"\{(\w+)\}")

# The endings of tensor names in PyTorch. Norms have other endings than kernels.
TORCH_FIELDS = {".weight": "/kernel", ".bias": "/bias"}
TORCH_NORM_FIELDS = {
    ".weight": "/gamma",
    ".bias": "/beta",
    ".running_mean": "/moving_mean",
    ".running_var": "/moving_variance",
}
# Only training reads these; the second ones belong to averages of weights.
TORCH_COUNTERS = (r".+\.num_batches_tracked", r"n_averaged|steps?|initted")


class Rearrangement(NamedTuple):
    """A function of an array in the layout of the source, and what it does in words."""

    run: Callable[[np.ndarray], np.ndarray]
    words: str


@dataclass(frozen=True, eq=False)
class NameMap:
    """The tensor names of one code base. Templates hold placeholders such as `{stage}`.

    Attributes:
        layers: Templates of the source's layer names, to templates of this package's.
        words: The source's values of each placeholder, to this package's. `{block}` is any number,
            and the same on both sides.
        fields, norm_fields: Endings of the tensors of a layer, to this package's endings.
        duplicates: Like `layers`, for second names of tensors.
        ignored: Regular expressions of entries that are not weights. They match whole names.
        folds_norms: Whether there are checkpoints in which only gamma and beta are left of norms.
        two_dimensional: Whether it is an image network. Its kernels are inflated over time.
        lacks: Parts of this package's names for which the source has no tensors.
        rearranged: By this package's name: how the values of a tensor are put into the order of
            this package, before its axes are moved.
    """

    layers: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]]
    fields: Mapping[str, str] = field(default_factory=lambda: TORCH_FIELDS)
    norm_fields: Mapping[str, str] = field(default_factory=lambda: TORCH_NORM_FIELDS)
    duplicates: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = TORCH_COUNTERS
    folds_norms: bool = False
    two_dimensional: bool = False
    lacks: tuple[str, ...] = ()
    rearranged: Mapping[str, Rearrangement] = field(default_factory=dict)

    def provides(self, target_name: str) -> bool:
        """Returns whether a checkpoint must hold this tensor of a model."""
        return not any(part in target_name for part in self.lacks)

    def target_name(self, name: str) -> str | None:
        """Returns this package's name of a tensor, or `None` if the source has no such name."""
        return _translated(self, self.layers, name)

    def target_name_of_duplicate(self, name: str) -> str | None:
        """Returns this package's name of a tensor by its second name in the source, or `None`."""
        return _translated(self, self.duplicates, name)

    def ignores(self, name: str) -> bool:
        """Returns whether an entry is not a weight."""
        return any(re.fullmatch(pattern, name) for pattern in self.ignored)

    def knows(self, name: str) -> bool:
        """Returns whether the code base has this name."""
        return bool(
            self.target_name(name) or self.target_name_of_duplicate(name) or self.ignores(name)
        )


def _translated(source: NameMap, layers: Mapping[str, str], name: str) -> str | None:
    for template, target in layers.items():
        if match := _pattern(source, template, target).fullmatch(name):
            values = match.groupdict()
            ending = _fields(source, target)[values.pop("field")]
            words = {key: source.words.get(key, {}).get(word, word) for key, word in values.items()}
            return target.format(**words) + ending
    return None


def _fields(source: NameMap, target: str) -> Mapping[str, str]:
    return source.norm_fields if target.endswith("norm") else source.fields


@cache
def _pattern(source: NameMap, template: str, target: str) -> re.Pattern:
    """Returns a template as a regular expression, with a group for every placeholder."""
    literals_and_keys = PLACEHOLDER.split(template)
    parts = [re.escape(text) for text in literals_and_keys]
    for index in range(1, len(parts), 2):
        key = literals_and_keys[index]
        parts[index] = f"(?P<{key}>{_one_of(source.words[key]) if key != 'block' else '[0-9]+'})"
    return re.compile("".join(parts) + f"(?P<field>{_one_of(_fields(source, target))})")


def _one_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
