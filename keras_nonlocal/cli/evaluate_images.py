"""What `keras-nonlocal evaluate` does with networks of images."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from .arguments import given, listed

_VIDEO_OPTIONS = ("num_clips", "num_crops", "short_side", "out")


def evaluate_masks(arguments: argparse.Namespace, segmenter: Any) -> int:
    """Prints the mean IoU of a network for segmentation, and the IoU of each class."""
    from ..data.error_log import ErrorLog
    from ..images.layouts import read_mask_set
    from ..tasks.segmentation.evaluation import evaluate_segmentation

    _check_options(arguments, "labels images")
    masks = read_mask_set(arguments.data, split=arguments.split)
    _check_classes(arguments, masks.class_names, segmenter.class_names)
    scores = evaluate_segmentation(
        segmenter.model,
        masks,
        segmenter.image,
        on_error=arguments.on_error,
        error_log=ErrorLog(arguments.error_log),
        progress=True,
    )
    iou = dict(zip(scores.class_names, map(float, scores.iou), strict=True))
    if arguments.json:
        _print_json({"images": scores.images, **scores.summary(), "iou": iou})
        return 0
    _print_page(scores.images, scores.summary())
    _print_classes("IoU of each class", iou)
    return 0


def evaluate_objects(arguments: argparse.Namespace, detector: Any) -> int:
    """Prints COCO's average precision of a network for detection, and that of each class."""
    from ..data.error_log import ErrorLog
    from ..images.object_layouts import read_object_set
    from ..tasks.detection.evaluation import evaluate_detection, with_tolerances

    _check_options(arguments, "detects objects")
    objects = read_object_set(
        arguments.data, split=arguments.split, keypoints=bool(detector.keypoint_names)
    )
    _check_classes(arguments, objects.class_names, detector.class_names)
    scores = evaluate_detection(
        detector.detector,
        with_tolerances(objects, detector.keypoint_tolerance),
        detector.image,
        on_error=arguments.on_error,
        error_log=ErrorLog(arguments.error_log),
        progress=True,
    )
    if arguments.json:
        per_class = {kind: dict(values) for kind, values in scores.class_ap.items()}
        _print_json({"images": scores.images, **scores.summary(), "class_ap": per_class})
        return 0
    _print_page(scores.images, scores.summary())
    for kind, values in scores.class_ap.items():
        _print_classes(f"AP of {kind} of each class", values)
    return 0


def _check_options(arguments: argparse.Namespace, does: str) -> None:
    options = given(arguments, *_VIDEO_OPTIONS)
    if options or arguments.fully_convolutional or arguments.shard != (0, 1):
        raise ValueError(
            f"{arguments.model!r} {does}: of the options only --data, --split, --on-error, "
            "--error-log and --json apply to it."
        )


def _check_classes(
    arguments: argparse.Namespace, found: Sequence[str], expected: Sequence[str]
) -> None:
    if tuple(found) != tuple(expected):
        raise ValueError(
            f"{arguments.data!r} must have the classes of {arguments.model!r} in the same order: "
            f"{listed(expected)}. Received: {listed(found)}"
        )


def _print_json(values: Mapping[str, Any]) -> None:
    """Numbers that are not defined, as those of classes that are absent, are null."""

    def defined(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: defined(each) for name, each in value.items()}
        return None if isinstance(value, float) and math.isnan(value) else value

    print(json.dumps(defined(values), indent=2))


def _print_page(images: int, summary: Mapping[str, float]) -> None:
    print(f"{images} images")
    for name, value in summary.items():
        print(f"  {name.replace('_', ' '):<24}{value:>8.1%}")


def _print_classes(title: str, values: Mapping[str, float]) -> None:
    print(title)
    for name, value in values.items():
        print(f"  {name:<24}{'absent' if math.isnan(value) else f'{value:.1%}':>8}")
