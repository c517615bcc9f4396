"""The file in which a folder of images and masks says what its labels mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..metrics.pixels import IGNORED
from ..utils.schema import parse_json
from .mask_coding import MaskCoding

Color = tuple[int, int, int]


@dataclass(frozen=True)
class FolderManifest:
    """What a folder says of its masks, in `classes.txt` or in `manifest.json`.

    Attributes:
        classes: Names of the classes, in the order of the labels; empty if the folder has none.
        coding: What the pixels of the masks mean; `None` if the folder does not say so.
        palette: A color for each class, to draw labels; empty if the folder has none.
    """

    classes: tuple[str, ...] = ()
    coding: MaskCoding | None = None
    palette: tuple[Color, ...] = ()


def read_folder_manifest(root: Path) -> FolderManifest:
    """Reads what a folder says of its masks.

    `manifest.json` names the classes, and may say to which class each color or each number in the
    masks belongs: `{"classes": ["sky", "road"], "colors": {"#4682b4": "sky", "#804080": "road",
    "#000000": null}}` or `"values": {"1": "sky", "2": "road", "0": null}`. Pixels of `null` have
    no class. `"palette"` holds a color `[red, green, blue]` for each class; without it, the classes
    are drawn in the colors of the masks. `classes.txt` names the classes, if there is such a file.

    Args:
        root: The folder.

    Raises:
        ValueError: `manifest.json` is not JSON, or a part of it is not as described above.
    """
    file = root / "manifest.json"
    content = parse_json(file.read_text("utf-8"), f"{str(file)!r}") if file.is_file() else {}
    if not isinstance(content, dict):
        raise ValueError(f"{str(file)!r} must hold an object {{...}}. Received: {content!r:.80}")
    names = _lines(root / "classes.txt") or tuple(content.get("classes", ()))
    try:
        values = _table(content, "values", names, _number)
        colors = _table(content, "colors", names, _color)
        palette = tuple(_rgb(color) for color in content.get("palette", ()))
        coding = MaskCoding(values, colors) if values or colors else None
        if palette and len(palette) != len(names):
            raise ValueError(f"`palette` has {len(palette)} colors for {len(names)} classes")
    except ValueError as error:
        raise ValueError(f"{str(file)!r}: {error}") from None
    return FolderManifest(names, coding, palette or _first_colors(colors, len(names)))


def _lines(file: Path) -> tuple[str, ...]:
    if not file.is_file():
        return ()
    return tuple(line.strip() for line in file.read_text("utf-8").splitlines() if line.strip())


def _table(content: Mapping[str, Any], key: str, names: tuple[str, ...], parse) -> dict[Any, int]:
    """Returns the labels of stored numbers or colors."""
    entries, labels = content.get(key, {}), {}
    if not isinstance(entries, Mapping):
        raise ValueError(f"`{key}` must be an object {{...}}. Received: {entries!r:.80}")
    for stored, name in entries.items():
        if name is not None and name not in names:
            raise ValueError(
                f"{stored!r} must belong to one of the classes {list(names)[:12]}, or to null. "
                f"Received: {name!r}"
            )
        if parse(stored) in labels:
            raise ValueError(f"`{key}` has {stored!r} twice. Each must belong to one class.")
        labels[parse(stored)] = IGNORED if name is None else names.index(name)
    absent = [name for label, name in enumerate(names) if label not in labels.values()]
    if entries and absent:
        raise ValueError(f"`{key}` must have an entry for each class. It has none for {absent[:8]}")
    return labels


def _number(text: str) -> int:
    if not re.fullmatch(r"\d{1,5}", text):
        raise ValueError(f"`values` must have numbers such as '7'. Received: {text!r}")
    return int(text)


def _color(text: str) -> Color:
    if not re.fullmatch("#[0-9a-fA-F]{6}", text):
        raise ValueError(f"`colors` must have colors such as '#4682b4'. Received: {text!r}")
    red, green, blue = bytes.fromhex(text[1:])
    return red, green, blue


def _rgb(color: Any) -> Color:
    parts = tuple(color) if isinstance(color, list) else ()
    if len(parts) != 3 or not all(type(part) is int and 0 <= part <= 255 for part in parts):
        raise ValueError(f"`palette` must have colors such as [70, 130, 180]. Received: {color!r}")
    return parts


def _first_colors(colors: dict[Color, int], classes: int) -> tuple[Color, ...]:
    """Returns the first color of each class in the masks; nothing if a class has none."""
    first = {label: color for color, label in reversed(colors.items())}
    labels = range(classes)
    return tuple(first[label] for label in labels) if all(n in first for n in labels) else ()
