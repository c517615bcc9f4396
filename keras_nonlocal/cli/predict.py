"""`keras-nonlocal predict`: what is seen in video files."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from .arguments import count

MODEL = "nl_i3d_small_weizmann"
SAMPLE = Path("keras_nonlocal_sample.mp4")
PICTURE = Path("keras_nonlocal_sample_attention.png")


def add_parser(commands) -> None:
    parser = commands.add_parser(
        "predict",
        help="classify video files",
        description="Classify video files with a trained non-local network.",
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="video files, or folders of them")
    parser.add_argument(
        "--sample",
        action="store_true",
        help=f"classify a rendered clip; writes {SAMPLE} and the picture {PICTURE} here",
    )
    parser.add_argument(
        "--model",
        default=MODEL,
        metavar="MODEL",
        help=f"a card of `zoo list`, or the folder of a training run ({MODEL})",
    )
    parser.add_argument("--top", type=count, default=5, metavar="K", help="classes a video (5)")
    parser.add_argument("--json", action="store_true", help="print JSON and nothing else")
    parser.add_argument(
        "--explain",
        metavar="OUT.png",
        type=Path,
        help="draw what a position of the clip attends to; several videos get numbered pictures",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Classify, print, draw; 0 if every file could be read."""
    from ..data.find_files import find_videos
    from ..video.samples import sample_video
    from ..zoo.loading import load

    if arguments.sample == bool(arguments.paths):
        raise ValueError("Name one or more videos or folders, or give --sample. See --help.")
    if arguments.sample:
        sample_video.write_sample(SAMPLE)
        arguments.paths, arguments.explain = [SAMPLE], arguments.explain or PICTURE
    videos = find_videos(arguments.paths)
    classifier = load(arguments.model)
    results, failed = [], 0
    for index, path in enumerate(videos):
        try:
            scores = classifier.predict(path)
        except (ValueError, OSError) as error:
            print(error, file=sys.stderr)
            failed += 1
            continue
        top = [{"label": name, "probability": score} for name, score in scores.items()]
        results.append({"path": str(path), "top": top[: arguments.top]})
        if not arguments.json:
            _print_result(results[-1])
        if arguments.explain:
            _explain(classifier, path, _numbered(arguments.explain, index, len(videos)))
    if arguments.json:
        print(json.dumps({"results": results}, indent=2))
    return 1 if failed else 0


def _print_result(result) -> None:
    print(result["path"])
    for row in result["top"]:
        bar = "#" * round(30 * row["probability"])
        print(f"  {row['label']:<24}{row['probability']:>7.3f}  {bar}")


def _explain(classifier, path, picture: Path) -> None:
    from ..explain.attention import attend_to
    from ..explain.plot import draw_attention

    clips = classifier.read(path)
    clip = clips[len(clips) // 2]
    attention = attend_to(classifier.model, classifier.preprocess(clip[None])[0])
    draw_attention(
        classifier.seen(clip), attention, picture, title=f"{attention.block}: {Path(path).name}"
    )
    print(f"what one position attends to: {picture}", file=sys.stderr)


def _numbered(picture: Path, index: int, count: int) -> Path:
    if count == 1:
        return picture
    return picture.with_name(f"{picture.stem}_{index + 1}{picture.suffix}")
