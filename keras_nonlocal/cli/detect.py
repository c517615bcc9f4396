"""`keras-nonlocal detect`: finds the objects of images and videos, and draws them."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

from .image_files import (
    Result,
    add_files,
    add_model,
    draw_video,
    find_files,
    for_each,
    is_video,
    write_picture,
)
from .loaded import load_for

_MODEL = "mask_rcnn_small_objects"
SAMPLE, SAMPLE_SEED = Path("keras_nonlocal_objects.png"), 100_011


def add_parser(commands) -> None:
    parser = commands.add_parser(
        "detect",
        help="find the objects of images and videos",
        description="Find the objects of images and videos: their boxes, classes, and masks or "
        "keypoints. For each file, write a picture or a video with what was found.",
    )
    add_files(parser)
    add = parser.add_argument
    add("--sample", action="store_true", help=f"use a rendered image, written to {SAMPLE}")
    add_model(parser, _MODEL)
    add(
        "--min-score",
        type=float,
        default=0.5,
        metavar="SCORE",
        help="leave out objects of a lower score, from 0 to 1 (default: %(default)s)",
    )
    add(
        "--json",
        metavar="OUT.json",
        type=Path,
        help="also write what was found in the images as COCO's file of results, which numbers "
        "them from 1 in the order in which they are read",
    )
    add(
        "--explain",
        action="store_true",
        help="also draw what a position attends to within the most certain object of an image; "
        "needs a network with blocks in its head",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Runs `detect`; the status is 1 if a file cannot be read."""
    if arguments.sample == bool(arguments.paths):
        raise ValueError("Name at least one image or video, or use --sample. See --help.")
    if not 0 <= arguments.min_score <= 1:
        raise ValueError(f"--min-score must be from 0 to 1. Received: {arguments.min_score}")
    if arguments.sample:
        write_picture(SAMPLE, _sample())
        arguments.paths = [SAMPLE]
    files = find_files(arguments.paths, arguments.out)
    detector = load_for("detection", arguments.model)

    def detect(path: Path) -> Result:
        if is_video(path):
            return _video(detector, path, arguments.out, arguments.min_score)
        if arguments.explain:
            draw_block(detector, path, arguments.out / f"{path.stem}_attention.png")
        return _image(detector, path, arguments.out, arguments.min_score)

    results, status = for_each(files, detect, _print_result)
    if arguments.json:
        _write_json(arguments.json, detector, [each for each in results if "found" in each])
    return status


def _sample() -> Any:
    """Draws objects that the network has not seen, at twice their size, so that names fit."""
    import numpy as np
    from PIL import Image

    from ..images.samples.objects import objects_image

    image = Image.fromarray(objects_image(SAMPLE_SEED, (160, 240))[0])
    return np.asarray(image.resize((480, 320), Image.Resampling.BICUBIC))


def _image(detector: Any, path: Path, out: Path, min_score: float) -> Result:
    from ..images.read_images import read_image

    pixels = read_image(path)
    found = detector.detector(pixels, min_score=min_score)
    drawing = out / f"{path.stem}_objects.png"
    write_picture(drawing, _drawn(detector, pixels, found))
    return {
        "path": path,
        "drawing": drawing,
        "size": pixels.shape[:2],
        "found": _small(found),
        "counts": _counts(detector, found),
        "per": "",
    }


def draw_block(detector: Any, path: Path, picture: Path) -> None:
    """Draws what a block in the head of a network attends to within the most certain object."""
    from ..explain.region_picture import draw_region_attention
    from ..explain.regions import region_attention
    from ..images.read_images import read_image

    inputs = detector.image.inputs([read_image(path)])
    found = region_attention(detector.model, inputs)
    draw_region_attention(
        detector.image.pixels(inputs["images"][0]),
        found,
        picture,
        skeleton=detector.skeleton,
        keypoint_names=detector.keypoint_names,
        title=f"{found.block}: {path.name}",
    )


def _video(detector: Any, path: Path, out: Path, min_score: float) -> Result:
    drawing, counts, frames = out / f"{path.stem}_objects.mp4", Counter[str](), [0]

    def drawn(pixels):
        found = detector.detector(pixels, min_score=min_score)
        counts.update(_counts(detector, found))
        frames[0] += 1
        return _drawn(detector, pixels, found)

    draw_video(path, drawing, drawn)
    per_frame = {name: count / max(frames[0], 1) for name, count in counts.most_common()}
    return {"path": path, "drawing": drawing, "counts": per_frame, "per": " per frame"}


def _drawn(detector: Any, pixels: Any, found: Result) -> Any:
    from ..images.object_overlay import draw_objects

    return draw_objects(pixels, found, detector.class_names, skeleton=detector.skeleton)


def _counts(detector: Any, found: Result) -> Counter[str]:
    return Counter(detector.class_names[label] for label in found["labels"])


def _small(found: Result) -> Result:
    """Keeps masks as run lengths, which take little memory."""
    from ..utils.run_lengths import encode_mask

    if "masks" not in found:
        return found
    return {**found, "masks": [encode_mask(mask) for mask in found["masks"]]}


def _write_json(path: Path, detector: Any, results: list[Result]) -> None:
    from ..images.objects import ObjectImage, ObjectSet
    from ..metrics.coco_results import write_coco_json

    names = detector.class_names
    images = tuple(
        ObjectImage(str(each["path"]), each["size"][0], each["size"][1], number)
        for number, each in enumerate(results, 1)
    )
    objects = ObjectSet(
        images,
        ((),) * len(images),
        names,
        tuple(range(1, len(names) + 1)),
        keypoint_names=detector.keypoint_names,
    )
    write_coco_json(path, objects, [each["found"] for each in results])


def _print_result(result: Result) -> None:
    print(f"{result['path']} -> {result['drawing']}")
    for name, count in result["counts"].items():
        print(f"  {name:<24}{count:>7.3g}{result['per']}")
