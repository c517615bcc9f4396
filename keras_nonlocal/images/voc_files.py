"""Reads objects from the XML files of Pascal VOC."""

from __future__ import annotations

import os
from pathlib import Path
from xml.etree import ElementTree

from .layouts import IMAGE_SUFFIXES
from .objects import ObjectImage, ObjectSet

_CORNERS = ("xmin", "ymin", "xmax", "ymax")


def read_voc(root: Path, split: str | None, keypoints: bool) -> ObjectSet:
    """Reads `JPEGImages` and `Annotations`, with the splits of `ImageSets/Main`.

    The classes are the names in all files, in alphabetical order, as VOC itself lists them.

    Raises:
        FileNotFoundError: An image is missing.
        ValueError: A file is not of VOC's form, or there are no objects.
    """
    images = {
        path.stem: path
        for path in sorted((root / "JPEGImages").iterdir())
        if path.suffix.lower() in IMAGE_SUFFIXES
    }
    files = sorted((root / "Annotations").glob("*.xml"))
    missing = [file.name for file in files if file.stem not in images]
    if missing:
        raise FileNotFoundError(
            f"{len(missing)} files of {str(root / 'Annotations')!r} have no image in `JPEGImages`: "
            f"{missing[:5]}"
        )
    splits, found = _splits(root), {file.stem: _read_file(file) for file in files}
    names = sorted({name for _, objects in found.values() for name, _, _ in objects})
    if not names:
        raise ValueError(f"No file of {str(root / 'Annotations')!r} has an object.")
    ids = {name: number for number, name in enumerate(names, 1)}
    return ObjectSet(
        tuple(
            ObjectImage(os.fspath(images[stem]), height, width, stem, splits.get(stem, ""))
            for stem, ((height, width), _) in found.items()
        ),
        tuple(
            [
                {"category_id": ids[name], "bbox": box, "iscrowd": difficult}
                for name, box, difficult in objects
            ]
            for _, objects in found.values()
        ),
        tuple(names),
        tuple(ids.values()),
    )


def _splits(root: Path) -> dict[str, str]:
    folder = root / "ImageSets" / "Main"
    lists = {name: folder / f"{name}.txt" for name in ("train", "val", "test")}
    return {
        line.split()[0]: name
        for name, file in lists.items()
        if file.is_file()
        for line in file.read_text("utf-8").splitlines()
        if line.strip()
    }


def _read_file(file: Path):
    """Returns the size of the image, and the class, box and difficulty of each object."""
    try:
        tree = ElementTree.parse(file).getroot()
        size = [int(tree.findtext(f"size/{side}", "0")) for side in ("height", "width")]
        objects = []
        for each in tree.iter("object"):
            x0, y0, x1, y1 = (float(each.findtext(f"bndbox/{name}", "")) for name in _CORNERS)
            # VOC counts pixels from one, and its last row and column belong to the object.
            box = [x0 - 1, y0 - 1, x1 - x0 + 1, y1 - y0 + 1]
            difficult = int(each.findtext("difficult", "0"))
            objects.append((each.findtext("name", "").strip(), box, difficult))
    except (ElementTree.ParseError, ValueError) as error:
        raise ValueError(f"{str(file)!r} has not the form of Pascal VOC: {error}") from error
    if not all(name for name, _, _ in objects):
        raise ValueError(f"An object of {str(file)!r} has no name of a class.")
    return size, objects
