"""Reads objects from the JSON files of COCO."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ..utils.schema import parse_json
from .keypoint_layouts import flip_pairs_of, sigmas_of
from .objects import ObjectImage, ObjectSet

_LISTS = ("images", "annotations", "categories")
_OTHER_FILES = ("panoptic", "captions", "stuff", "image_info")
_PREFIXES = ("instances_", "person_keypoints_")
_YEAR = re.compile(r"(?<=[a-z])20\d\d$")


def read_coco(root: Path, split: str | None, keypoints: bool) -> ObjectSet:
    """Reads a JSON file, or those of the folder `annotations`.

    Raises:
        FileNotFoundError: There is no such file, or its images are not found.
        ValueError: A file is not of COCO's form, or there is no such split.
    """
    files = {_split_of(root): root} if root.is_file() else _files(root, keypoints)
    if split is not None and split not in files:
        raise ValueError(f"The splits are {sorted(files)}. Received: split={split!r}")
    chosen = {name: file for name, file in files.items() if split in (None, name)}
    return _joined([_read_file(file, name) for name, file in chosen.items()])


def _files(root: Path, keypoints: bool) -> dict[str, Path]:
    """Finds the files of a folder by their splits."""
    found = [*sorted((root / "annotations").glob("*.json")), *sorted(root.glob("*/_*.coco.json"))]
    found = [file for file in found if not file.name.startswith(_OTHER_FILES)]
    for prefix in _PREFIXES[::-1] if keypoints else _PREFIXES:
        named = [file for file in found if file.name.startswith(prefix)]
        if named:
            found = named
            break
    if not found:
        raise FileNotFoundError(
            f"There is no JSON file of objects in {str(root / 'annotations')!r}"
        )
    return {_split_of(file): file for file in found}


def _split_of(file: Path) -> str:
    """`annotations/instances_val2017.json` -> `val`; `val/_annotations.coco.json` -> `val`."""
    name = file.parent.name if file.name.startswith("_") else file.stem
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return _YEAR.sub("", name)


def _read_file(file: Path, split: str) -> ObjectSet:
    if not file.is_file():
        raise FileNotFoundError(f"There is no file {str(file)!r}. Check the path.")
    content = parse_json(file.read_bytes(), f"{str(file)!r}")
    if not isinstance(content, dict) or not all(
        isinstance(content.get(name), list) for name in _LISTS
    ):
        raise ValueError(
            f"{str(file)!r} must be an object with the lists {', '.join(_LISTS)}. Received: "
            f"{sorted(content) if isinstance(content, dict) else type(content).__name__}"
        )
    try:
        return _object_set(file, split, *(content[name] for name in _LISTS))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"A row of {str(file)!r} has not the fields of COCO: {type(error).__name__} {error}"
        ) from error


def _object_set(file: Path, split: str, images, annotations, categories) -> ObjectSet:
    for name, rows in zip(_LISTS, (images, annotations, categories), strict=True):
        _refuse_double(file, name, (row["id"] for row in rows if name != "annotations"))
    objects: dict[Any, list] = {row["id"]: [] for row in images}
    strangers = []
    for row in annotations:
        if row["image_id"] in objects:
            objects[row["image_id"]].append(row)
        else:
            strangers.append(row["image_id"])
    if strangers:
        raise ValueError(
            f"{len(strangers)} annotations of {str(file)!r} are of images that its list `images` "
            f"does not have. Remove them, or add the images: {strangers[:5]}"
        )
    folder = _image_folder(file, split, [row["file_name"] for row in images[:5]])
    rows = [
        ObjectImage(
            os.path.join(folder, row["file_name"]),
            int(row.get("height") or 0),
            int(row.get("width") or 0),
            row["id"],
            split,
        )
        for row in images
    ]
    categories = sorted(categories, key=lambda row: row["id"])
    return ObjectSet(
        tuple(rows),
        tuple(objects.values()),
        tuple(row["name"] for row in categories),
        tuple(row["id"] for row in categories),
        **_keypoints(file, categories),
    )


def _keypoints(file: Path, categories) -> dict[str, Any]:
    """What the categories say about keypoints; those that have any must have the same ones."""
    with_them = [row for row in categories if row.get("keypoints")]
    if not with_them:
        return {}
    names = tuple(with_them[0]["keypoints"])
    others = [row["name"] for row in with_them if tuple(row["keypoints"]) != names]
    if others:
        raise ValueError(
            f"All categories of {str(file)!r} with keypoints must have the same ones. "
            f"{with_them[0]['name']!r} has {len(names)}, and these have others: {others[:5]}"
        )
    lines = with_them[0].get("skeleton") or ()
    return {
        "keypoint_names": names,
        "flip_pairs": flip_pairs_of(names),
        "skeleton": tuple((one - 1, other - 1) for one, other in lines),  # COCO counts from one
        "sigmas": sigmas_of(names),
    }


def _image_folder(file: Path, split: str, names: Sequence[str]) -> str:
    """Returns the folder of the images: beside the file, or as COCO and others keep them."""
    parent = file.parent
    stem = file.stem
    for prefix in _PREFIXES:
        stem = stem.removeprefix(prefix)
    tried = [
        base / part
        for base in (parent.parent / "images", parent.parent, parent, parent / "images")
        for part in (stem, split, "")
    ]
    for folder in tried:
        if any((folder / name).is_file() for name in names):
            return os.fspath(folder)
    if not names:
        return os.fspath(parent)
    raise FileNotFoundError(
        f"The images of {str(file)!r}, such as {names[0]!r}, are in none of these folders: "
        f"{sorted({str(folder) for folder in tried})}"
    )


def _refuse_double(file: Path, name: str, ids: Iterable) -> None:
    double = [number for number, count in Counter(ids).items() if count > 1]
    if double:
        raise ValueError(
            f"Each id in the list `{name}` of {str(file)!r} must be there once. These are there "
            f"more often: {double[:5]}"
        )


def _joined(parts: Sequence[ObjectSet]) -> ObjectSet:
    """Makes one set of several splits, which must have the same classes."""
    first = parts[0]
    for part in parts[1:]:
        if (part.class_names, part.category_ids) != (first.class_names, first.category_ids):
            raise ValueError(
                "All splits must have the same categories. Received: "
                f"{dict(zip(first.category_ids, first.class_names, strict=True))!r:.300} and "
                f"{dict(zip(part.category_ids, part.class_names, strict=True))!r:.300}"
            )
    fields = {name: getattr(first, name) for name in ObjectSet.__dataclass_fields__}
    fields["images"] = tuple(image for part in parts for image in part.images)
    fields["objects"] = tuple(objects for part in parts for objects in part.objects)
    return ObjectSet(**fields)
