"""What is wrong with a manifest, all of it at once, before the first batch."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import tensorflow as tf

from ...utils.remote_files import ensure_file_system, is_address
from ..manifest import Entry, Manifest

_SHOWN = 5
_THREADS = 16
_CHUNK = 500


def check_manifest(manifest: Manifest) -> None:
    """Looks for what would spoil training or its figures; warns of videos that are listed twice.

    Raises:
        ValueError: Files are missing, labels are not the number of a class, a video is in two
            splits, an entry has not one label where classes exclude each other, or a part ends
            before it starts. One error says all that was found.
    """
    _check(manifest, (*OF_FILES, *OF_LABELS, *OF_SPLITS))
    twice = list(_listed_twice(manifest))
    if twice:
        advice = "Leave one of them out, if they should not weigh more."
        warnings.warn(_said("are listed twice in a split", twice, advice).strip(), stacklevel=2)


def check_class_numbers(manifest: Manifest) -> None:
    """Looks at labels alone, as `check_manifest` does."""
    _check(manifest, OF_LABELS)


def check_split(manifest: Manifest, name: str) -> None:
    """Looks whether one split shares a video with another, as `check_manifest` does for all.

    And whether another has the same name but for spaces.
    """
    inside = manifest.split(name)
    others = {entry.split for entry in manifest if entry.split and entry.split != name}
    alike = sorted(other for other in others if other.strip() == name.strip())
    if alike:
        raise ValueError(
            f"There is a split {name!r} and one {alike[0]!r}, which differ in spaces alone: some "
            "videos would be left out. Give them one name."
        )
    names = {entry.path for entry in inside} | {entry.sha256 for entry in inside} - {None}
    shared = (entry for entry in manifest if names & {entry.path, entry.sha256})
    _check(replace(manifest, entries=tuple(shared)), OF_SPLITS)


def _check(manifest: Manifest, checks: Sequence[Check]) -> None:
    found = [(what, advice, list(look(manifest))) for what, advice, look in checks]
    said = [_said(what, examples, advice) for what, advice, examples in found if examples]
    if said:
        raise ValueError("\n".join([f"{len(manifest)} entries were checked:", *said]))


def _said(what: str, examples: list[str], advice: str) -> str:
    more = f" and {len(examples) - _SHOWN} more" if len(examples) > _SHOWN else ""
    return f"  {len(examples)} {what}: {', '.join(examples[:_SHOWN])}{more}. {advice}"


def _missing(manifest: Manifest) -> Iterator[str]:
    paths = list(dict.fromkeys(entry.path for entry in manifest))
    chunks = [paths[start : start + _CHUNK] for start in range(0, len(paths), _CHUNK)]
    with ThreadPoolExecutor(_THREADS) as threads:
        for absent in threads.map(_absent, chunks):
            yield from map(repr, absent)


def _absent(paths: list[str]) -> list[str]:
    return [path for path in paths if not _exists(path)]


def _exists(path: str) -> bool:
    if not is_address(path):
        return os.path.exists(path)
    ensure_file_system(path)
    return tf.io.gfile.exists(path)


def _out_of_range(manifest: Manifest) -> Iterator[str]:
    classes = range(len(manifest.class_names))
    for entry in manifest:
        if any(label not in classes for label in entry.labels):
            yield f"{entry.labels} of {entry.path!r}"


def _not_one_label(manifest: Manifest) -> Iterator[str]:
    if manifest.multi_label or not any(entry.labels for entry in manifest):
        return
    for entry in manifest:
        if len(entry.labels) != 1:
            yield f"{len(entry.labels)} of {entry.path!r}"


def _times_of_other_labels(manifest: Manifest) -> Iterator[str]:
    for entry in manifest:
        if entry.times and len(entry.times) != len(entry.labels):
            yield f"{len(entry.times)} for {len(entry.labels)} of {entry.path!r}"


def _backwards(manifest: Manifest) -> Iterator[str]:
    for entry in manifest:
        start = entry.start or 0.0
        if any(begins > ends for begins, ends in entry.times):
            yield f"{entry.times} of {entry.path!r}"
        if start < 0 or (entry.end is not None and start >= entry.end):
            yield f"{entry.start}..{entry.end} of {entry.path!r}"


def _path_in_two_splits(manifest: Manifest) -> Iterator[str]:
    return _shared(manifest, lambda entry: entry.path)


def _content_in_two_splits(manifest: Manifest) -> Iterator[str]:
    by_path = {path for path in _shared(manifest, lambda entry: entry.path)}
    return (said for said in _shared(manifest, lambda entry: entry.sha256) if said not in by_path)


def _shared(manifest: Manifest, key: Callable[[Entry], str | None]) -> Iterator[str]:
    """Entries whose key was seen in another split; those without a split are in none."""
    first: dict[str, Entry] = {}
    for entry in manifest:
        if entry.split is None or (name := key(entry)) is None:
            continue
        other = first.setdefault(name, entry)
        if other.split != entry.split:
            yield f"{other.path!r} ({other.split}) and {entry.path!r} ({entry.split})"


def _listed_twice(manifest: Manifest) -> Iterator[str]:
    seen: set[tuple] = set()
    for entry in manifest:
        part = (entry.split, entry.start, entry.end)
        names = {(part, entry.path), (part, entry.sha256 or entry.path)}
        if names & seen:
            yield repr(entry.path)
        seen |= names


# What is said of the entries found, what to do about them, and what finds them.
Check = tuple[str, str, Callable[[Manifest], Iterator[str]]]
OF_FILES: tuple[Check, ...] = (
    (
        "files are missing",
        "Check `root`, or let `keras-nonlocal data scan` write a manifest of what is there.",
        _missing,
    ),
    (
        "parts end before they start",
        "Times are in seconds from the start of the file.",
        _backwards,
    ),
)
OF_LABELS: tuple[Check, ...] = (
    (
        "entries have labels out of range",
        "Labels count from 0 to the number of class names less one.",
        _out_of_range,
    ),
    (
        "entries have no label or several where classes exclude each other",
        "Name the column `labels` if they do not, or leave these entries out.",
        _not_one_label,
    ),
    (
        "entries have times of other labels than they have",
        "Give a pair `start:end` for each label, or no times.",
        _times_of_other_labels,
    ),
)
OF_SPLITS: tuple[Check, ...] = (
    (
        "files are in two splits",
        "Leave them out of one, or figures on it say little.",
        _path_in_two_splits,
    ),
    (
        "files have the same content as one in another split",
        "Leave them out of one, or figures on it say little.",
        _content_in_two_splits,
    ),
)
