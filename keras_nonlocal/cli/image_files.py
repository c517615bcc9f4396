"""What the commands for images and videos share: their files, their folder, and their loop."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .arguments import MODEL_HELP

Result = dict[str, Any]


def add_files(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments for files and the folder of the results."""
    add = parser.add_argument
    add(
        "paths",
        nargs="*",
        metavar="PATH",
        type=Path,
        help="image or video file, or folder of these",
    )
    add(
        "-o",
        "--out",
        default=Path(),
        metavar="DIR",
        type=Path,
        help="folder of the results (default: this folder)",
    )


def add_model(parser: argparse.ArgumentParser, default: str) -> None:
    """Adds the argument for the model."""
    text = f"{MODEL_HELP} (default: %(default)s)"
    parser.add_argument("--model", default=default, metavar="MODEL", help=text)


def is_video(path: Path) -> bool:
    """Whether a file is a video by its name; the first frame of a GIF is an image."""
    from ..data.find_files import VIDEO_SUFFIXES

    return path.suffix.lower() in VIDEO_SUFFIXES - {".gif"}


def find_files(paths: Sequence[Path], out: Path) -> list[Path]:
    """Finds the images and videos, and makes the folder of the results.

    Raises:
        ValueError: A folder holds none, two files have the same name, or `out` is a file.
    """
    files = [file for path in paths for file in _files(path)]
    names = Counter(path.stem for path in files)
    if twice := [name for name, count in names.items() if count > 1]:
        raise ValueError(f"Files of one name would overwrite each other in --out: {twice[:5]}")
    if out.exists() and not out.is_dir():
        raise ValueError(f"--out must be a folder. Received: {str(out)!r}, a file")
    out.mkdir(parents=True, exist_ok=True)
    return files


def for_each(
    files: Sequence[Path], use: Callable[[Path], Result], show: Callable[[Result], None] | None
) -> tuple[list[Result], int]:
    """Uses each file, and says which cannot be read.

    Args:
        files: The files.
        use: A function from a file to a result.
        show: Prints a result; `None` prints all of them as JSON at the end.

    Returns:
        The results, and the exit status: 1 if a file cannot be read.
    """
    results, failed = [], 0
    for path in files:
        try:
            results.append(use(path))
        except (ValueError, OSError) as error:
            print(error, file=sys.stderr)
            failed += 1
            continue
        if show:
            show(results[-1])
    if show is None:
        print(json.dumps({"results": results}, indent=2))
    return results, 1 if failed else 0


def write_picture(path: Path, pixels: Any) -> None:
    """Writes an image, uint8 `(H, W, 3)`, as PNG."""
    from PIL import Image

    from ..utils.atomic_files import replacing

    with replacing(path) as partial:
        Image.fromarray(pixels).save(partial, "PNG")


def draw_video(path: Path, out: Path, draw: Callable[[Any], Any]) -> None:
    """Draws a video frame by frame, with a progress bar."""
    from ..utils.progress import progress_bar
    from ..video.decoding.probe import probe
    from ..video.decoding.read import iterate_frames
    from ..video.decoding.write import write_video

    info = probe(path)

    def drawn():
        with progress_bar(info.frames, shown=True) as bar:
            for _, pixels in iterate_frames(path):
                yield draw(pixels)
                bar.update()

    write_video(out, drawn(), info.fps)


def _files(path: Path) -> list[Path]:
    """The file itself, or the images and videos directly in a folder."""
    from ..data.find_files import VIDEO_SUFFIXES
    from ..images.layouts import IMAGE_SUFFIXES

    if not path.is_dir():
        return [path]
    known = {*IMAGE_SUFFIXES, *VIDEO_SUFFIXES}
    if not (found := sorted(file for file in path.iterdir() if file.suffix.lower() in known)):
        raise ValueError(f"There is no image or video directly in the folder {str(path)!r}.")
    return found
