"""`keras-nonlocal train`: trains a network by a recipe, in a folder from which it can resume."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..utils.entries import recipe_names
from .arguments import INTERRUPTED, add_numbers

_STRATEGIES = ("one", "mirrored", "multiworker")
# Arguments of `keras_nonlocal.tasks.train` that are options of the command.
OPTIONS = (
    "split",
    "validation",
    "validation_subset",
    "checkpoint_every_n_steps",
    "deterministic",
    "tensorboard",
    "service",
    "num_parallel_calls",
)


def add_parser(commands) -> None:
    parser = commands.add_parser(
        "train",
        help="train a network by a recipe",
        description="Train a network by a recipe. Run the same command again to resume a training "
        "run that was interrupted.",
        epilog=f"Recipes of the package: {', '.join(recipe_names())}.",
    )
    add = parser.add_argument
    add("recipe", metavar="RECIPE", help="name of a recipe of the package, or path of a JSON file")
    add(
        "--data",
        metavar="SOURCE",
        required=True,
        help="training data: a folder with one subfolder for each class, a list of videos, or a "
        "folder of shards; for segmentation a folder of images and masks; for detection a folder "
        "or a JSON file of images with objects",
    )
    add("--split", metavar="NAME", help="train only on this split of --data (default: all)")
    add(
        "--validation",
        metavar="SOURCE",
        help="validation data: the network is evaluated on it after each epoch",
    )
    add(
        "--validation-subset",
        metavar="NAME",
        help="split to evaluate on, of --validation, or of --data if --validation is not given",
    )
    add("-o", "--out", metavar="RUN", type=Path, help="folder of the run (default: runs/RECIPE)")
    add(
        "--set",
        metavar="FIELD=VALUE",
        dest="changes",
        action="append",
        default=[],
        help="change a field of the recipe, such as batch_size=8; may be given several times",
    )
    add(
        "--dry-run",
        action="store_true",
        help="print the steps, memory and time that the run needs, and do not train",
    )
    add(
        "--strategy",
        choices=_STRATEGIES,
        default="one",
        help="train on one device, on all GPUs of this machine (mirrored), or on several machines "
        "(multiworker) (default: one)",
    )
    add_numbers(
        parser,
        ("--checkpoint-every-n-steps", int, None, "also save a checkpoint every N steps"),
        ("--num-parallel-calls", int, None, "videos decoded in parallel (default: one per core)"),
    )
    add(
        "--deterministic",
        action="store_true",
        help="give exactly the same result in each run on the same machine",
    )
    add("--tensorboard", action="store_true", help="write logs for TensorBoard")
    add("--service", metavar="ADDRESS", help="address of a tf.data service that reads shards")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Runs `train`."""
    from ..tasks.recipes import find_recipe
    from ..tasks.train import plan_training, train
    from ..training.distributed.strategies import strategy_for
    from ..training.recipe_files import change_recipe
    from ..training.run_folder import CHECKPOINT

    # Several workers must be connected before TensorFlow makes its first tensor.
    strategy = strategy_for(arguments.strategy)
    recipe = change_recipe(find_recipe(arguments.recipe), _changes(arguments.changes))
    if arguments.dry_run:
        print(plan_training(recipe, arguments.data, split=arguments.split))
        return 0
    folder = arguments.out or Path("runs") / Path(arguments.recipe).stem
    options = {name: getattr(arguments, name) for name in OPTIONS}
    try:
        trained = train(recipe, arguments.data, folder, strategy=strategy, **options)
    except KeyboardInterrupt:
        has_checkpoint = (folder / CHECKPOINT).exists()
        saved = "run the same command to resume from the last checkpoint"
        saved = saved if has_checkpoint else "nothing was saved"
        print(f"\nInterrupted {folder}: {saved}.", file=sys.stderr)
        return INTERRUPTED
    print(f"{folder}: {len(trained.class_names)} classes, {len(trained.history)} epochs")
    return 0


def _changes(texts: list[str]) -> dict[str, str]:
    """The value of each field in `FIELD=VALUE`."""
    for text in texts:
        if "=" not in text:
            raise ValueError(f"--set needs FIELD=VALUE, such as batch_size=8. Received: {text!r}")
    return dict(text.split("=", 1) for text in texts)
