"""Loads trained networks with Keras."""

from __future__ import annotations

import os

from ..pretrained.cards import read_card
from ..tasks.predictor import Predictor, load_run
from ..tasks.recipes import TASKS
from ..utils.checks import PathLike, one_of
from ..utils.entries import card_names


def load(name: PathLike, precision: str) -> Predictor:
    """Loads the network of a card or of a run; see `keras_nonlocal.zoo.load`."""
    one_of("precision", precision, ("float32",))  # or that of the training run
    if isinstance(name, os.PathLike) or os.sep in name:
        return load_run(name)
    if name not in card_names() and os.path.isdir(name):
        return load_run(name)
    try:
        card = read_card(str(name))
    except ValueError as error:
        raise ValueError(
            f"{error} There is no folder {name!r} of a training run, either."
        ) from None
    return TASKS[card.task].Predictor.from_card(card)
