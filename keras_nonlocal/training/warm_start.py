"""Initial weights from another network, for the layers that both networks have."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from .. import models
from ..export.foldable_norms import folded_into
from ..layers.base_non_local import BaseNonLocal
from ..pretrained.resolve import card_for
from ..utils.checks import PathLike
from ..utils.roles import head_of, in_classifier, in_non_local
from ..weights.assign import assign, named_weights
from ..weights.load import load_weights
from .recipe_files import recipe_json
from .run_folder import RECIPE, read_data, weights_file


def start_from(weights: PathLike, model: keras.Model, builder: str) -> None:
    """Copies the weights of another network, of any task, into a network that will be trained.

    The classifier keeps its initial weights if the number of classes differs, and so does a head
    that the other network lacks. Non-local blocks that
    the other network lacks keep theirs, too, and so start as the identity. If the blocks of the
    other network end with a norm and those of this network do not, as in the long networks of the
    official code, the norm is folded into kernel and bias. All other weights must exist and fit.

    Args:
        weights: The folder of a training run, the name of a pretrained model or of its data set,
            or a weights file of the same network.
        model: The network to train.
        builder: Name of the network's builder.

    Raises:
        FileNotFoundError: The file does not exist, or the run has no weights yet.
        ValueError: There is no such model, or the networks differ in other layers.
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
            raise ValueError(
                f"{error} There is no folder of a training run of this name, either."
            ) from None
        _copy(getattr(models, card.builder)(weights=card.name), model)


def _network_of_run(folder: Path) -> keras.Model:
    """The network of a run of any task: its recipe names the builder and its arguments."""
    file = weights_file(folder)
    recipe, where = recipe_json(folder / RECIPE)
    build = getattr(models, str(recipe.get("builder")), None)
    if build is None:
        raise ValueError(
            f"{where} must name a builder of `keras_nonlocal.models`, to start from its network. "
            f"Received: builder={recipe.get('builder')!r}"
        )
    classes = len(read_data(folder).class_names)
    network = build(classes=classes, **recipe.get("arguments", {}))
    load_weights(network, file)
    return network


def _copy(source: keras.Model, target: keras.Model) -> None:
    variables = named_weights(target)
    arrays = _with_folded_norms(source, variables)
    heads = {head_of(name) for name in variables} & {head_of(name) for name in arrays}
    arrays = {name: array for name, array in arrays.items() if head_of(name) in heads}
    skipped = {name for name in variables if _keeps_initial(name, variables, arrays, heads)}
    assign(
        {name: variable for name, variable in variables.items() if name not in skipped},
        {name: array for name, array in arrays.items() if name not in skipped},
    )


def _with_folded_norms(source: keras.Model, variables: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Arrays by name; norms are folded in the blocks that have none in the target."""
    arrays = {
        name: keras.ops.convert_to_numpy(each) for name, each in named_weights(source).items()
    }
    for block in source.layers:
        out, norm = f"{block.name}/out", f"{block.name}/norm"
        is_block = isinstance(block, BaseNonLocal)
        has_norm = is_block and block.norm_type == "batch"
        if has_norm and f"{out}/bias" in variables and f"{norm}/gamma" not in variables:
            arrays = {
                name: each for name, each in arrays.items() if not name.startswith(f"{norm}/")
            }
            arrays[f"{out}/kernel"], arrays[f"{out}/bias"] = folded_into(block.out, block.norm)
    return arrays


def _keeps_initial(name: str, variables, arrays, heads) -> bool:
    if head_of(name) not in heads:
        return True
    if in_classifier(name):
        return name not in arrays or tuple(variables[name].shape) != arrays[name].shape
    return in_non_local(name) and name not in arrays
