"""`keras-nonlocal evaluate`: measures the accuracy of a model on labeled videos."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
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
    shard,
)

MEGABYTE = 10**6
WORST_CLASSES = 5
SHOWN_NAMES = 10


def add_parser(commands) -> None:
    parser = commands.add_parser(
        "evaluate",
        help="measure the accuracy of a model on labeled videos, or images with masks",
        description="Measure the accuracy of a model on labeled videos, or on images with masks. "
        "Each video is cut into several clips and crops, and their probabilities are averaged.",
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
    from ..tasks.segmentation.segmenter import Segmenter
    from ..tasks.video_classification.evaluator import Evaluator
    from ..zoo.loading import load

    classifier: Any = load(arguments.model)
    if isinstance(classifier, Segmenter):
        return _run_on_masks(arguments, classifier)
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


def _run_on_masks(arguments: argparse.Namespace, segmenter: Any) -> int:
    from ..data.error_log import ErrorLog
    from ..images.layouts import read_mask_set
    from ..tasks.segmentation.evaluation import evaluate_segmentation

    options = given(arguments, "num_clips", "num_crops", "short_side", "out")
    if options or arguments.fully_convolutional or arguments.shard != (0, 1):
        raise ValueError(
            f"{arguments.model!r} labels images: of the options only --data, --split, --on-error, "
            "--error-log and --json apply to it."
        )
    masks = read_mask_set(arguments.data, split=arguments.split)
    if masks.class_names != segmenter.class_names:
        raise ValueError(
            f"{arguments.data!r} must have the classes of {arguments.model!r} in the same order: "
            f"{_listed(segmenter.class_names)}. Received: {_listed(masks.class_names)}"
        )
    scores = evaluate_segmentation(
        segmenter.model,
        masks,
        segmenter.image,
        on_error=arguments.on_error,
        error_log=ErrorLog(arguments.error_log),
        progress=True,
    )
    iou: dict[str, float | None] = {
        name: None if value != value else float(value)  # NaN is a class that is absent
        for name, value in zip(scores.class_names, scores.iou, strict=True)
    }
    if arguments.json:
        print(json.dumps({"images": scores.images, **scores.summary(), "iou": iou}, indent=2))
        return 0
    print(f"{scores.images} images")
    for name, value in scores.summary().items():
        print(f"  {name.replace('_', ' '):<24}{value:>8.1%}")
    print("IoU of each class")
    for name, share in iou.items():
        print(f"  {name:<24}{'absent' if share is None else f'{share:.1%}':>8}")
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
            f"{_listed(unknown)}. It knows {_listed(class_names)}. Use the class names of the "
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


def _listed(names: Sequence[str]) -> str:
    more = f", ... ({len(names)} in total)" if len(names) > SHOWN_NAMES else ""
    return ", ".join(names[:SHOWN_NAMES]) + more
