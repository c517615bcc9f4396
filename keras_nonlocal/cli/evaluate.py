"""`keras-nonlocal evaluate`: how often a network is right on videos whose classes are known."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .arguments import INTERRUPTED, count, given, shard

MEGABYTE = 10**6
WORST = 5
SHOWN = 10


def add_parser(commands) -> None:
    parser = commands.add_parser(
        "evaluate",
        help="test a network on videos of known classes",
        description="Test a network on whole videos: many views of each, probabilities averaged.",
    )
    add = parser.add_argument
    add("model", metavar="MODEL", help="a card of `zoo list`, or the folder of a training run")
    add("--data", metavar="SOURCE", required=True, help="a folder of classes, a table, a list")
    add("--root", metavar="DIR", help="where the videos lie, if not beside a list")
    add("--split", metavar="NAME", help="of this split only")
    add("--num-clips", metavar="N", type=count, help="clips a video (as card or recipe say)")
    add("--num-crops", metavar="N", type=count, help="crops a clip (as card or recipe say)")
    add("--fully-convolutional", action="store_true", help="whole frames of any size, no crops")
    add("--short-side", metavar="N", type=count, help="scale frames until their shorter side is N")
    add("-o", "--out", metavar="FOLDER", help="keep the scores here, and go on from those there")
    add(
        "--shard", metavar="I/N", type=shard, default=(0, 1), help="every Nth video from the Ith on"
    )
    add("--memory", metavar="MB", type=count, default=1000, help="for the network (%(default)s)")
    add(
        "--on-error",
        choices=("raise", "skip"),
        default="raise",
        help="what to do about videos that cannot be read (%(default)s)",
    )
    add("--error-log", metavar="OUT.jsonl", help="where such videos are listed")
    add("--json", action="store_true", help="print JSON and nothing else")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Test and print; what was scored is kept if a folder for it was named."""
    from ..metrics.metrics import summary
    from ..tasks.video_classification.evaluator import Evaluator
    from ..zoo.loading import load

    tested: Any = load(arguments.model)
    evaluator = Evaluator(
        replace(tested.clip, **given(arguments, "num_clips", "num_crops", "short_side")),
        fully_convolutional=arguments.fully_convolutional,
        memory=arguments.memory * MEGABYTE,
        on_error=arguments.on_error,
        error_log=arguments.error_log,
    )
    videos = _labeled(arguments, tested.class_names)
    try:
        scores = evaluator.evaluate(
            tested.model, videos, folder=arguments.out, shard=arguments.shard
        )
    except KeyboardInterrupt:
        kept = f"{arguments.out} has what was scored" if arguments.out else "nothing was written"
        print(f"\nInterrupted: {kept}.", file=sys.stderr)
        return INTERRUPTED
    figures = summary(scores)
    if arguments.json:
        print(json.dumps({"videos": len(scores), **figures}, indent=2))
    else:
        _print_figures(figures, f"{len(scores)} videos, {evaluator.views} views each")
        _print_worst(scores)
    return 0


def _labeled(arguments: argparse.Namespace, class_names: tuple[str, ...]) -> Any:
    """The videos, with the numbers that their classes have in the network."""
    from ..data.sources.read import read_source

    videos = read_source(arguments.data, split=arguments.split, root=arguments.root)
    found = {videos.class_names[label] for entry in videos for label in entry.labels}
    unknown = sorted(found - set(class_names))
    if unknown and not all(name.isdigit() for name in found):
        raise ValueError(
            f"{arguments.data!r} has classes that {arguments.model!r} does not know: "
            f"{_some(unknown)}. It knows {_some(class_names)}. Name classes as the network does, "
            "leave those videos out by a list of the others, or test a network trained on them."
        )
    return read_source(videos, class_names=class_names) if found else videos


def _print_figures(figures: Mapping[str, Any], of: str) -> None:
    print(of)
    for name, value in figures.items():
        if f"{name}_interval" in figures:
            low, high = figures[f"{name}_interval"]
            title = name.replace("_", " ").replace("top", "top-")
            print(f"  {title:<24}{value:>8.1%}   {low:.1%} .. {high:.1%}")


def _print_worst(scores: Any) -> None:
    """The classes that are recognized least, if not all are recognized always."""
    from ..metrics.metrics import average_precisions, per_class_accuracy

    if scores.multi_label:
        what, values = "average precision", average_precisions(scores)
    else:
        what, values = "accuracy", per_class_accuracy(scores)
    worst = [label for label in values.argsort(kind="stable")[:WORST] if values[label] < 1]
    if worst:
        print(f"worst classes by {what}")
    for label in worst:
        print(f"  {scores.class_names[label]:<24}{values[label]:>8.1%}")


def _some(names: Sequence[str]) -> str:
    more = f", ... {len(names)} in all" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
