"""The objects of one image: from the fields of COCO's annotations to arrays."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from ..utils.run_lengths import encode_mask
from .object_fields import box_of, keypoints_of, mask_of

KINDS = ("boxes", "masks", "keypoints")
Fields = Mapping[str, Any]


def object_arrays(
    annotations: Sequence[Fields],
    height: int,
    width: int,
    *,
    labels: Mapping[int, int],
    num_keypoints: int,
    kinds: Collection[str],
) -> dict[str, np.ndarray]:
    """Makes the arrays of all objects of an image that have an area.

    Args:
        annotations: The objects.
        height, width: Size of the image.
        labels: The labels of the category ids.
        num_keypoints: Number of keypoints of an object.
        kinds: What to make, of `KINDS`; boxes are always made.

    Returns:
        `"boxes"`, `"labels"`, `"crowd"`, and what is asked for of `"masks"` and `"keypoints"`, as
        `ObjectSet.read` describes them.

    Raises:
        ValueError: An object has values that cannot be right; the error names its id.
    """
    rows = []
    for fields in annotations:
        try:
            row = _row(fields, height, width, labels, num_keypoints, kinds)
        except ValueError as error:
            raise ValueError(f"object {fields.get('id', '')}: {error}") from error
        if row is not None:
            rows.append(row)
    forms = {
        "boxes": ((4,), "float32"),
        "labels": ((), "int32"),
        "crowd": ((), "bool"),
        "masks": ((height, width), "uint8"),
        "keypoints": ((num_keypoints, 3), "float32"),
    }
    wanted = [name for name in forms if name in kinds or name not in KINDS[1:]]
    arrays = {name: np.zeros((len(rows), *forms[name][0]), forms[name][1]) for name in wanted}
    for place, row in enumerate(rows):
        for name in wanted:
            arrays[name][place] = row[name]
    return arrays


def _row(fields, height, width, labels, num_keypoints, kinds) -> dict[str, Any] | None:
    """Returns the values of an object by name, or `None` if it has no area."""
    row: dict[str, Any] = {"labels": label_of(fields, labels), "crowd": bool(fields.get("iscrowd"))}
    row["boxes"] = box_of(fields, height, width)
    if row["boxes"] is None:
        return None
    if "masks" in kinds:
        row["masks"] = mask_of(fields, height, width)
        if not row["masks"].any():
            return None
    if "keypoints" in kinds:
        row["keypoints"] = keypoints_of(fields, num_keypoints)
    return row


def label_of(fields: Fields, labels: Mapping[int, int]) -> int:
    """Returns the label of an object's class.

    Raises:
        ValueError: The list of categories does not have its class.
    """
    label = labels.get(fields.get("category_id", ""))
    if label is None:
        raise ValueError(
            f"its category {fields.get('category_id')!r} is not on the list of categories"
        )
    return label


def numbered_objects(numbers: np.ndarray, category_id: int) -> list[Fields]:
    """Returns the objects of a mask in which each has a number of its own, and 0 is background.

    >>> [fields["bbox"] for fields in numbered_objects(np.array([[0, 1, 1], [2, 0, 0]]), 1)]
    [[1, 0, 2, 1], [0, 1, 1, 1]]
    """
    return [_numbered(numbers == number, category_id) for number in np.unique(numbers) if number]


def _numbered(mask: np.ndarray, category_id: int) -> Fields:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    x, y = int(columns[0]), int(rows[0])
    return {
        "category_id": category_id,
        "bbox": [x, y, int(columns[-1]) + 1 - x, int(rows[-1]) + 1 - y],
        "area": int(mask.sum()),
        "iscrowd": 0,
        "segmentation": encode_mask(mask),
    }
