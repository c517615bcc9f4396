"""`keras-nonlocal predict --timeline`: what happens when in a long video or before a camera."""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .arguments import check_image, count, given
from .loaded import load_for

_WITH_TIMELINE = ("every", "smoothing", "threshold", "least_seconds", "csv", "png")
_PICTURES = 10  # over the drawing


def add_timeline(parser: argparse.ArgumentParser) -> None:
    """Adds the options of a timeline to `predict`."""
    group = parser.add_argument_group("over time")
    add = group.add_argument
    add(
        "--timeline",
        action="store_true",
        help="classify a long video window by window, and print its segments; PATH may also be an "
        "address such as rtsp://camera/1, a camera such as /dev/video0, or - for standard input",
    )
    add(
        "--every",
        type=float,
        metavar="SECONDS",
        help="begin a window so often (default: half its length)",
    )
    add("--smoothing", type=count, metavar="N", help="average N windows, an odd number (default 3)")
    add("--threshold", type=float, metavar="P", help="the least probability (default: 0.5)")
    add("--least-seconds", type=float, metavar="SECONDS", help="the shortest segment (default: 0)")
    add("--csv", type=Path, metavar="OUT.csv", help="write the segments as a table")
    add("--png", type=Path, metavar="OUT.png", help="draw the segments and the probabilities")


def check_timeline(arguments: argparse.Namespace) -> None:
    """Raises for options that need `--timeline`, or that it does not take."""
    options = given(arguments, *_WITH_TIMELINE)
    if options and not arguments.timeline:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in options)
        raise ValueError(f"Add --timeline. It is missing for: {names}")
    if arguments.timeline and arguments.explain and not arguments.sample:
        raise ValueError("--explain draws one clip. Leave it out with --timeline.")
    if arguments.timeline and len(arguments.paths) != 1:
        raise ValueError(
            f"--timeline takes one video. Received: {len(arguments.paths)}, {arguments.paths[:5]}"
        )
    if arguments.png:
        check_image(arguments.png)
    if arguments.csv and not os.access(arguments.csv.parent, os.W_OK):
        raise ValueError(f"{str(arguments.csv)!r} cannot be written. Choose another folder.")


def run_timeline(arguments: argparse.Namespace) -> int:
    """Runs `predict --timeline`; the status is 1 if the video could not be read to its end.

    Ctrl-C ends a camera. What was seen before it, or before a damaged part, is still written.
    """
    from ..tasks.video_classification.timeline import (
        check_segmenting,
        classify_over_time,
        segments,
    )
    from ..video.decoding.live import is_live

    options = given(arguments, "smoothing", "threshold", "least_seconds")
    check_segmenting(**options)
    (path,) = arguments.paths
    live = is_live(str(path))
    classifier = load_for("video_classification", arguments.model)
    found: list[Any] = []
    status = 0
    answers = classify_over_time(
        classifier, path, **given(arguments, "every"), progress=not (live or arguments.json)
    )
    try:
        for answer in answers:
            found.append(answer)
            if arguments.json or live:
                _print_answer(answer, classifier.named(answer.probabilities), arguments)
    except (KeyboardInterrupt, ValueError, OSError) as error:
        stopped = isinstance(error, KeyboardInterrupt)
        if not found or (stopped and not live):
            raise
        if not stopped:
            print(error, file=sys.stderr)
            status = 1
    if not found:
        raise ValueError(f"{str(path)!r} ended before a frame came.")
    parts = segments(found, classifier.class_names, **options)
    if arguments.json:
        print(json.dumps({"segments": [vars(part) for part in parts]}))
    else:
        _print_segments(path, parts)
    if dropped := found[-1].dropped:
        print(
            f"{dropped} frames were dropped, as the network is slower than the camera",
            file=sys.stderr,
        )
    if arguments.csv:
        _write_csv(arguments.csv, parts)
    if arguments.png:
        from ..report.timeline import draw_timeline

        draw_timeline(
            arguments.png,
            [((each.start + each.end) / 2, each.probabilities) for each in found],
            [(part.start, part.end, part.label) for part in parts],
            classifier.class_names,
            pictures=[] if live else _pictures(path, found[-1].end),
        )
    return status


def _print_answer(answer: Any, named: dict[str, float], arguments: argparse.Namespace) -> None:
    top = list(named.items())[: arguments.top]
    if arguments.json:
        rows = [{"label": name, "probability": value} for name, value in top]
        times = {"start": round(answer.start, 6), "end": round(answer.end, 6)}
        line = json.dumps({**times, "top": rows})
    else:
        (label, probability), *_ = top
        line = f"  {answer.start:>8.1f} - {answer.end:>8.1f} s  {label:<24}{probability:>7.3f}"
    print(line, flush=True)


def _print_segments(path: Path, parts: Sequence[Any]) -> None:
    print(path)
    for part in parts:
        label, bar = part.label or "(not sure)", "#" * round(30 * part.score)
        print(f"  {part.start:>8.1f} - {part.end:>8.1f} s  {label:<24}{part.score:>7.3f}  {bar}")


def _write_csv(path: Path, parts: Sequence[Any]) -> None:
    from ..utils.atomic_files import replacing

    with replacing(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["start", "end", "label", "score"])
        for part in parts:
            times = round(part.start, 3), round(part.end, 3)
            writer.writerow([*times, part.label or "", round(part.score, 6)])


def _pictures(path: Path, seconds: float) -> list[Any]:
    """Reads a few frames that are spread over a video, with their times."""
    import numpy as np

    from ..video.decoding.frame_transform import ResizeCrop
    from ..video.decoding.open_video import Video
    from ..video.sampling.by_time import MICROSECONDS

    moments = seconds * (np.arange(_PICTURES) + 0.5) / _PICTURES
    with Video(path, on_error="previous_frame") as video:
        times = video.index.times
        indices = np.searchsorted(times, moments * MICROSECONDS).clip(max=len(times) - 1)
        frames = video.read(indices.tolist(), ResizeCrop(short_side=96))
    return list(zip(moments.tolist(), frames, strict=True))
