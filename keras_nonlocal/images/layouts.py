"""The layouts in which data sets keep images and masks, as a table, and how each is recognized."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..metrics.pixels import IGNORED
from ..utils.checks import PathLike
from ..utils.entries import class_list, palette
from ..utils.schema import parse_json
from .folder_manifest import read_folder_manifest
from .mask_coding import MaskCoding, without_zero
from .mask_set import MaskSet, Pair

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp")
MASK_SUFFIXES = (".png", ".bmp", ".tif", ".tiff", ".gif")

# The numbers in Cityscapes' own masks (labelIds) of its 19 classes; all others are ignored.
CITYSCAPES_IDS = (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33)


@dataclass(frozen=True)
class Layout:
    """A layout of folders.

    Attributes:
        name: The name of the layout.
        sign: A pattern of files by which the layout is recognized.
        images, masks: The folders; the first of them that exist are taken.
        mask_names: From the end of the name of an image, to the possible ends of its mask's name.
        classes: The name of the list of classes; `None` reads them from a file of the folder.
        coding: From the number of classes to the coding of the masks.
        split_file: A file that lists the names of a split, instead of a folder for each split.
        categories: A JSON file of COCO, whose categories name the numbers in the masks.
    """

    name: str
    sign: str
    images: tuple[str, ...]
    masks: tuple[str, ...]
    mask_names: tuple[tuple[str, tuple[str, ...]], ...] = (("", ("",)),)
    classes: str | None = None
    coding: Callable[[int], MaskCoding] = lambda classes: MaskCoding()
    split_file: str | None = None
    categories: str | None = None


def _ids(classes: int) -> MaskCoding:
    known = {number: label for label, number in enumerate(CITYSCAPES_IDS)}
    return MaskCoding({number: known.get(number, IGNORED) for number in (*range(-1, 34), IGNORED)})


_CITY = ("_leftImg8bit",)
LAYOUTS = (
    Layout(
        "cityscapes",
        "gtFine/*/*/*_labelTrainIds.png",
        ("leftImg8bit",),
        ("gtFine",),
        ((_CITY[0], ("_gtFine_labelTrainIds",)),),
        "cityscapes",
    ),
    Layout(
        "cityscapes_ids",
        "gtFine/*/*/*_labelIds.png",
        ("leftImg8bit",),
        ("gtFine",),
        ((_CITY[0], ("_gtFine_labelIds",)),),
        "cityscapes",
        _ids,
    ),
    Layout(
        "ade20k",
        "annotations/*/ADE_*.png",
        ("images",),
        ("annotations",),
        classes="ade20k",
        coding=without_zero,
    ),
    Layout(
        "voc",
        "SegmentationClass*/*.png",
        ("JPEGImages",),
        ("SegmentationClassAug", "SegmentationClass"),
        classes="voc",
        split_file="ImageSets/Segmentation/{}.txt",
    ),
    Layout(
        "coco",
        "semantic_png/*.png",
        ("images",),
        ("semantic_png",),
        categories="annotations/panoptic*.json",
    ),
    Layout(
        "folders",
        "*",
        ("images", "imgs", "img", "image"),
        ("masks", "labels", "mask", "segmentation", "annotations"),
        (("", ("", "_mask", "_label", "_labels", "_gt", "_L")),),
    ),
)


def read_mask_set(
    source: PathLike | MaskSet,
    *,
    split: str | None = None,
    layout: str | None = None,
    class_names: tuple[str, ...] | None = None,
    coding: MaskCoding | None = None,
) -> MaskSet:
    """Finds the images and masks of a data set.

    The layouts of Cityscapes (`labelTrainIds` or `labelIds`), ADE20K, Pascal VOC and COCO's
    semantic maps are recognized, and folders of images and masks of the same names:
    `images/train/a.jpg` with `masks/train/a.png`, or without splits. Such a folder names its
    classes in `classes.txt` (a line each) or in `manifest.json`, which may also say which numbers
    or colors in the masks are which class (`{"classes": ["sky"], "colors": {"#4682b4": "sky"}}`).

    Args:
        source: The folder, or a set that was read already.
        split: Name of a split, such as `"train"` or `"val"`; `None` takes all of them.
        layout: `"cityscapes"`, `"cityscapes_ids"`, `"ade20k"`, `"voc"`, `"coco"` or `"folders"`, if
            the layout is not to be recognized.
        class_names: Names of the classes, if the folder does not name them.
        coding: What the pixels of the masks mean, if the layout does not say so. For masks whose
            labels begin at 1, see `keras_nonlocal.images.without_zero`.

    Returns:
        The set.

    Raises:
        FileNotFoundError: There is no such folder, or it has no images.
        ValueError: The layout is not recognized, images have no masks, or there are no names.

    Example:
        streets = keras_nonlocal.images.read_mask_set("camvid", split="train")
    """
    if isinstance(source, MaskSet):
        return source if split is None else source.split(split)
    root = Path(source)
    if not root.is_dir():
        raise FileNotFoundError(f"There is no folder {os.fspath(source)!r}. Check the path.")
    chosen = _layout(root, layout)
    images, masks = first_folder(root, chosen.images), first_folder(root, chosen.masks)
    numbers = _categories(root, chosen.categories) if chosen.categories else {}
    manifest = read_folder_manifest(root)
    names = class_names or tuple(numbers.values()) or named_classes(root, chosen)
    if numbers and coding is None:
        labels = {number: label for label, number in enumerate(numbers)}
        coding = MaskCoding({0: IGNORED, IGNORED: IGNORED, **labels})
    pairs = find_pairs(root, images, masks, chosen)
    colors = palette(chosen.classes) if chosen.classes and class_names is None else ()
    found = MaskSet(
        tuple(pairs),
        tuple(names),
        coding or manifest.coding or chosen.coding(len(names)),
        colors or manifest.palette,
    )
    return found if split is None else found.split(split)


def _layout(root: Path, name: str | None) -> Layout:
    for each in LAYOUTS:
        folders = all(
            any((root / folder).is_dir() for folder in kind) for kind in (each.images, each.masks)
        )
        if name in (None, each.name) and folders and any(root.glob(each.sign)):
            return each
    expected = ", ".join(f"{each.name} ({each.images[0]}/, {each.masks[0]}/)" for each in LAYOUTS)
    raise ValueError(
        f"{str(root)!r} must have the folders of one of these layouts: {expected}. "
        f"Received: {sorted(path.name for path in root.iterdir())[:12]}"
    )


def first_folder(root: Path, names: tuple[str, ...]) -> Path:
    """Returns the first of these folders that exists."""
    found = next((root / name for name in names if (root / name).is_dir()), None)
    if found is None:
        raise FileNotFoundError(f"There must be one of the folders {list(names)} in {str(root)!r}.")
    return found


def _categories(root: Path, pattern: str) -> dict[int, str]:
    """Returns the names of COCO's categories by their numbers."""
    file = next(iter(sorted(root.glob(pattern))), None)
    if file is None:
        raise FileNotFoundError(f"There is no {str(root / pattern)!r} with COCO's categories.")
    content = parse_json(file.read_text("utf-8"), f"{str(file)!r}")
    try:
        return {row["id"]: row["name"] for row in content["categories"]}
    except (KeyError, TypeError) as error:
        raise ValueError(f"{str(file)!r} has no list `categories` of ids and names") from error


def named_classes(root: Path, layout: Layout) -> tuple[str, ...]:
    """Returns the names of the classes of a layout, or of a folder that names its own."""
    if layout.classes is not None:
        return class_list(layout.classes)
    names = read_folder_manifest(root).classes
    if not names:
        raise ValueError(
            f"{str(root)!r} does not name its classes. Write a file `classes.txt` with one name in "
            "each line, in the order of the labels, or pass `class_names`."
        )
    return names


def find_pairs(root: Path, images: Path, masks: Path, layout: Layout) -> list[Pair]:
    """Finds the mask of each image, by their names."""
    if layout.split_file is not None:
        return list(_listed(root, images, masks, layout.split_file))
    by_name = {
        os.fspath(path.relative_to(masks).with_suffix("")): path
        for path in sorted(masks.rglob("*"))
        if path.suffix.lower() in MASK_SUFFIXES
    }
    pairs: list[Pair] = []
    alone: list[str] = []
    used: dict[str, str] = {}
    for path in sorted(images.rglob("*")):
        if path.suffix.lower() not in IMAGE_SUFFIXES:
            continue
        name = path.relative_to(images).with_suffix("")
        mask = next((n for n in _mask_names(os.fspath(name), layout) if n in by_name), None)
        if mask is None:
            alone.append(os.fspath(path))
            continue
        if mask in used:
            raise ValueError(
                f"Two images have the mask {os.fspath(by_name[mask])!r}: {used[mask]!r} and "
                f"{os.fspath(path)!r}. Give each image a name of its own."
            )
        used[mask] = os.fspath(path)
        split = name.parts[0] if len(name.parts) > 1 else ""
        pairs.append(Pair(os.fspath(path), os.fspath(by_name[mask]), split))
    if not pairs and not alone:
        raise FileNotFoundError(f"There are no images in {str(images)!r}.")
    is_city = layout.name.startswith("cityscapes")  # which has masks of other kinds, too
    strays = [] if is_city else [os.fspath(by_name[n]) for n in by_name if n not in used]
    if alone or strays:
        raise ValueError(
            f"In {str(root)!r}, {len(alone)} images have no mask and {len(strays)} masks have no "
            "image. A mask has the name of its image. Complete them, or move them away: "
            f"{[*alone, *strays][:5]}"
        )
    return pairs


def _mask_names(name: str, layout: Layout) -> Iterator[str]:
    for end, others in layout.mask_names:
        if name.endswith(end):
            yield from (f"{name.removesuffix(end)}{other}" for other in others)


def _listed(root: Path, images: Path, masks: Path, split_file: str) -> Iterator[Pair]:
    """Yields the pairs of every split that has a list of names."""
    folder, pattern = (root / split_file).parent, Path(split_file).name
    lists = sorted(folder.glob(pattern.format("*"))) if folder.is_dir() else []
    if not lists:
        raise FileNotFoundError(f"There are no lists of splits in {str(folder)!r}.")
    suffixes = {path.stem: path.suffix for path in images.iterdir()}
    for file in lists:
        if not re.fullmatch("train|val|test", file.stem):
            continue  # `trainval` would have every pair a second time
        for name in file.read_text("utf-8").split():
            image = images / f"{name}{suffixes.get(name, '.jpg')}"
            mask = masks / f"{name}.png"
            if mask.is_file():  # the test split has none
                yield Pair(os.fspath(image), os.fspath(mask), file.stem)
