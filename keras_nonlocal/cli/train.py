"""`keras-nonlocal train`: a recipe and videos make a network, in a folder to go on from."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..pretrained.entries import recipe_names
from .arguments import INTERRUPTED

STRATEGIES = ("one", "mirrored", "multiworker")
# Of `train`, by the names of its arguments.
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
        help="train a classifier",
        description="Train a video classifier by a recipe. The same command goes on with a run "
        "that was stopped.",
        epilog=f"Recipes that come along: {', '.join(recipe_names())}.",
    )
    add = parser.add_argument
    add("recipe", metavar="RECIPE", help="the name of a recipe that comes along, or a JSON file")
    add("--data", metavar="SOURCE", required=True, help="a folder of classes, a table, shards, ...")
    add("--split", metavar="NAME", help="train on the videos of this split only")
    add("--validation", metavar="SOURCE", help="videos to test on after each epoch")
    add("--validation-subset", metavar="NAME", help="the split of them, or of SOURCE, to test on")
    add("-o", "--out", metavar="RUN", type=Path, help="the folder of the run (runs/RECIPE)")
    add(
        "--set",
        metavar="FIELD=VALUE",
        dest="changes",
        action="append",
        default=[],
        help="another value for a field of the recipe, such as batch_size=8; may be repeated",
    )
    add("--dry-run", action="store_true", help="tell what the run would take, and stop")
    add("--strategy", choices=STRATEGIES, default="one", help="over which devices (one)")
    add(
        "--checkpoint-every-n-steps",
        metavar="STEPS",
        type=int,
        help="besides one at each epoch's end",
    )
    add("--deterministic", action="store_true", help="the same bits each time, on the same machine")
    add("--tensorboard", action="store_true", help="write logs for TensorBoard")
    add("--service", metavar="ADDRESS", help="a tf.data service that reads shards")
    add("--num-parallel-calls", metavar="N", type=int, help="videos decoded at once (one a core)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Train with a progress bar, or print the plan."""
    from ..tasks.recipes import find_recipe
    from ..tasks.train import plan_training, train
    from ..training.distributed.strategies import strategy_for
    from ..training.recipe_files import change_recipe
    from ..training.run_folder import CHECKPOINT

    strategy = strategy_for(arguments.strategy)  # before anything of TensorFlow is made
    recipe = change_recipe(find_recipe(arguments.recipe), _pairs(arguments.changes))
    if arguments.dry_run:
        print(plan_training(recipe, arguments.data, split=arguments.split))
        return 0
    folder = arguments.out or Path("runs") / Path(arguments.recipe).stem
    options = {name: getattr(arguments, name) for name in OPTIONS}
    try:
        trained = train(recipe, arguments.data, folder, strategy=strategy, **options)
    except KeyboardInterrupt:
        kept = "the same command goes on from its last checkpoint"
        there = (folder / CHECKPOINT).exists()
        print(f"\nInterrupted {folder}: {kept if there else 'nothing was saved'}.", file=sys.stderr)
        return INTERRUPTED
    print(f"{folder}: {len(trained.class_names)} classes, {len(trained.history)} epochs")
    return 0


def _pairs(changes: list[str]) -> dict[str, str]:
    wrong = [text for text in changes if "=" not in text]
    if wrong:
        raise ValueError(f"--set takes FIELD=VALUE, such as batch_size=8. Received: {wrong[0]!r}")
    return dict(text.split("=", 1) for text in changes)
