"""`keras-nonlocal predict`: classifies video files."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from .arguments import MODEL_HELP, check_image, count
from .loaded import load_for
from .timeline import add_timeline, check_timeline, run_timeline

MODEL = "nl_i3d_small_weizmann"
SAMPLE = Path("keras_nonlocal_sample.mp4")
ATTENTION = Path("keras_nonlocal_sample_attention.png")


def add_parser(commands) -> None:
    parser = commands.add_parser(
        "predict",
        help="classify video files",
        description="Print the most probable classes of video files.",
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="video file, or folder of videos")
    parser.add_argument(
        "--sample",
        action="store_true",
        help=f"classify a sample video, and write it to {SAMPLE} and its attention to {ATTENTION}",
    )
    parser.add_argument(
        "--model", default=MODEL, metavar="MODEL", help=f"{MODEL_HELP} (default: %(default)s)"
    )
    parser.add_argument(
        "--top", type=count, default=5, metavar="K", help="number of classes to print (default: 5)"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument(
        "--explain",
        metavar="OUT.png",
        type=Path,
        help="draw which parts of the clip one of its positions attends to; with several videos, "
        "the files are numbered OUT_1.png, OUT_2.png, ...",
    )
    add_timeline(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Runs `predict`; the status is 1 if a file cannot be read, or an attention drawn."""
    from ..data.find_files import find_videos
    from ..video.samples import sample_video

    if arguments.sample == bool(arguments.paths):
        raise ValueError("Name at least one video or folder, or use --sample. See --help.")
    if arguments.sample:
        sample_video.write_sample(SAMPLE)
        arguments.paths, arguments.explain = [SAMPLE], arguments.explain or ATTENTION
    if arguments.explain:
        check_image(arguments.explain)
    check_timeline(arguments)
    if arguments.timeline:
        return run_timeline(arguments)
    videos = find_videos(arguments.paths)
    classifier = load_for("video_classification", arguments.model)
    results, failed = [], 0
    for index, path in enumerate(videos):
        try:
            probabilities = classifier.predict(path)
        except (ValueError, OSError) as error:
            print(error, file=sys.stderr)
            failed += 1
            continue
        rows = [{"label": name, "probability": value} for name, value in probabilities.items()]
        results.append({"path": str(path), "top": rows[: arguments.top]})
        if not arguments.json:
            _print_result(results[-1])
        if plot := arguments.explain:
            if len(videos) > 1:
                plot = plot.with_name(f"{plot.stem}_{index + 1}{plot.suffix}")
            try:
                _explain(classifier, path, plot)
            except (ValueError, OSError) as error:
                print(f"{plot} is not drawn: {error}", file=sys.stderr)
                failed += 1
    if arguments.json:
        print(json.dumps({"results": results}, indent=2))
    return 1 if failed else 0


def _print_result(result) -> None:
    print(result["path"])
    for row in result["top"]:
        bar = "#" * round(30 * row["probability"])
        print(f"  {row['label']:<24}{row['probability']:>7.3f}  {bar}")


def _explain(classifier, path, plot: Path) -> None:
    from ..explain.plot import draw_attention
    from ..explain.positions import top_positions

    clips = classifier.read(path)
    clip = clips[len(clips) // 2]
    found = top_positions(
        classifier.model, classifier.preprocess(clip[None]), queries="motion", other_frames=True
    )
    draw_attention(classifier.seen(clip), found, plot, title=f"{found.block}: {Path(path).name}")
    print(f"The attention of one position is drawn in {plot}", file=sys.stderr)
