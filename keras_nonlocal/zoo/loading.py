"""A trained network by the name of its card, or by the folder of its run."""

from __future__ import annotations

import os

from ..pretrained.cards import read_card
from ..pretrained.entries import card_names
from ..tasks.predictor import Predictor, load_run
from ..tasks.video_classification.classifier import VideoClassifier
from ..utils.checks import PathLike


def load(name: PathLike) -> Predictor:
    """A trained network with its weights, ready for files.

    Args:
        name: Of a card, see `keras_nonlocal.pretrained.card_names()`; or the folder of a training
            run, whose best weights it takes, as `keras_nonlocal.tasks.read_run` does.

    Raises:
        ValueError: There is no such card, or its weights file is not the one of the card.
        FileNotFoundError: The folder is none of a training run that has come so far.

    Example:

    >>> classifier = keras_nonlocal.zoo.load("nl_i3d_small_weizmann")
    >>> classifier.class_names[:3]
    ('bend', 'jack', 'jump')
    """
    if isinstance(name, os.PathLike) or os.sep in name or _is_folder_only(name):
        return load_run(name)
    return VideoClassifier.from_card(read_card(name))


def _is_folder_only(name: str) -> bool:
    return os.path.isdir(name) and name not in card_names()
