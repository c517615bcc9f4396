"""Checks all objects of a data set before training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ..data.error_log import ErrorLog
from .mask_set import MOST_LISTED
from .object_arrays import label_of
from .object_fields import box_of, check_segmentation, keypoints_of
from .objects import ObjectSet, check_size
from .read_images import ImageError, upright_size

_COUNTED = ("crowds", "without_area", "with_keypoints", "empty_images")


@dataclass(frozen=True)
class ObjectReport:
    """What the images of a set hold.

    Attributes:
        objects: Number of objects of each class, without crowds and those without area.
        crowds: Number of objects that stand for many.
        without_area: Number of objects that are left out, as a side of their box is zero.
        with_keypoints: Number of objects with at least one labeled keypoint.
        empty_images: Number of images without objects; all of them are background.
        absent: Names of the classes of which there is no object.
    """

    objects: dict[str, int]
    crowds: int
    without_area: int
    with_keypoints: int
    empty_images: int
    absent: tuple[str, ...]


def check_objects(
    objects: ObjectSet,
    error_log: ErrorLog | None = None,
    kinds: Collection[str] | None = None,
) -> ObjectReport:
    """Checks the objects and the sizes of all images, before training. Masks are not drawn.

    Args:
        objects: The images with objects.
        error_log: Records each image that cannot be used.
        kinds: What is to be learned, of `"boxes"`, `"masks"` and `"keypoints"`; by default all that
            there is.

    Returns:
        What the images hold.

    Raises:
        ValueError: Images are missing or of another size; or objects have values that cannot be
            right, or the ids of others. The error names the first ones and their number.

    Example:
        print(check_objects(read_object_set("coco", split="val")).absent)
    """
    kinds = objects.chosen(kinds)
    log, totals, causes = error_log or ErrorLog(), Counter[str](), list[str]()
    seen: Counter = Counter(
        fields["id"] for each in objects.objects for fields in each if "id" in fields
    )
    double = {number for number, count in seen.items() if count > 1}

    def check(index: int):
        try:
            return _count(objects, index, kinds, double), None
        except (OSError, ValueError) as error:
            return Counter(), (objects.images[index].path, error)

    with ThreadPoolExecutor() as pool:
        for found, failure in pool.map(check, range(len(objects))):
            totals.update(found)
            if failure:
                path, error = failure
                log.record(path, getattr(error, "cause", str(error)), "raise")
                causes.append(str(error))
    if causes:
        listed = "\n  ".join(causes[:MOST_LISTED])
        more = f"\n  and {len(causes) - MOST_LISTED} more" if len(causes) > MOST_LISTED else ""
        raise ValueError(
            f"{len(causes)} of {len(objects)} images cannot be used:\n  {listed}{more}"
        )
    by_class = {name: totals[f"class {label}"] for label, name in enumerate(objects.class_names)}
    counted = {name: totals[name] for name in _COUNTED}
    absent = tuple(name for name, number in by_class.items() if not number)
    return ObjectReport(by_class, **counted, absent=absent)


def _count(objects: ObjectSet, index: int, kinds, double) -> Counter[str]:
    """Counts the objects of an image, after a check of each."""
    image, counts = objects.images[index], Counter[str]()
    height, width = upright_size(image.path)
    check_size(image, height, width)
    corners = []
    for fields in objects.annotations(index):
        try:
            if fields.get("id") in double:
                raise ValueError("another object has its id")
            label = label_of(fields, objects.labels)
            box = box_of(fields, height, width)
            if box is not None and "masks" in kinds:
                check_segmentation(fields, height, width)
            if "keypoints" in kinds:
                points = keypoints_of(fields, len(objects.keypoint_names))
                counts["with_keypoints"] += bool(points[:, 2].any())
        except ValueError as error:
            raise ImageError(image.path, f"object {fields.get('id', '')}: {error}") from error
        if box is None:
            counts["without_area"] += 1
        else:
            counts["crowds" if fields.get("iscrowd") else f"class {label}"] += 1
            corners.append(max(box[2:]))
    if corners and max(corners) <= 1:
        raise ImageError(
            image.path,
            "all its boxes lie within the first pixel. Boxes must be in pixels, not in shares of "
            "the image",
        )
    counts["empty_images"] = not corners
    return counts
