"""`keras-nonlocal segment`: labels each pixel of images and videos."""

from __future__ import annotations

import argparse
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

_MODEL = "nl_fcn_small_scenes"
SAMPLE, SAMPLE_SEED = Path("keras_nonlocal_scene.png"), 7


def add_parser(commands) -> None:
    parser = commands.add_parser(
        "segment",
        help="label each pixel of images and videos",
        description="Label each pixel of images and videos. For each file, write a picture of the "
        "labels over the image with a legend, and for images also a PNG file of the labels.",
    )
    add_files(parser)
    add = parser.add_argument
    add("--sample", action="store_true", help=f"segment a rendered scene, written to {SAMPLE}")
    add_model(parser, _MODEL)
    add("--json", action="store_true", help="print the share of each class as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Runs `segment`; the status is 1 if a file cannot be read."""
    from ..images.samples.scenes import scene

    if arguments.sample == bool(arguments.paths):
        raise ValueError("Name at least one image or video, or use --sample. See --help.")
    if arguments.sample:
        write_picture(SAMPLE, scene(SAMPLE_SEED, (240, 320))[0])
        arguments.paths = [SAMPLE]
    files = find_files(arguments.paths, arguments.out)
    segmenter = load_for("segmentation", arguments.model)

    def label(path: Path) -> Result:
        return (_video if is_video(path) else _image)(segmenter, path, arguments.out)

    _, status = for_each(files, label, None if arguments.json else _print_result)
    return status


def _image(segmenter: Any, path: Path, out: Path) -> Result:
    from ..images.overlay import areas, draw_labels, write_labels
    from ..images.read_images import read_image

    pixels = read_image(path)
    labels = segmenter.predict(pixels)
    overlay, numbers = out / f"{path.stem}_overlay.png", out / f"{path.stem}_labels.png"
    write_picture(overlay, draw_labels(pixels, labels, segmenter.class_names, segmenter.palette))
    write_labels(numbers, labels, segmenter.palette)
    shares = areas(labels, segmenter.class_names)
    return {"path": str(path), "areas": shares, "overlay": str(overlay), "labels": str(numbers)}


def _video(segmenter: Any, path: Path, out: Path) -> Result:
    import numpy as np

    from ..images.overlay import draw_labels

    names, colors = segmenter.class_names, segmenter.palette
    counts = np.zeros(256, "int64")

    def drawn(pixels: np.ndarray) -> np.ndarray:
        labels = segmenter.predict(pixels)
        counts[:] += np.bincount(labels.ravel(), minlength=256)
        return draw_labels(pixels, labels, names, colors, legend=False)

    overlay = out / f"{path.stem}_overlay.mp4"
    draw_video(path, overlay, drawn)
    order = np.argsort(-counts[: len(names)], kind="stable")
    shares = {names[i]: float(counts[i] / counts.sum()) for i in order if counts[i]}
    return {"path": str(path), "areas": shares, "overlay": str(overlay)}


def _print_result(result: Result) -> None:
    print(f"{result['path']} -> {result['overlay']}")
    for name, share in result["areas"].items():
        print(f"  {name:<24}{share:>7.1%}  {'#' * round(30 * share)}")
