"""Checks of a manifest before training; one error lists everything that is wrong."""

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
    """Checks that a manifest can be used for training and evaluation.

    Warns of videos that are listed twice in a split.

    Args:
        manifest: The dataset.

    Raises:
        ValueError: Files are missing, labels are out of range, a video is in two splits, an entry
            has no label or several where classes exclude each other, or a part ends before it
            starts. One error lists everything that was found.

    Example:

    >>> check_manifest(Manifest((Entry("jumping.mp4", (0,)),), ("jumping",)))
    """
    _check(manifest, (*FILE_CHECKS, *LABEL_CHECKS, *SPLIT_CHECKS))
    duplicates = list(_listed_twice(manifest))
    if duplicates:
        advice = "Remove one of them, unless they should count twice."
        message = _message("videos are listed twice in a split", duplicates, advice)
        warnings.warn(message.strip(), stacklevel=2)


def check_class_numbers(manifest: Manifest) -> None:
    """Checks the labels alone, as `check_manifest` does."""
    _check(manifest, LABEL_CHECKS)


def check_split(manifest: Manifest, name: str) -> None:
    """Checks that one split shares no video with another, as `check_manifest` does for all."""
    inside = manifest.split(name)
    names = {entry.path for entry in inside} | {entry.sha256 for entry in inside} - {None}
    shared = (entry for entry in manifest if names & {entry.path, entry.sha256})
    _check(replace(manifest, entries=tuple(shared)), SPLIT_CHECKS)


def _check(manifest: Manifest, checks: Sequence[Check]) -> None:
    found = [(fault, list(find(manifest)), advice) for fault, advice, find in checks]
    lines = [_message(*each) for each in found if each[1]]
    if lines:
        raise ValueError("\n".join([f"{len(manifest)} entries were checked:", *lines]))


def _message(fault: str, examples: list[str], advice: str) -> str:
    more = f" and {len(examples) - _SHOWN} more" if len(examples) > _SHOWN else ""
    return f"  {len(examples)} {fault}: {', '.join(examples[:_SHOWN])}{more}. {advice}"


def _missing(manifest: Manifest) -> Iterator[str]:
    paths = list(dict.fromkeys(entry.path for entry in manifest))
    chunks = [paths[start : start + _CHUNK] for start in range(0, len(paths), _CHUNK)]
    found: list[bool] = []
    with ThreadPoolExecutor(_THREADS) as threads:
        for exist in threads.map(lambda chunk: [_exists(path) for path in chunk], chunks):
            found += exist
    yield from (repr(path) for path, exists in zip(paths, found, strict=True) if not exists)


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
    by_path = set(_path_in_two_splits(manifest))
    return (pair for pair in _shared(manifest, lambda entry: entry.sha256) if pair not in by_path)


def _shared(manifest: Manifest, key: Callable[[Entry], str | None]) -> Iterator[str]:
    """Yields pairs of entries in different splits that have the same key."""
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


# The fault, what to do about it, and the function that finds examples.
Check = tuple[str, str, Callable[[Manifest], Iterator[str]]]
FILE_CHECKS: tuple[Check, ...] = (
    (
        "files are missing",
        "Check `root`, or let `keras-nonlocal data scan` write a manifest of the files that exist.",
        _missing,
    ),
    (
        "parts end before they start",
        "Times are in seconds from the start of the file.",
        _backwards,
    ),
)
LABEL_CHECKS: tuple[Check, ...] = (
    (
        "entries have labels out of range",
        "Labels are class indices from 0 to the number of class names minus 1.",
        _out_of_range,
    ),
    (
        "entries have no label or several where classes exclude each other",
        "Call the column `labels` if a video may show several, or remove these entries.",
        _not_one_label,
    ),
    (
        "entries do not have one time for each label",
        "Give a pair `start:end` for each label, or no times.",
        _times_of_other_labels,
    ),
)
SPLIT_CHECKS: tuple[Check, ...] = (
    (
        "files are in two splits",
        "Remove them from one split, or its metrics will be too good.",
        _path_in_two_splits,
    ),
    (
        "files have the same content as one in another split",
        "Remove them from one split, or its metrics will be too good.",
        _content_in_two_splits,
    ),
)
