"""Loads a trained network by the name of its card, or from the folder of its training run.

The commands `predict` and `evaluate` import this module alone, so it stands apart from `golden`.
"""

from __future__ import annotations

import os

from ..pretrained.cards import read_card
from ..tasks.predictor import Predictor, load_run
from ..tasks.recipes import TASKS
from ..utils.checks import PathLike
from ..utils.entries import card_names


def load(name: PathLike) -> Predictor:
    """Loads a trained network with its weights, ready to predict from files.

    Args:
        name: The name of a card, see `keras_nonlocal.pretrained.card_names()`. Or the folder of a
            training run: its best weights are loaded, as by `keras_nonlocal.tasks.load_run`.

    Returns:
        The predictor, for example a `keras_nonlocal.tasks.video_classification.VideoClassifier`.

    Raises:
        ValueError: There is no such card, or the weights file is not that of the card.
        FileNotFoundError: The folder is not that of a training run with saved weights.
        PermissionError, FetchError: As in `keras_nonlocal.pretrained.fetch_weights`.

    Example:
        >>> classifier = keras_nonlocal.zoo.load("nl_i3d_small_weizmann")
        >>> classifier.class_names[:3]
        ('bend', 'jack', 'jump')
    """
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
