"""Finding video files on disk."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator
from operator import attrgetter
from pathlib import Path

from ..utils.checks import PathLike

_VIDEOS = """
.264 .265 .3g2 .3gp .amv .asf .avi .divx .dv .f4v .flv .gif .gxf .h264 .h265 .hevc .ivf .m1v .m2t
.m2ts .m2v .m4v .mjpeg .mjpg .mk3d .mkv .mod .mov .mp4 .mpe .mpeg .mpg .mts .mxf .nut .obu .ogm .ogv
.qt .tod .trp .ts .vob .webm .wmv .wtv .xvid .y4m
"""
# Files that often lie beside videos. Other files are named in a warning when they are skipped.
_COMPANIONS = """
.ass .bz2 .csv .db .gz .html .ini .jpeg .jpg .json .jsonl .lock .log .md .mp3 .npy .npz .part .pdf
.pkl .png .py .sha256 .srt .sub .tar .tfrecord .txt .vtt .wav .xls .xlsx .xml .yaml .yml .zip
"""
VIDEO_SUFFIXES, _COMPANION_SUFFIXES = frozenset(_VIDEOS.split()), frozenset(_COMPANIONS.split())


def find_videos(paths: PathLike | Iterable[PathLike]) -> list[Path]:
    """Lists video files in the given order; folders are searched recursively and sorted.

    In folders, files with a suffix of `VIDEO_SUFFIXES` in either case are listed, and hidden files
    and folders are skipped. Other files are skipped with a warning, except for texts, pictures and
    the like. A file that is given itself is listed whatever its suffix.

    Args:
        paths: A file, a folder, or any number of them.

    Returns:
        The paths of the videos.

    Raises:
        FileNotFoundError: A path does not exist, or none of them has a video.

    Example:

    >>> find_videos(["jumping.mp4", "."])
    [PosixPath('jumping.mp4'), PosixPath('jumping.mp4')]
    """
    given = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    if "" in given:
        raise FileNotFoundError("Expected the path of a file or folder. Received: ''")
    found = [video for path in given for video in _videos_at(Path(path))]
    if not found:
        raise FileNotFoundError(
            f"Expected files that end in one of {sorted(VIDEO_SUFFIXES)}. "
            f"Received: no video in {[os.fspath(path) for path in given]}"
        )
    return found


def list_folder(folder: PathLike) -> tuple[list[Path], list[int], list[str]]:
    """Lists a folder that has one folder of videos for each class.

    Warns of videos that are not in the folder of a class.

    Returns:
        The files, the class index of each file, and the class names.

    Raises:
        FileNotFoundError: The folder is missing or has no folders, or a class has no video.

    Example:
        paths, labels, class_names = list_folder("actions")  # actions/bend/..., actions/run/...
    """
    classes = subfolders(folder)
    if not classes:
        raise FileNotFoundError(
            f"{os.fspath(folder)!r} must have one folder of videos per class. Received: no folders"
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
    """Maps file names without suffix to the paths of all videos below a folder; the first one wins.

    Raises:
        FileNotFoundError: There is no such folder.
    """
    found: dict[str, str] = {}
    for path in _videos_below(folder):
        found.setdefault(os.path.splitext(os.path.basename(path))[0], path)
    return found


def subfolders(folder: PathLike) -> list[str]:
    """Lists the names of the folders in a folder, sorted and without hidden ones.

    Raises:
        FileNotFoundError: There is no such folder.
    """
    return [entry.name for entry in _entries(folder) if _is_folder(entry)]


def warn_of_strays(folder: PathLike) -> None:
    """Warns of videos that are directly in a folder whose folders are classes or splits."""
    strays = [
        entry.name for entry in _entries(folder) if _is_video(entry.name) and not _is_folder(entry)
    ]
    if strays:
        warnings.warn(
            f"{len(strays)} videos in {os.fspath(folder)!r} are not in the folder of a class and "
            f"are skipped, such as {strays[0]!r}. Move them into the folder of their class.",
            stacklevel=2,
        )


def _videos_at(path: Path) -> list[Path]:
    if not path.exists():
        raise FileNotFoundError(f"There is no file or folder {str(path)!r}. Check the path.")
    return [Path(video) for video in _videos_below(path)] if path.is_dir() else [path]


def _videos_below(folder: PathLike, above: frozenset[str] | None = None) -> Iterator[str]:
    """Yields every path with the suffix of a video, even a broken link: reading it will fail.

    Links to folders are followed, except links to a folder above.
    """
    current = os.path.realpath(folder)
    above = frozenset(map(str, Path(current).parents)) if above is None else above
    if current in above:
        return
    skipped = []
    for entry in _entries(folder):
        if _is_folder(entry):
            yield from _videos_below(entry.path, above | {current})
        elif _is_video(entry.name):
            yield entry.path
        elif _suffix(entry.name) not in _COMPANION_SUFFIXES:
            skipped.append(entry.name)
    if skipped:
        warnings.warn(
            f"{len(skipped)} files in {os.fspath(folder)!r} do not have the suffix of a video and "
            f"are skipped, such as {skipped[0]!r}. If they are videos, rename them or list them.",
            stacklevel=2,
        )


def _is_video(name: str) -> bool:
    return _suffix(name) in VIDEO_SUFFIXES


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _entries(folder: PathLike) -> list[os.DirEntry[str]]:
    """Lists a folder, sorted by name and without hidden entries."""
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"There is no folder {os.fspath(folder)!r}. Check the path.")
    with os.scandir(folder) as entries:
        visible = [entry for entry in entries if not entry.name.startswith(".")]
    return sorted(visible, key=attrgetter("name"))
