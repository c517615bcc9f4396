"""Draws labels over an image, with a legend; and writes labels as a PNG file with a palette."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..utils.atomic_files import replacing
from ..utils.checks import PathLike

OPACITY = 0.55
_MOST_ROWS = 24  # classes in a legend
_EDGE = np.array((255, 255, 255), "uint8")


def draw_labels(
    image: np.ndarray,
    labels: np.ndarray,
    class_names: Sequence[str],
    palette: Sequence[Sequence[int]],
    *,
    legend: bool = True,
) -> np.ndarray:
    """Draws the colors of the classes over an image, and the borders between them.

    Args:
        image: uint8 `(H, W, 3)`.
        labels: Labels `(H, W)`; pixels without a class keep their color.
        class_names: Names of the classes.
        palette: A color for each class, RGB from 0 to 255.
        legend: Whether to add a legend of the classes in the image, the largest first, at its
            right.

    Returns:
        uint8 `(H, W', 3)`, where both sizes are even.

    Raises:
        ValueError: Image and labels differ in size.

    Example:

    >>> image, labels = np.zeros((40, 60, 3), "uint8"), np.zeros((40, 60), "uint8")
    >>> draw_labels(image, labels, ("sky",), [(0, 0, 255)], legend=False).shape
    (40, 60, 3)
    """
    if image.shape[:2] != labels.shape:
        raise ValueError(
            "`image` and `labels` must have one size. Received: "
            f"{image.shape[:2]} and {labels.shape}"
        )
    colors = np.zeros((256, 3))
    colors[: len(palette)] = palette
    known = labels < len(class_names)
    mixed = (1 - OPACITY) * image + OPACITY * colors[labels]
    drawn = np.where(known[..., None], mixed + 0.5, image).astype("uint8")
    border = np.zeros(labels.shape, bool)
    border[1:] |= labels[1:] != labels[:-1]
    border[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    drawn[border] = _EDGE
    if legend:
        drawn = np.concatenate([drawn, _legend(labels, class_names, palette)], axis=1)
    return np.pad(drawn, ((0, drawn.shape[0] % 2), (0, drawn.shape[1] % 2), (0, 0)), "edge")


def areas(labels: np.ndarray, class_names: Sequence[str]) -> dict[str, float]:
    """Returns the share of the image of each class that occurs, the largest first.

    >>> areas(np.array([[0, 1, 1, 1]]), ("sky", "road"))
    {'road': 0.75, 'sky': 0.25}
    """
    counts = np.bincount(labels.ravel(), minlength=256)[: len(class_names)]
    order = np.argsort(-counts, kind="stable")
    return {class_names[i]: float(counts[i] / labels.size) for i in order if counts[i]}


def write_labels(path: PathLike, labels: np.ndarray, palette: Sequence[Sequence[int]]) -> None:
    """Writes labels as a PNG file of numbers, which viewers show in the colors of the palette.

    Args:
        path: The file. It is written completely or not at all.
        labels: Labels `(H, W)` from 0 to 255.
        palette: A color for each class, RGB from 0 to 255.

    Raises:
        OSError: The file cannot be written.

    Example:
        write_labels("street_labels.png", labels, segmenter.palette)
    """
    colors = np.zeros((256, 3), "uint8")  # with fewer, Pillow would change larger labels
    colors[: len(palette)] = palette
    image = Image.fromarray(labels.astype("uint8")).convert("L")
    image.putpalette(colors.ravel().tolist())
    with replacing(path) as partial:
        image.save(partial, "PNG")


def _legend(labels, class_names, palette) -> np.ndarray:
    """A white panel of the height of the image, with a row for each class that has room."""
    height = labels.shape[0]
    size = int(np.clip(height / 28, 9, 22))
    row, font = int(1.6 * size), ImageFont.load_default(size)
    shares = list(areas(labels, class_names).items())
    room = min(max((height - row // 2) // row, 1), _MOST_ROWS)
    texts = [f"{name}  {100 * share:.1f} %" for name, share in shares[:room]]
    if len(shares) > room:
        texts[-1] = f"and {len(shares) - room + 1} more"
    width = int(max((font.getlength(text) for text in texts), default=0)) + 3 * size
    panel = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(panel)
    for index, text in enumerate(texts):
        top = row // 3 + index * row
        if not text.startswith("and ") or len(shares) <= room:
            color = tuple(int(part) for part in palette[class_names.index(shares[index][0])])
            draw.rectangle((size // 2, top, size // 2 + size, top + size), color, "#767676")
        draw.text((2 * size, top + size / 2), text, "black", font, anchor="lm")
    return np.asarray(panel)
