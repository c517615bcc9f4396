"""Finding video files on disk."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

VIDEO_SUFFIXES = frozenset(
    {".3gp", ".avi", ".flv", ".gif", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg"}
    | {".ogv", ".ts", ".webm", ".wmv"}
)


def find_videos(paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Lists video files: files as given, folders searched to the bottom and sorted.

    Files in folders are told by their suffix (`VIDEO_SUFFIXES`, either case), and hidden ones
    are left out; a file that is named itself is taken as it is.

    Args:
        paths: A file, a folder, or any number of them.

    Raises:
        FileNotFoundError: A path does not exist, or there is no video in all of them.
    """
    given = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    found = [video for path in given for video in _videos_at(Path(path))]
    if not found:
        raise FileNotFoundError(
            f"No video found in {[os.fspath(path) for path in given]}. "
            f"Expected files that end in one of {sorted(VIDEO_SUFFIXES)}."
        )
    return found


def list_folder(folder: str | os.PathLike[str]) -> tuple[list[Path], list[int], list[str]]:
    """Lists a folder that has one folder of videos for each class.

    Returns:
        The files, the number of each one's class, and the names of the classes in order.

    Raises:
        FileNotFoundError: The folder, a folder in it, or a video in one of those is missing.

    Example:
        paths, labels, class_names = list_folder("actions")  # actions/bend/..., actions/run/...
    """
    classes = [path for path in _entries(Path(folder)) if path.is_dir()]
    if not classes:
        raise FileNotFoundError(
            f"{os.fspath(folder)!r} holds no folders. Expected one folder of videos per class."
        )
    listed = [(video, label) for label, path in enumerate(classes) for video in find_videos(path)]
    videos, labels = zip(*listed, strict=True)
    return list(videos), list(labels), [path.name for path in classes]


def files_by_stem(folder: str | os.PathLike[str]) -> dict[str, str]:
    """Paths of all videos below a folder, by their names without suffix; the first of several.

    Raises:
        FileNotFoundError: There is no such folder.
    """
    _entries(Path(folder))
    found: dict[str, str] = {}
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            stem, suffix = os.path.splitext(name)
            if suffix.lower() in VIDEO_SUFFIXES and not name.startswith("."):
                found.setdefault(stem, os.path.join(place, name))
    return found


def subfolders(folder: str | os.PathLike[str]) -> list[str]:
    """Names of the folders that a folder holds, sorted and without hidden ones.

    Raises:
        FileNotFoundError: There is no such folder.
    """
    return [path.name for path in _entries(Path(folder)) if path.is_dir()]


def _videos_at(path: Path) -> list[Path]:
    if not path.exists():
        raise FileNotFoundError(f"There is no file or folder {str(path)!r}. Check the path.")
    return list(_videos_below(path)) if path.is_dir() else [path]


def _videos_below(folder: Path) -> Iterator[Path]:
    """Whatever has the suffix of a video, be it a broken link: who reads it will say so."""
    for path in _entries(folder):
        if path.is_dir():
            yield from _videos_below(path)
        elif path.suffix.lower() in VIDEO_SUFFIXES:
            yield path


def _entries(folder: Path) -> list[Path]:
    """What a folder holds, sorted and without hidden entries."""
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {str(folder)!r}. Check the path.")
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
