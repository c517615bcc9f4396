"""Objects and detections in the form of COCO's own files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..utils.atomic_files import replacing
from ..utils.checks import PathLike
from ..utils.run_lengths import encode_mask, runs_of

KINDS = ("boxes", "masks", "keypoints")
Detections = Mapping[str, Any]


def ground_truth(objects, kinds: Sequence[str]) -> dict[str, Any]:
    """Returns the objects of a set as the content of a file of COCO.

    Images and objects are numbered from one: COCO's tools take an object with the number zero for
    none.

    Raises:
        ValueError: An object has no mask, but masks are to be compared.
    """
    images: list[dict] = []
    rows: list[dict] = []
    for index in range(len(objects)):
        height, width = objects.size(index)
        images.append({"id": index + 1, "height": height, "width": width})
        for fields in objects.annotations(index):
            row = {
                "id": len(rows) + 1,
                "image_id": index + 1,
                "category_id": fields["category_id"],
                "bbox": list(map(float, fields["bbox"])),
                "iscrowd": int(bool(fields.get("iscrowd"))),
                "area": _area(fields),
            }
            if "masks" in kinds:
                if not fields.get("segmentation"):
                    raise ValueError(
                        f"Every object must have a mask for the average precision of masks, but "
                        f"object {fields.get('id', '')} of {objects.images[index].path!r} has none"
                    )
                row["segmentation"] = fields["segmentation"]
            if "keypoints" in kinds:
                points = list(fields.get("keypoints") or [0] * 3 * len(objects.keypoint_names))
                row["keypoints"] = points
                row["num_keypoints"] = sum(visibility > 0 for visibility in points[2::3])
            rows.append(row)
    ids = zip(objects.category_ids, objects.class_names, strict=True)
    categories = [{"id": number, "name": name} for number, name in ids]
    return {"images": images, "annotations": rows, "categories": categories}


def result_rows(
    objects, detections: Sequence[Detections], kinds: Sequence[str], image_ids: Sequence[Any]
) -> list[dict[str, Any]]:
    """Returns detections as the rows of a file of results.

    Raises:
        ValueError: There is not one dict for each image, or its arrays do not fit together.
    """
    if len(detections) != len(objects):
        raise ValueError(
            "`detections` must have a dict for each image. Received: "
            f"{len(detections)} for {len(objects)} images"
        )
    rows = []
    for found, image_id in zip(detections, image_ids, strict=True):
        arrays = _checked(found, kinds, len(objects.class_names), len(objects.keypoint_names))
        fields = {
            "category_id": [objects.category_ids[label] for label in map(int, arrays["labels"])],
            "score": list(map(float, arrays["confidence"])),
        }
        for kind in kinds:
            name, convert = _CONVERTERS[kind]
            fields[name] = convert(arrays[kind])
        rows += [
            {"image_id": image_id, **dict(zip(fields, values, strict=True))}
            for values in zip(*fields.values(), strict=True)
        ]
    return rows


def write_coco_json(path: PathLike, objects, detections: Sequence[Detections]) -> None:
    """Writes detections as COCO's file of results, which COCO's server and tools read.

    Args:
        path: The file. It is written completely or not at all.
        objects: The images, a `keras_nonlocal.images.ObjectSet`.
        detections: As for `coco_average_precision`.

    Raises:
        ValueError: There is not one dict for each image, or its arrays do not fit together.
        OSError: The file cannot be written.

    Example:
        keras_nonlocal.metrics.write_coco_json("coco.json", objects, detections)
    """
    kinds = [kind for kind in KINDS if any(kind in found for found in detections)]
    rows = result_rows(objects, detections, kinds, [image.id for image in objects.images])
    with replacing(path) as partial:
        partial.write_text(json.dumps(rows), "utf-8")


def _area(fields: Mapping[str, Any]) -> float:
    """The area as it is stored, or that of the mask, or that of the box."""
    if fields.get("area") is not None:
        return float(fields["area"])
    if isinstance(fields.get("segmentation"), Mapping):
        return float(sum(runs_of(fields["segmentation"])[1::2]))
    return float(fields["bbox"][2] * fields["bbox"][3])


def _checked(found: Detections, kinds, classes: int, keypoints: int) -> dict[str, Any]:
    """Returns the arrays of an image after a check that they fit together."""
    needed = ("confidence", "labels", *kinds)
    missing = [name for name in needed if name not in found]
    if missing:
        raise ValueError(f"Detections must have {', '.join(needed)}. Missing: {missing}")
    arrays = {name: found[name] if name == "masks" else np.asarray(found[name]) for name in needed}
    counts = {name: len(value) for name, value in arrays.items()}
    if len(set(counts.values())) > 1:
        raise ValueError(f"Detections of an image must be equally many. Received: {counts}")
    labels = arrays["labels"]
    if len(labels) and not 0 <= labels.min() <= labels.max() < classes:
        raise ValueError(f"`labels` must be 0 to {classes - 1}. Received: {labels.tolist()[:20]}")
    for name, shape in (("boxes", (4,)), ("confidence", ()), ("keypoints", (keypoints, 3))):
        if name not in arrays or not len(labels):
            continue
        if arrays[name].shape[1:] != shape or not np.isfinite(arrays[name]).all():
            raise ValueError(
                f"`{name}` of detections must be finite, of shape {('N', *shape)}. "
                f"Received: shape {arrays[name].shape}"
            )
    return arrays


def _boxes(corners) -> list[list[float]]:
    first, last = np.split(np.asarray(corners, "float64").reshape(-1, 4), 2, axis=1)
    return np.concatenate([first, last - first], axis=1).tolist()


def _mask(mask) -> dict[str, Any]:
    if not isinstance(mask, Mapping):
        return encode_mask(np.asarray(mask))
    counts = mask["counts"]
    text = counts.decode() if isinstance(counts, bytes) else counts
    return {"size": list(mask["size"]), "counts": text}


def _points(points) -> list[float]:
    """COCO's keypoints are indices of pixels, whose middle is half a pixel further."""
    return (np.asarray(points, "float64") - (0.5, 0.5, 0.0)).ravel().tolist()


_CONVERTERS: Mapping[str, tuple[str, Callable[[Any], list[Any]]]] = {
    "boxes": ("bbox", _boxes),
    "masks": ("segmentation", lambda masks: list(map(_mask, masks))),
    "keypoints": ("keypoints", lambda points: list(map(_points, points))),
}
