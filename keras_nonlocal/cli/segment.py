"""`keras-nonlocal segment`: labels each pixel of images and videos."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .arguments import MODEL_HELP

_MODEL = "nl_fcn_small_scenes"
SAMPLE, SAMPLE_SEED = Path("keras_nonlocal_scene.png"), 7


def add_parser(commands) -> None:
    parser = commands.add_parser(
        "segment",
        help="label each pixel of images and videos",
        description="Label each pixel of images and videos. For each file, write a picture of the "
        "labels over the image with a legend, and for images also a PNG file of the labels.",
    )
    add = parser.add_argument
    add(
        "paths",
        nargs="*",
        metavar="PATH",
        type=Path,
        help="image or video file, or folder of these",
    )
    add("--sample", action="store_true", help=f"segment a rendered scene, written to {SAMPLE}")
    add("--model", default=_MODEL, metavar="MODEL", help=f"{MODEL_HELP} (default: %(default)s)")
    add(
        "-o",
        "--out",
        default=Path(),
        metavar="DIR",
        type=Path,
        help="folder of the results (default: this folder)",
    )
    add("--json", action="store_true", help="print the share of each class as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Runs `segment`; the status is 1 if a file cannot be read."""
    from PIL import Image

    from ..data.find_files import VIDEO_SUFFIXES
    from ..images.samples.scenes import scene
    from ..tasks.segmentation.segmenter import Segmenter
    from ..utils.atomic_files import replacing
    from ..zoo.loading import load

    if arguments.sample == bool(arguments.paths):
        raise ValueError("Name at least one image or video, or use --sample. See --help.")
    if arguments.sample:
        image, _ = scene(SAMPLE_SEED, (240, 320))
        with replacing(SAMPLE) as partial:
            Image.fromarray(image).save(partial, "PNG")
        arguments.paths = [SAMPLE]
    segmenter = load(arguments.model)
    if not isinstance(segmenter, Segmenter):
        raise ValueError(
            f"--model must be a network for segmentation. Received: {arguments.model!r}, which "
            "classifies videos: use `keras-nonlocal predict`"
        )
    paths = [file for path in arguments.paths for file in _files(path)]
    names = Counter(path.stem for path in paths)
    if twice := [name for name, count in names.items() if count > 1]:
        raise ValueError(f"Files of one name would overwrite each other in --out: {twice[:5]}")
    if arguments.out.exists() and not arguments.out.is_dir():
        raise ValueError(f"--out must be a folder. Received: {str(arguments.out)!r}, a file")
    arguments.out.mkdir(parents=True, exist_ok=True)
    results, failed = [], 0
    for path in paths:
        label = _video if path.suffix.lower() in VIDEO_SUFFIXES - {".gif"} else _image
        try:
            result = label(segmenter, path, arguments.out)
        except (ValueError, OSError) as error:
            print(error, file=sys.stderr)
            failed += 1
            continue
        results.append(result)
        if not arguments.json:
            _print_result(result)
    if arguments.json:
        print(json.dumps({"results": results}, indent=2))
    return 1 if failed else 0


def _files(path: Path) -> list[Path]:
    """The file itself, or the images and videos directly in a folder."""
    from ..data.find_files import VIDEO_SUFFIXES
    from ..images.layouts import IMAGE_SUFFIXES

    if not path.is_dir():
        return [path]
    known = {*IMAGE_SUFFIXES, *VIDEO_SUFFIXES}
    if not (found := sorted(file for file in path.iterdir() if file.suffix.lower() in known)):
        raise ValueError(f"There is no image or video directly in the folder {str(path)!r}.")
    return found


def _image(segmenter: Any, path: Path, out: Path) -> dict[str, Any]:
    from PIL import Image

    from ..images.overlay import areas, draw_labels, write_labels
    from ..images.read_images import read_image
    from ..utils.atomic_files import replacing

    pixels = read_image(path)
    labels = segmenter.predict(pixels)
    overlay, numbers = out / f"{path.stem}_overlay.png", out / f"{path.stem}_labels.png"
    drawn = draw_labels(pixels, labels, segmenter.class_names, segmenter.palette)
    with replacing(overlay) as partial:
        Image.fromarray(drawn).save(partial, "PNG")
    write_labels(numbers, labels, segmenter.palette)
    shares = areas(labels, segmenter.class_names)
    return {"path": str(path), "areas": shares, "overlay": str(overlay), "labels": str(numbers)}


def _video(segmenter: Any, path: Path, out: Path) -> dict[str, Any]:
    import numpy as np

    from ..images.overlay import draw_labels
    from ..utils.progress import progress_bar
    from ..video.decoding.probe import probe
    from ..video.decoding.read import iterate_frames
    from ..video.decoding.write import write_video

    info, classes = probe(path), len(segmenter.class_names)
    counts = np.zeros(256, "int64")

    def drawn() -> Iterator[np.ndarray]:
        with progress_bar(info.frames, shown=True) as bar:
            for _, pixels in iterate_frames(path):
                labels = segmenter.predict(pixels)
                counts[:] += np.bincount(labels.ravel(), minlength=256)
                names, colors = segmenter.class_names, segmenter.palette
                yield draw_labels(pixels, labels, names, colors, legend=False)
                bar.update()

    overlay = out / f"{path.stem}_overlay.mp4"
    write_video(overlay, drawn(), info.fps)
    order = np.argsort(-counts[:classes], kind="stable")
    shares = {segmenter.class_names[i]: float(counts[i] / counts.sum()) for i in order if counts[i]}
    return {"path": str(path), "areas": shares, "overlay": str(overlay)}


def _print_result(result: dict[str, Any]) -> None:
    print(f"{result['path']} -> {result['overlay']}")
    for name, share in result["areas"].items():
        print(f"  {name:<24}{share:>7.1%}  {'#' * round(30 * share)}")
