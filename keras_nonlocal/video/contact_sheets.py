"""A picture of clips and their labels, one row a clip: look at what a model is going to see."""

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

_CELL, _GAP, _TOP = 1.15, 0.04, 0.5  # inches of a frame's width, between two, above all
_LETTER, _LEADING = 0.075, 0.16  # inches of a letter and of a line of a label
_DPI = 130
_LINE, _LINES, _NAMES = 20, 5, 4  # letters a line, lines, and names of mixed labels, at most
_FAINTEST = 0.005  # share of a mixed label that is worth its name
_GRAY = "#707070"


def contact_sheet(
    videos: Any,
    path: PathLike,
    *,
    class_names: Sequence[str] | None = None,
    num_clips: int = 16,
    num_frames: int = 8,
) -> int:
    """Writes a PNG with a row for each clip: its labels, and frames from its first to its last.

    Pixels are shown as they are where all values lie in 0..255 (in 0..1 for floating point); others
    were normalized, so those of the whole sheet are stretched to black and white, and it says so.

    Args:
        videos: A `tf.data` dataset of batches, or one batch: videos `(B, T, H, W, 3)`, alone or as
            `(videos,)` or `(videos, labels)`. Labels are class indices `(B,)`, or rows of 0 and 1
            or of probabilities `(B, classes)`.
        path: Where to. The file appears when it is complete; missing folders are made.
        class_names: By class number; the default are those of the dataset, if it has any.
        num_clips: How many to show at most.
        num_frames: How many frames of each.

    Returns:
        How many clips the sheet shows.

    Raises:
        ValueError: There is no clip, or `videos` are none, or a label has no name.

    Example:

    >>> videos, labels, class_names = keras_nonlocal.video.samples.synthetic_task.render(4)
    >>> contact_sheet((videos, labels), "sheet.png", class_names=class_names)
    4
    """
    names = getattr(videos, "class_names", None) if class_names is None else class_names
    shown = list(islice(_clips(videos), positive_int("num_clips", num_clips)))
    if not shown:
        raise ValueError(
            "`videos` must hold a clip to show, but none came. If files were skipped, scan them."
        )
    indices = [
        uniform_starts(len(video), 1, min(positive_int("num_frames", num_frames), len(video)))
        for video, _ in shown
    ]
    texts = [_text(label, names) for _, label in shown]
    pictures, note = _pixels([video[list(n)] for (video, _), n in zip(shown, indices, strict=True)])
    title = _heading([video for video, _ in shown]) + note
    figure = _draw(pictures, texts, indices, title)
    with replacing(path) as partial:
        figure.savefig(partial, format="png")
    return len(shown)


def _clips(source) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
    """One by one, with the label or None."""
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
    """What stands beside a clip: names of classes, with their share where it is not one."""
    if label is None:
        return ""
    number = label.shape == (1,) and np.issubdtype(label.dtype, np.integer)
    if label.ndim == 0 or number:
        return textwrap.fill(_name(int(label.reshape(())), names), _LINE, max_lines=_LINES)
    strongest = [int(n) for n in np.argsort(-label, kind="stable") if label[n] > _FAINTEST]
    parts = [
        textwrap.shorten(_name(number, names), _LINE, placeholder="…")
        + ("" if label[number] == 1 else f" {label[number]:.2f}")
        for number in strongest[:_NAMES]
    ]
    more = [f"and {len(strongest) - _NAMES} more"] if len(strongest) > _NAMES else []
    return "\n".join(parts + more) or "none"


def _name(number: int, names: Sequence[str] | None) -> str:
    if not names:
        return str(number)
    if not 0 <= number < len(names):
        raise ValueError(
            f"`class_names` must have a name for each class. Received: {len(names)} names, "
            f"and a clip of class {number}"
        )
    return printable(names[number])


def _pixels(videos: list[np.ndarray]) -> tuple[list[np.ndarray], str]:
    """uint8 of each video, and what was done to them."""
    low, high = (float(f([f(video) for video in videos])) for f in (np.min, np.max))
    floating = videos[0].dtype.kind == "f" or str(videos[0].dtype) == "bfloat16"
    note = ""
    if low >= 0 and high <= 255:
        low, high = 0.0, 1.0 if floating and high <= 1 else 255.0
    else:
        note = f", values {low:.3g} to {high:.3g} shown as black to white"
    scale = 255 / max(high - low, 1e-12)
    return [np.rint((v.astype("float32") - low) * scale).astype("uint8") for v in videos], note


def _heading(videos: list[np.ndarray]) -> str:
    shapes = sorted({video.shape for video in videos})
    frames, height, width, _ = shapes[0]
    size = f"{_count(frames, 'frame')}, {height} x {width}"
    return f"{_count(len(videos), 'clip')} of {size if len(shapes) == 1 else 'different sizes'}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _draw(pictures, texts, indices, title):
    """A figure whose rows are as high as their pictures and texts need."""
    from matplotlib.figure import Figure

    lines = [text.split("\n") for text in texts]
    left = 0.2 + _LETTER * max(len(line) for text in lines for line in text)
    heights = [
        max(_CELL * video.shape[1] / video.shape[2], _LEADING * len(text))
        for video, text in zip(pictures, lines, strict=True)
    ]
    width = max(left + max(map(len, indices)) * (_CELL + _GAP) + 0.1, 4.5)
    top = _TOP + sum(heights) + _GAP * len(heights) + 0.1
    figure = Figure(figsize=(width, top), dpi=_DPI)
    _write(figure, 0.1, top - 0.17, title, "left", 9, _GRAY)
    y = top - _TOP
    for row, height in enumerate(heights):
        y -= height
        _write(figure, left - 0.1, y + height / 2, texts[row], "right", 9, "black")
        _strip(figure, left, y, height, pictures[row])
        if row == 0 or indices[row] != indices[0]:
            _caption(figure, left, y + height, indices[row], above=row == 0)
        y -= _GAP
    return figure


def _strip(figure, left, bottom, height, video) -> None:
    """The frames of a clip, side by side."""
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


def _caption(figure, left, top, indices, *, above: bool) -> None:
    """Frame indices: over the first row; inside the pictures of one that shows other frames."""
    y, color = (top + 0.08, _GRAY) if above else (top - 0.11, "white")
    box = None if above else {"facecolor": "black", "alpha": 0.5, "linewidth": 0, "pad": 1.5}
    for column, number in enumerate(indices):
        x = left + column * (_CELL + _GAP) + _CELL / 2
        _write(figure, x, y, f"frame {number}", "center", 7, color, bbox=box)


def _write(figure, x, y, text, side, size, color, **how) -> None:
    width, height = figure.get_size_inches()
    how |= {"parse_math": False, "ha": side, "va": "center", "fontsize": size, "color": color}
    figure.text(x / width, y / height, text, **how)
