"""Weights to start from: those of another network, as far as the two have them in common."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from .. import models
from ..export.foldable_norms import folded_into
from ..layers.non_local import NON_LOCAL_LAYERS
from ..pretrained.resolve import card_for
from ..utils.checks import PathLike
from ..utils.roles import in_classifier, in_non_local
from ..weights.assign import assign, named_weights
from ..weights.load import load_weights
from .recipe_files import recipe_json
from .run_folder import RECIPE, read_data, weights_file


def start_from(weights: PathLike, model: keras.Model, builder: str) -> None:
    """Gives a network the weights of another one, of any task, to train on from there.

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
    path = Path(weights)
    if path.suffix == ".h5" or path.is_file():
        load_weights(model, path)
    elif path.is_dir():
        _copy(_network_of_run(path), model)
    else:
        try:
            card = card_for(str(weights), builder)
        except ValueError as error:
            raise ValueError(f"{error} Nor is it the folder of a run.") from None
        _copy(getattr(models, card.builder)(weights=card.name), model)


def _network_of_run(folder: Path) -> keras.Model:
    """The network of a run, whatever its task: its recipe names builder and arguments."""
    file = weights_file(folder)
    recipe, where = recipe_json(folder / RECIPE)
    build = getattr(models, str(recipe.get("builder")), None)
    if build is None:
        raise ValueError(f"{where} names no builder of `keras_nonlocal.models` to start from.")
    classes = len(read_data(folder).class_names)
    network = build(classes=classes, **recipe.get("arguments", {}))
    load_weights(network, file)
    return network


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
    arrays = {
        name: keras.ops.convert_to_numpy(each) for name, each in named_weights(source).items()
    }
    for block in source.layers:
        out, norm = f"{block.name}/out", f"{block.name}/norm"
        is_block = isinstance(block, NON_LOCAL_LAYERS)
        has_norm = is_block and block.norm_type == "batch"
        if has_norm and f"{out}/bias" in wanted and f"{norm}/gamma" not in wanted:
            arrays = {
                name: each for name, each in arrays.items() if not name.startswith(f"{norm}/")
            }
            arrays[f"{out}/kernel"], arrays[f"{out}/bias"] = folded_into(block.out, block.norm)
    return arrays


def _starts_anew(name: str, wanted, offered) -> bool:
    if in_classifier(name):
        return name not in offered or tuple(wanted[name].shape) != offered[name].shape
    return in_non_local(name) and name not in offered
