"""What a code base calls its tensors, as a table, and the way from its names to this package's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

PLACEHOLDER = re.compile(r"\{(\w+)\}")

# Tensors of a layer, by the last part of their names in PyTorch; a norm's differ from a kernel's.
TORCH_FIELDS = {".weight": "/kernel", ".bias": "/bias"}
TORCH_NORM_FIELDS = {
    ".weight": "/gamma",
    ".bias": "/beta",
    ".running_mean": "/moving_mean",
    ".running_var": "/moving_variance",
}
TORCH_COUNTER = r".+\.num_batches_tracked"  # batches seen so far: only training reads it


@dataclass(frozen=True, eq=False)
class NameMap:
    """One code base's names. Templates hold placeholders such as `{stage}`.

    Attributes:
        layers: Templates of layers there, to templates of layers here.
        words: What a placeholder stands for there, to what it stands for here. `{block}` is any
            number, and the same on both sides.
        fields, norm_fields: Endings of a layer's tensors there, to endings here.
        duplicates: Like `layers`, for second names of tensors that have a first one.
        ignored: Regular expressions of entries that carry no weights, matched in full.
        optional_prefix: What may or may not stand before every name.
        folds_norms: Whether checkpoints without any moving statistics are known: there, gamma
            and beta are all that is left of a norm.
        two_dimensional: Whether it is an image network: kernels are repeated over time.
        lacks: Parts of this package's names that it has no tensors for.
    """

    layers: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]]
    fields: Mapping[str, str] = field(default_factory=lambda: TORCH_FIELDS)
    norm_fields: Mapping[str, str] = field(default_factory=lambda: TORCH_NORM_FIELDS)
    duplicates: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = (TORCH_COUNTER,)
    optional_prefix: str = ""
    folds_norms: bool = False
    two_dimensional: bool = False
    lacks: tuple[str, ...] = ()

    def gives(self, name_here: str) -> bool:
        """Whether a checkpoint must hold that tensor of a model."""
        return not any(part in name_here for part in self.lacks)

    def name_here(self, name: str) -> str | None:
        """This package's name of a tensor; `None` for an unknown one."""
        return _translated(self, self.layers, name)

    def first_name_here(self, name: str) -> str | None:
        """This package's name of the tensor that `name` repeats; `None` if it repeats none."""
        return _translated(self, self.duplicates, name)

    def ignores(self, name: str) -> bool:
        """Whether the entry carries no weights."""
        return any(re.fullmatch(pattern, name) for pattern in self.ignored)

    def knows(self, name: str) -> bool:
        """Whether the name is one of this code base's."""
        return bool(self.name_here(name) or self.first_name_here(name) or self.ignores(name))


def unknown_names(source: NameMap, names: Iterable[str]) -> list[str]:
    """Those of the names that the code base does not have."""
    return [name for name in names if not source.knows(name)]


def _translated(source: NameMap, layers: Mapping[str, str], name: str) -> str | None:
    for there, here in layers.items():
        match = _expression(source, there, here).fullmatch(name)
        if match:
            return _filled(source, here, match)
    return None


def _filled(source: NameMap, here: str, match: re.Match) -> str:
    found = match.groupdict()
    ending = _fields(source, here)[found.pop("field")]
    words = {key: source.words.get(key, {}).get(word, word) for key, word in found.items()}
    return here.format(**words) + ending


def _fields(source: NameMap, here: str) -> Mapping[str, str]:
    return source.norm_fields if here.endswith("norm") else source.fields


@cache
def _expression(source: NameMap, there: str, here: str) -> re.Pattern:
    """The template as a regular expression, with a group for every placeholder."""
    literals_and_keys = PLACEHOLDER.split(there)
    parts = [re.escape(text) for text in literals_and_keys]
    for index in range(1, len(parts), 2):
        key = literals_and_keys[index]
        parts[index] = f"(?P<{key}>{_one_of(source.words[key]) if key != 'block' else '[0-9]+'})"
    prefix = f"(?:{re.escape(source.optional_prefix)})?"
    return re.compile(prefix + "".join(parts) + f"(?P<field>{_one_of(_fields(source, here))})")


def _one_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
