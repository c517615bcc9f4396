"""Contact sheets: an image of clips and their labels, to look at the input of a model."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from ..utils.atomic_files import replacing
from ..utils.checks import PathLike, positive_int
from ..utils.text import printable
from .sampling.by_index import uniform_starts

# In inches: the width of a frame, the gap between frames, the space at the top, and the width and
# height of a letter.
_CELL, _GAP, _TOP, _LETTER, _LEADING = 1.15, 0.04, 0.5, 0.075, 0.16
_DPI = 130
# At most: letters per line, lines of a label, and class names of a mixed label.
_LINE, _LINES, _NAMES = 20, 5, 4
_LEAST_WEIGHT = 0.005  # of a class that is named in a mixed label
_GRAY, _RED = "#707070", "#d00000"


def contact_sheet(
    videos: Any,
    path: PathLike,
    *,
    class_names: Sequence[str] | None = None,
    num_clips: int = 16,
    num_frames: int = 8,
    marks: Sequence[Sequence[int]] = (),
) -> int:
    """Writes a PNG image with one row per clip: its label, and frames from the first to the last.

    Pixels are shown as they are if all values are between 0 and 255 (0 and 1 for floating point).
    Other values were normalized; they are scaled from black to white, and the title says so.

    Args:
        videos: A `tf.data` dataset of batches, or one batch: videos `(B, T, H, W, 3)`, alone or as
            `(videos,)` or `(videos, labels)`. Labels are class indices `(B,)`, or multi-hot rows or
            probabilities `(B, classes)`.
        path: The PNG file. An existing file is overwritten, and missing folders are created.
        class_names: Class names by class index; by default those of the dataset, if it has any.
        num_clips: Maximum number of clips.
        num_frames: Maximum number of frames of each clip.
        marks: For each clip, the frames before which a red line is drawn, by their indices in the
            clip, such as those where a video that is too short starts again. A line for a frame
            that is not shown is drawn before the next one that is.

    Returns:
        The number of clips on the sheet.

    Raises:
        ValueError: There is no clip, `videos` have another shape, or a label has no name.
        OSError: The file cannot be written.

    Example:

    >>> videos, labels, class_names = keras_nonlocal.video.samples.synthetic_task.render(4)
    >>> contact_sheet((videos, labels), "sheet.png", class_names=class_names)
    4
    """
    names = getattr(videos, "class_names", None) if class_names is None else class_names
    shown = list(islice(_clips(videos), positive_int("num_clips", num_clips)))
    if not shown:
        raise ValueError(
            "`videos` must have at least one clip. Received: none. If files were skipped, scan "
            "them."
        )
    indices = [
        uniform_starts(len(video), 1, min(positive_int("num_frames", num_frames), len(video)))
        for video, _ in shown
    ]
    texts = [_text(label, names) for _, label in shown]
    rows, note = _pixels([video[list(n)] for (video, _), n in zip(shown, indices, strict=True)])
    title = _title([video for video, _ in shown]) + note
    figure = _draw(rows, texts, indices, title, marks)
    with replacing(path) as partial:
        figure.savefig(partial, format="png")
    return len(shown)


def _clips(source) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
    """Yields single clips with their label or None."""
    for batch in [source] if isinstance(source, tuple) or hasattr(source, "ndim") else source:
        videos, *labels = batch if isinstance(batch, tuple | list) else (batch,)
        videos = np.asarray(videos)
        if videos.ndim != 5 or videos.shape[-1] != 3 or 0 in videos.shape[1:]:
            raise ValueError(
                "`videos` must be batches of clips of shape (B, T, H, W, 3), with or without "
                f"labels. Received: shape={videos.shape}"
            )
        targets = np.asarray(labels[0]) if labels else [None] * len(videos)
        yield from zip(videos, targets, strict=True)


def _text(label: np.ndarray | None, names: Sequence[str] | None) -> str:
    """The text beside a clip: class names, with their weights if these are not 1."""
    if label is None:
        return ""
    if label.ndim == 0 or (label.shape == (1,) and np.issubdtype(label.dtype, np.integer)):
        return textwrap.fill(_name(int(label.reshape(())), names), _LINE, max_lines=_LINES)
    strongest = [int(n) for n in np.argsort(-label, kind="stable") if label[n] > _LEAST_WEIGHT]
    lines = [
        textwrap.shorten(_name(index, names), _LINE, placeholder="…")
        + ("" if label[index] == 1 else f" {label[index]:.2f}")
        for index in strongest[:_NAMES]
    ]
    more = [f"and {len(strongest) - _NAMES} more"] if len(strongest) > _NAMES else []
    return "\n".join(lines + more) or "none"


def _name(index: int, names: Sequence[str] | None) -> str:
    if not names:
        return str(index)
    if not 0 <= index < len(names):
        raise ValueError(
            f"`class_names` must have a name for each class. Received: {len(names)} names, "
            f"and a clip of class {index}"
        )
    return printable(names[index])


def _pixels(videos: list[np.ndarray]) -> tuple[list[np.ndarray], str]:
    """Converts videos to uint8; the second value describes how."""
    low, high = (float(f([f(video) for video in videos])) for f in (np.min, np.max))
    floating = videos[0].dtype.kind == "f" or str(videos[0].dtype) == "bfloat16"
    note = ""
    if low >= 0 and high <= 255:
        low, high = 0.0, 1.0 if floating and high <= 1 else 255.0
    else:
        note = f", values {low:.3g} to {high:.3g} shown as black to white"
    scale = 255 / max(high - low, 1e-12)
    return [np.rint((v.astype("float32") - low) * scale).astype("uint8") for v in videos], note


def _title(videos: list[np.ndarray]) -> str:
    shapes = sorted({video.shape for video in videos})
    frames, height, width, _ = shapes[0]
    size = f"{_count(frames, 'frame')}, {height} x {width}"
    return f"{_count(len(videos), 'clip')} of {size if len(shapes) == 1 else 'different sizes'}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _draw(videos, texts, indices, title, marks):
    """Draws a figure whose rows are as high as their frames and texts need."""
    from matplotlib.figure import Figure

    lines = [text.split("\n") for text in texts]
    left = 0.2 + _LETTER * max(len(line) for text in lines for line in text)
    heights = [
        max(_CELL * video.shape[1] / video.shape[2], _LEADING * len(text))
        for video, text in zip(videos, lines, strict=True)
    ]
    width = max(left + max(map(len, indices)) * (_CELL + _GAP) + 0.1, 4.5)
    top = _TOP + sum(heights) + _GAP * len(heights) + 0.1
    figure = Figure(figsize=(width, top), dpi=_DPI)
    _write(figure, 0.1, top - 0.17, title, "left", 9, _GRAY)
    y = top - _TOP
    for row, height in enumerate(heights):
        y -= height
        _write(figure, left - 0.1, y + height / 2, texts[row], "right", 9, "black")
        _draw_frames(figure, left, y, height, videos[row])
        if row == 0 or indices[row] != indices[0]:
            _caption(figure, left, y + height, indices[row], above=row == 0)
        for mark in marks[row] if row < len(marks) else ():
            _mark(figure, left, y, height, sum(index < mark for index in indices[row]))
        y -= _GAP
    return figure


def _draw_frames(figure, left, bottom, height, video) -> None:
    """Draws the frames of a clip side by side."""
    gap = max(round(video.shape[2] * _GAP / _CELL), 1)
    spaced = np.pad(video, ((0, 0), (0, 0), (0, gap), (0, 0)), constant_values=255)
    row = np.concatenate(list(spaced), axis=1)[:, :-gap]
    size = (_CELL * row.shape[1] / video.shape[2], _CELL * video.shape[1] / video.shape[2])
    corner = (left, bottom + (height - size[1]) / 2)
    axes = figure.add_axes(
        (*(corner / figure.get_size_inches()), *(size / figure.get_size_inches()))
    )
    axes.imshow(row, aspect="auto", interpolation="antialiased")
    axes.set_axis_off()


def _mark(figure, left, bottom, height, column) -> None:
    """Draws a red line before a frame; after the last one, if all frames are before the mark."""
    from matplotlib.patches import Rectangle

    width, total = figure.get_size_inches()
    x = left + column * (_CELL + _GAP) - _GAP
    place = (x / width, (bottom - _GAP / 2) / total)
    size = (_GAP / width, (height + _GAP) / total)
    figure.add_artist(Rectangle(place, *size, color=_RED, linewidth=0))


def _caption(figure, left, top, indices, *, above: bool) -> None:
    """Writes frame indices above the first row, and into frames of rows with other indices."""
    y, color = (top + 0.08, _GRAY) if above else (top - 0.11, "white")
    box = None if above else {"facecolor": "black", "alpha": 0.5, "linewidth": 0, "pad": 1.5}
    for column, index in enumerate(indices):
        x = left + column * (_CELL + _GAP) + _CELL / 2
        _write(figure, x, y, f"frame {index}", "center", 7, color, bbox=box)


def _write(figure, x, y, text, side, size, color, **style) -> None:
    width, height = figure.get_size_inches()
    style |= {"parse_math": False, "ha": side, "va": "center", "fontsize": size, "color": color}
    figure.text(x / width, y / height, text, **style)
