"""`keras-nonlocal evaluate`: measures the accuracy of a model on labeled videos or images."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .arguments import (
    INTERRUPTED,
    MODEL_HELP,
    add_numbers,
    add_on_error,
    add_source,
    count,
    given,
    listed,
    shard,
)
from .evaluate_images import evaluate_masks, evaluate_objects
from .loaded import task_of

MEGABYTE = 10**6
WORST_CLASSES = 5
# What is done with networks of other tasks than the classification of videos.
_OF_IMAGES = {"detection": evaluate_objects, "segmentation": evaluate_masks}


def add_parser(commands) -> None:
    parser = commands.add_parser(
        "evaluate",
        help="measure the accuracy of a model on labeled videos, or images with masks or objects",
        description="Measure the accuracy of a model on labeled videos, or on images with masks or "
        "objects. Each video is cut into several clips and crops, and their probabilities are "
        "averaged.",
    )
    add = parser.add_argument
    add("model", metavar="MODEL", help=MODEL_HELP)
    add_source(parser, "--data", required=True)
    add_numbers(
        parser,
        ("--num-clips", count, None, "clips of each video (default: the model's)"),
        ("--num-crops", count, None, "crops of each clip (default: the model's)"),
        ("--short-side", count, None, "scale frames to this shorter side (default: the model's)"),
        ("--memory", count, 1000, "megabytes that the model may use for features (default: 1000)"),
    )
    add(
        "--fully-convolutional",
        action="store_true",
        help="evaluate whole frames, of any size, instead of crops",
    )
    add(
        "-o",
        "--out",
        metavar="FOLDER",
        help="folder to save the scores to; scores that are there are not computed again",
    )
    add(
        "--shard",
        metavar="I/N",
        type=shard,
        default=(0, 1),
        help="evaluate one of N shards, such as 0/4: every Nth video, starting with index I",
    )
    add_on_error(parser)
    add("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Runs `evaluate`, and prints the metrics."""
    from ..metrics.metrics import summary
    from ..tasks.video_classification.evaluator import Evaluator
    from ..zoo.loading import load

    classifier: Any = load(arguments.model)
    if (task := task_of(classifier)) in _OF_IMAGES:
        return _OF_IMAGES[task](arguments, classifier)
    evaluator = Evaluator(
        replace(classifier.clip, **given(arguments, "num_clips", "num_crops", "short_side")),
        fully_convolutional=arguments.fully_convolutional,
        memory=arguments.memory * MEGABYTE,
        on_error=arguments.on_error,
        error_log=arguments.error_log,
    )
    videos = _labeled_videos(arguments, classifier.class_names)
    try:
        scores = evaluator.evaluate(
            classifier.model, videos, folder=arguments.out, shard=arguments.shard
        )
    except KeyboardInterrupt:
        saved = "nothing was written."
        if arguments.out:
            saved = f"the scores so far are in {arguments.out}. Run the same command to resume."
        print(f"\nInterrupted: {saved}", file=sys.stderr)
        return INTERRUPTED
    metrics = summary(scores)
    if arguments.json:
        print(json.dumps({"videos": len(scores), **metrics}, indent=2))
    else:
        print(f"{len(scores)} videos, {evaluator.views} views each")
        _print_metrics(metrics)
        _print_worst_classes(scores)
    return 0


def _labeled_videos(arguments: argparse.Namespace, class_names: tuple[str, ...]) -> Any:
    """The videos, with the class indices of the model as labels."""
    from ..data.sources.read import read_source
    from ..video.shards.evaluation import read_videos

    videos = read_videos(arguments.data, split=arguments.split, root=arguments.root)
    labels = {videos.class_names[label] for entry in videos for label in entry.labels}
    unknown = sorted(labels - set(class_names))
    if unknown and not all(name.isdigit() for name in labels):
        raise ValueError(
            f"{arguments.data!r} has classes that {arguments.model!r} does not know: "
            f"{listed(unknown)}. It knows {listed(class_names)}. Use the class names of the "
            "model, leave these videos out, or evaluate a model that was trained on them."
        )
    return read_source(videos, class_names=class_names) if labels else videos


def _print_metrics(metrics: Mapping[str, Any]) -> None:
    for name, value in metrics.items():
        if f"{name}_interval" in metrics:
            low, high = metrics[f"{name}_interval"]
            title = name.replace("_", " ").replace("top", "top-")
            print(f"  {title:<24}{value:>8.1%}   {low:.1%} .. {high:.1%}")


def _print_worst_classes(scores: Any) -> None:
    from ..metrics.metrics import average_precisions, per_class_accuracy

    if scores.multi_label:
        metric, values = "average precision", average_precisions(scores)
    else:
        metric, values = "accuracy", per_class_accuracy(scores)
    worst = [index for index in values.argsort(kind="stable")[:WORST_CLASSES] if values[index] < 1]
    if worst:
        print(f"classes of lowest {metric}")
    for index in worst:
        print(f"  {scores.class_names[index]:<24}{values[index]:>8.1%}")
