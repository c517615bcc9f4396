"""The layouts in which data sets keep objects, as a table, and how each is recognized."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..utils.checks import PathLike
from .coco_files import read_coco
from .layouts import Layout, find_pairs, first_folder, named_classes
from .objects import ObjectImage, ObjectSet
from .voc_files import read_voc

_NUMBERED = Layout(
    "instance_masks",
    "*",
    ("PNGImages", "images", "imgs", "img", "image"),
    ("PedMasks", "masks", "mask"),
    (("", ("", "_mask")),),
)


def _read_numbered(root: Path, split: str | None, keypoints: bool) -> ObjectSet:
    """Reads images with masks in which each object has a number, and the one class they have."""
    images, masks = (first_folder(root, names) for names in (_NUMBERED.images, _NUMBERED.masks))
    pedestrians = masks.name == "PedMasks"
    names = ("pedestrian",) if pedestrians else named_classes(root, _NUMBERED)
    if len(names) != 1:
        raise ValueError(
            f"{str(root)!r} has masks of numbered objects, which are of one class. Received: "
            f"the classes {list(names)[:5]}. Masks whose numbers are classes are for "
            "`read_mask_set`."
        )
    pairs = find_pairs(root, images, masks, _NUMBERED)
    rows = tuple(
        ObjectImage(pair.image, id=number, split=pair.split, numbers=pair.mask)
        for number, pair in enumerate(pairs, 1)
    )
    return ObjectSet(rows, ((),) * len(rows), tuple(names), (1,))


@dataclass(frozen=True)
class ObjectLayout:
    """A layout: patterns of the files by which it is recognized, and the function that reads it."""

    signs: tuple[str, ...]
    read: Callable[[Path, str | None, bool], ObjectSet]


OBJECT_LAYOUTS = {
    "coco": ObjectLayout(("annotations/*.json", "*/_annotations.coco.json"), read_coco),
    "voc": ObjectLayout(("Annotations/*.xml",), read_voc),
    "instance_masks": ObjectLayout(
        tuple(f"{folder}/**/*.png" for folder in _NUMBERED.masks), _read_numbered
    ),
}


def read_object_set(
    source: PathLike | ObjectSet,
    *,
    split: str | None = None,
    keypoints: bool = False,
    layout: str | None = None,
    class_names: Sequence[str] | None = None,
) -> ObjectSet:
    """Finds the images and objects of a data set.

    These layouts are recognized:

    - COCO: a JSON file of it, or a folder with `annotations/instances_<split>.json` and images in
      `<split>`, in `images/<split>` or in `images`.
    - Pascal VOC: `JPEGImages`, `Annotations` with XML files, and `ImageSets/Main`. Objects that are
      marked as difficult count as crowds, which are neither learned nor missed.
    - Masks of numbered objects, as of Penn-Fudan: `PNGImages/a.png` with `PedMasks/a_mask.png`, or
      `images/train/a.jpg` with `masks/train/a.png`, where all pixels of the first object are 1, of
      the second one 2, and 0 is the background. Such a folder has one class, which it names in
      `classes.txt`.

    Args:
        source: The folder, the JSON file, or a set that was read already.
        split: Name of a split, such as `"train"` or `"val"`; `None` takes all of them. The split
            of `instances_val2017.json` is `"val"`.
        keypoints: Whether to take COCO's files `person_keypoints_<split>.json`.
        layout: `"coco"`, `"voc"` or `"instance_masks"`, if the layout is not to be recognized.
        class_names: The classes to take, in the order of their labels; by default all of them.
            Objects of other classes are left out.

    Returns:
        The set.

    Raises:
        FileNotFoundError: There is no such folder or file, or images are missing.
        ValueError: The layout is not recognized, a file has not the form of its layout, ids are
            there twice, or there is no such split or class.

    Example:
        animals = keras_nonlocal.images.read_object_set("coco", split="val", class_names=["cat"])
    """
    if isinstance(source, ObjectSet):
        found = source if split is None else source.split(split)
    else:
        root = Path(source)
        found = _layout(root, layout).read(root, split, keypoints)
        if split is not None and any(image.split != split for image in found.images):
            found = found.split(split)
    return found if class_names is None else _of_classes(found, tuple(class_names))


def _layout(root: Path, name: str | None) -> ObjectLayout:
    if not root.exists():
        raise FileNotFoundError(f"There is no file or folder {os.fspath(root)!r}. Check the path.")
    if root.is_file():
        return OBJECT_LAYOUTS["coco"]
    for each, layout in OBJECT_LAYOUTS.items():
        if name in (None, each) and any(any(root.glob(sign)) for sign in layout.signs):
            return layout
    expected = ", ".join(f"{each} ({layout.signs[0]})" for each, layout in OBJECT_LAYOUTS.items())
    raise ValueError(
        f"{str(root)!r} must have the files of one of these layouts: {expected}. "
        f"Received: layout={name!r} and {sorted(path.name for path in root.iterdir())[:12]}"
    )


def _of_classes(objects: ObjectSet, names: tuple[str, ...]) -> ObjectSet:
    """Leaves out all other classes."""
    ids = dict(zip(objects.class_names, objects.category_ids, strict=True))
    unknown = [name for name in names if name not in ids]
    if unknown or len(set(names)) != len(names) or not names:
        raise ValueError(
            f"`class_names` must be different ones of {list(ids)}. Received: {list(names)}"
        )
    chosen = [ids[name] for name in names]
    dropped = set(ids.values()) - set(chosen)
    kept = tuple(
        [fields for fields in each if fields.get("category_id") not in dropped]
        for each in objects.objects
    )
    return replace(objects, objects=kept, class_names=names, category_ids=tuple(chosen))
