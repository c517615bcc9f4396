"""`keras-nonlocal explain`: shows where the blocks of a network look, and whether they work."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from .arguments import MODEL_HELP, count
from .loaded import load_for

_MODEL = "nl_i3d_small_weizmann"
_PAGE = Path("keras_nonlocal_explain.html")


def add_parser(commands) -> None:
    parser = commands.add_parser(
        "explain",
        help="show where the blocks of a network look, and whether they work",
        description="Write a page on which a click on a position of a video shows where it looks. "
        "It is one HTML file that fetches nothing.",
    )
    add = parser.add_argument
    add("paths", nargs="+", metavar="VIDEO", help="video file; with --health several, or folders")
    add("--model", default=_MODEL, metavar="MODEL", help=f"{MODEL_HELP} (default: %(default)s)")
    add(
        "-o",
        "--out",
        metavar="OUT.html",
        type=Path,
        help=f"page to write (default: {_PAGE}, or none with --health)",
    )
    add(
        "--health",
        action="store_true",
        help="print for each block what it adds, how far and how narrowly it looks, and how much "
        "the answers change without it",
    )
    add("--clip", type=count, metavar="N", help="show clip N of the video (default: the middle)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Runs `explain`."""
    from ..data.find_files import find_videos
    from ..explain.health import report

    videos = find_videos(arguments.paths)
    out = arguments.out or (None if arguments.health else _PAGE)
    if out is not None and out.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"The name of the page must end in .html. Received: {out}")
    if out is not None and len(videos) > 1:
        raise ValueError(
            f"A page shows one video. Received: {len(videos)} videos. Use --health alone for these."
        )
    classifier = load_for("video_classification", arguments.model)
    views, number = classifier.clip.views, arguments.clip
    if number is not None and number > views:
        raise ValueError(f"--clip must be from 1 to {views}. Received: {number}")
    single = (clip[None] for path in videos for clip in classifier.read(path))
    batches = (classifier.preprocess(clip) for clip in single)  # thirty views would not fit
    blocks = report(classifier.model, batches, batches=views * len(videos))
    if arguments.health:
        _print_health(blocks)
    if out is not None:
        index = views // 2 if number is None else number - 1
        _write_page(classifier, videos[0], out, blocks, index)
    return 0


def _write_page(classifier: Any, video: Path, out: Path, blocks: Any, index: int) -> None:
    from ..explain.page import write_page

    clips = classifier.read(video)
    best = list(classifier.predict(video).items())[:3]
    name = video.name
    facts: list[tuple[str, object]] = [
        ("video", name),
        ("clip", f"{index + 1} of {len(clips)}"),
        ("network", classifier.model.name),
        ("most probable", ", ".join(f"{label} {100 * value:.0f} %" for label, value in best)),
    ]
    clip = clips[index]
    write_page(
        classifier.model,
        classifier.preprocess(clip[None]),
        classifier.seen(clip),
        out,
        title=f"Where {classifier.model.name} looks in {name}",
        facts=facts,
        health=blocks,
    )
    print(f"The page is {out}", file=sys.stderr)


def _print_health(blocks: Any) -> None:
    from ..explain.health import health_table

    headings, rows = health_table(blocks)
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    for row in (headings, *rows):
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )
