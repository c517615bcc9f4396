"""`keras-nonlocal train`: a recipe and a folder of videos make a weights file."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..data import list_folder
from ..replacing import replacing
from ..training import read_recipe, train

SUFFIX = ".weights.h5"


def add_parser(commands) -> None:
    parser = commands.add_parser(
        "train",
        help="train a classifier",
        description="Train a video classifier by a recipe on a folder with one folder a class.",
    )
    parser.add_argument("recipe", metavar="RECIPE.json", help="network, clips, optimizer, seed")
    parser.add_argument("folder", metavar="FOLDER", help="videos, one folder a class")
    parser.add_argument(
        "-o", "--out", metavar=f"OUT{SUFFIX}", type=Path, required=True, help="the weights file"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Train with a progress bar, then write the file under its name in one step."""
    out = arguments.out
    if not out.name.endswith(SUFFIX):
        raise ValueError(f"The weights file must end in {SUFFIX}. Received: {out}")
    recipe = read_recipe(arguments.recipe)
    paths, labels, class_names = list_folder(arguments.folder)
    model = train(recipe, paths, labels, class_names)
    with replacing(out) as partial:
        model.save_weights(partial)
    print(f"{out}: {len(class_names)} classes, {', '.join(class_names)}")
    return 0
