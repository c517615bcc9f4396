"""Finding video files on disk."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator
from operator import attrgetter
from pathlib import Path

from ..utils.checks import PathLike

VIDEO_SUFFIXES = frozenset(
    {".3gp", ".avi", ".flv", ".gif", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg"}
    | {".ogv", ".ts", ".webm", ".wmv"}
)


def find_videos(paths: PathLike | Iterable[PathLike]) -> list[Path]:
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


def list_folder(folder: PathLike) -> tuple[list[Path], list[int], list[str]]:
    """Lists a folder that has one folder of videos for each class; warns of videos beside those.

    Returns:
        The files, the number of each one's class, and the names of the classes in order.

    Raises:
        FileNotFoundError: The folder, a folder in it, or a video in one of those is missing.

    Example:
        paths, labels, class_names = list_folder("actions")  # actions/bend/..., actions/run/...
    """
    classes = subfolders(folder)
    if not classes:
        raise FileNotFoundError(
            f"{os.fspath(folder)!r} holds no folders. Expected one folder of videos per class."
        )
    warn_of_strays(folder)
    listed = [
        (video, label)
        for label, name in enumerate(classes)
        for video in find_videos(Path(folder, name))
    ]
    videos, labels = zip(*listed, strict=True)
    return list(videos), list(labels), classes


def files_by_stem(folder: PathLike) -> dict[str, str]:
    """Paths of all videos below a folder, by their names without suffix; the first of several.

    Raises:
        FileNotFoundError: There is no such folder.
    """
    found: dict[str, str] = {}
    for path in _videos_below(folder):
        found.setdefault(os.path.splitext(os.path.basename(path))[0], path)
    return found


def subfolders(folder: PathLike) -> list[str]:
    """Names of the folders that a folder holds, sorted and without hidden ones.

    Raises:
        FileNotFoundError: There is no such folder.
    """
    return [entry.name for entry in _entries(folder) if _is_folder(entry)]


def warn_of_strays(folder: PathLike) -> None:
    """Warns of videos that lie beside the folders of a folder, and so in none of them."""
    strays = [
        entry.name for entry in _entries(folder) if _is_video(entry.name) and not _is_folder(entry)
    ]
    if strays:
        warnings.warn(
            f"{len(strays)} videos in {os.fspath(folder)!r} lie beside its folders, and are left "
            f"out, such as {strays[0]!r}. Move them into the folder of their class.",
            stacklevel=2,
        )


def _videos_at(path: Path) -> list[Path]:
    if not path.exists():
        raise FileNotFoundError(f"There is no file or folder {str(path)!r}. Check the path.")
    return [Path(video) for video in _videos_below(path)] if path.is_dir() else [path]


def _videos_below(folder: PathLike, above: frozenset[str] | None = None) -> Iterator[str]:
    """Whatever has the suffix of a video, be it a broken link: who reads it will say so.

    Links to folders are followed, but for those that lead back to one above.
    """
    here = os.path.realpath(folder)
    above = frozenset(map(str, Path(here).parents)) if above is None else above
    if here in above:
        return
    for entry in _entries(folder):
        if _is_folder(entry):
            yield from _videos_below(entry.path, above | {here})
        elif _is_video(entry.name):
            yield entry.path


def _is_video(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in VIDEO_SUFFIXES


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _entries(folder: PathLike) -> list[os.DirEntry[str]]:
    """What a folder holds, sorted by name and without hidden entries."""
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"There is no folder {os.fspath(folder)!r}. Check the path.")
    with os.scandir(folder) as entries:
        shown = [entry for entry in entries if not entry.name.startswith(".")]
    return sorted(shown, key=attrgetter("name"))
