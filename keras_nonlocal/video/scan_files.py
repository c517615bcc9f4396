"""Every file of a data set read once to its end: what can be used, and what cannot, and why."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from typing import Any

from ..data.error_log import ErrorLog
from ..data.manifest import Entry, Manifest
from ..data.sources.read import read_source
from ..data.sources.write import write_manifest
from ..data.workers.pool import map_in_processes
from ..data.workers.worker import Failure
from ..utils.atomic_files import replacing
from ..utils.checks import PathLike
from ..utils.progress import progress_bar
from ..utils.remote_files import absolute, check_writable
from .decoding.container import TIME_LIMIT
from .inspect_file import FileReport, inspect_file

LEFT_OUT, KEPT = "skip", "keep"
_NUMBER = re.compile(r"\d[\d.]*")
# What the system says of a file holds its path, which would make each a cause of its own.
_CAUSES = {
    "FileNotFoundError": "there is no such file",
    "PermissionError": "it may not be read",
}


def scan(
    source: Any,
    *,
    manifest: PathLike | None = None,
    error_log: PathLike | None = None,
    num_processes: int | None = None,
    time_limit: float | None = TIME_LIMIT,
    progress: bool = True,
) -> Manifest:
    """Reads and decodes every file once, and tells usable ones from the others.

    Files are read in processes of their own, so that none can hold up or end the scan. A file that
    is damaged anywhere is not usable; one that was cut off but decodes is, with the frames it has,
    and the error log says so. A summary goes to standard error.

    Args:
        source: What `read_source` takes.
        manifest: Where to write the usable entries, as `write_manifest` does; `None` for nowhere.
        error_log: Where to write a line for each file that is not usable (policy `"skip"`) or cut
            off (policy `"keep"`), see `ErrorLog`; a file there is replaced. `None` for nowhere.
        num_processes: How many processes; one for each core by default.
        time_limit: Seconds that one file may take; `None` is without end.
        progress: Whether to show how far it is, if standard error is a terminal.

    Returns:
        The usable entries, in the order of the source, with `frames`, `fps`, `width`, `height` and
        `sha256` of each.

    Raises:
        FileNotFoundError, ValueError: As `read_source`; or a number is out of range.
        OSError: `manifest` or `error_log` cannot be written; known before the first file is read.

    Example:

    >>> usable = scan(["jumping.mp4", "missing.mp4"], error_log="bad.jsonl", num_processes=1)
    >>> len(usable), usable.entries[0].frames
    (1, 75)
    """
    if manifest is not None and error_log is not None and absolute(manifest) == absolute(error_log):
        raise ValueError(
            "`manifest` and `error_log` must be two files. "
            f"Received: {os.fspath(manifest)!r} for both"
        )
    listed = read_source(source)
    for path in (manifest, error_log):
        if path is not None:
            check_writable(path)
    answers = _inspect_all(listed, num_processes, time_limit, progress)
    if error_log is not None:
        _write_error_log(answers, error_log)
    usable = _usable(listed, answers)
    if manifest is not None:
        write_manifest(usable, manifest)
    if progress:
        print(scan_summary(answers.values()), file=sys.stderr)
    return usable


def scan_summary(answers: Iterable[FileReport | Failure]) -> str:
    """How many files are usable, and how many are not for each cause, the most frequent first.

    >>> print(scan_summary([Failure("error", "Invalid data after 88 frames")]))
    0 of 1 files are usable.
         1 left out: Invalid data after N frames
    """
    answers = list(answers)
    usable = sum(isinstance(answer, FileReport) for answer in answers)
    causes = Counter(
        ("kept" if isinstance(answer, FileReport) else "left out", _NUMBER.sub("N", cause))
        for answer in answers
        if (cause := _said(answer))
    )
    counts = [f"{count:6d} {what}: {cause}" for (what, cause), count in causes.most_common()]
    return "\n".join([f"{usable} of {len(answers)} files are usable.", *counts])


def _inspect_all(
    listed: Manifest, num_processes, time_limit, progress
) -> dict[str, FileReport | Failure]:
    """What was found of each file, in the order of the entries."""
    paths = dict.fromkeys(entry.path for entry in listed)
    answers = {}
    done = map_in_processes(paths, inspect_file, num_processes=num_processes, time_limit=time_limit)
    with closing(done), progress_bar(len(paths), shown=progress) as bar:
        for path, answer in done:
            answers[path] = answer
            bar.update()
    return answers


def _write_error_log(answers: dict[str, FileReport | Failure], path: PathLike) -> None:
    """All lines under another name first, so that nobody takes half a error log for a whole one."""
    with replacing(path) as partial:
        partial.touch()
        lines = ErrorLog(partial)
        for file, answer in answers.items():
            if cause := _said(answer):
                lines.record(file, cause, KEPT if isinstance(answer, FileReport) else LEFT_OUT)


def _said(answer: FileReport | Failure) -> str:
    if isinstance(answer, FileReport):
        return answer.note
    return _CAUSES.get(answer.error or "", answer.cause)


def _usable(listed: Manifest, answers: dict[str, FileReport | Failure]) -> Manifest:
    pairs = ((entry, answers[entry.path]) for entry in listed)
    return replace(
        listed,
        entries=tuple(
            _with_facts(entry, answer) for entry, answer in pairs if isinstance(answer, FileReport)
        ),
    )


def _with_facts(entry: Entry, found: FileReport) -> Entry:
    return replace(
        entry,
        frames=found.frames,
        fps=found.fps,
        width=found.width,
        height=found.height,
        sha256=found.sha256,
    )
