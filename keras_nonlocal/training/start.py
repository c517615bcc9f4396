"""Weights to start from: those of another network, as far as the two have them in common."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from .. import models
from ..folding import folded_into
from ..layers import NonLocal3D
from ..weights import assign, card_for, load_weights, named_weights

CLASSIFIER = "logits/"


def start_from(
    weights: str | os.PathLike[str],
    model: keras.Model,
    builder: str,
) -> None:
    """Gives a network the weights of another one, to train on from there.

    A classifier of another number of classes starts anew, and so do non-local blocks that the other
    network lacks: they are the identity at first. Where the other network's blocks end with a norm
    and these do not, as in the official code's long networks, it goes into kernel and bias. All
    else must be there, and fit.

    Args:
        weights: The folder of a training run, the name of a card or of its data set, or a weights
            file of the very same network.
        model: The network to train.
        builder: Its builder's name.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: There is no such card, or the networks differ in more than that.
    """
    from .run import read_run  # which builds networks, too

    path = Path(weights)
    if path.suffix == ".h5" or path.is_file():
        load_weights(model, path)
    elif path.is_dir():
        _copy(read_run(path).model, model)
    else:
        card = card_for(str(weights), builder)
        _copy(getattr(models, card.builder)(weights=card.name), model)


def _copy(source: keras.Model, target: keras.Model) -> None:
    wanted = named_weights(target)
    offered = _without_norms(source, wanted)
    new = {name for name in wanted if _starts_anew(name, wanted, offered)}
    assign(
        {name: variable for name, variable in wanted.items() if name not in new},
        {name: array for name, array in offered.items() if name not in new},
    )


def _without_norms(source: keras.Model, wanted: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Arrays by name, with the norms folded of those blocks that have none in the target."""
    arrays = {name: each.numpy() for name, each in named_weights(source).items()}
    for block in source.layers:
        out, norm = f"{block.name}/out", f"{block.name}/norm"
        has_norm = isinstance(block, NonLocal3D) and block.norm_type == "batch"
        if has_norm and f"{out}/bias" in wanted and f"{norm}/gamma" not in wanted:
            arrays = {
                name: each for name, each in arrays.items() if not name.startswith(f"{norm}/")
            }
            arrays[f"{out}/kernel"], arrays[f"{out}/bias"] = folded_into(block.out, block.norm)
    return arrays


def _starts_anew(name: str, wanted, offered) -> bool:
    if name.startswith(CLASSIFIER):
        return name not in offered or tuple(wanted[name].shape) != offered[name].shape
    return "_nonlocal/" in name and name not in offered
