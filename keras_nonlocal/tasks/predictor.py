"""A trained network, ready for files: what a card and a run both become."""

from __future__ import annotations

from typing import Any, Protocol

import keras

from ..training.run_folder import Run, read_data, read_history, weights_file
from ..utils.checks import PathLike
from ..weights.load import load_weights
from .recipes import read_recipe
from .table import TASKS


class Predictor(Protocol):
    """A model, how its input is made of a file, and what its outputs mean.

    Attributes:
        model: From prepared inputs to what is predicted.
        class_names: Of the outputs, in order.
    """

    @property
    def model(self) -> keras.Model: ...

    @property
    def class_names(self) -> tuple[str, ...]: ...

    def predict(self, path: PathLike) -> Any:
        """What the network says of a file."""


def read_run(folder: PathLike, *, weights: str | None = None) -> Run:
    """Reads the network of a run, whatever its task.

    Args:
        folder: What `train` wrote.
        weights: `"best"` or `"last"`; the best, if the run was validated, else the last, if `None`.

    Raises:
        FileNotFoundError: It is no folder of a run, or it has no such weights yet.
        ValueError: `weights` is something else.

    Example:
        run = read_run("runs/actions")
        probabilities = run.model.predict(prepared_clips)
    """
    file = weights_file(folder, weights)
    recipe, data = read_recipe(file.with_name("recipe.json")), read_data(file.parent)
    model = TASKS[recipe.task].networks(recipe, data).inference
    load_weights(model, file)
    return Run(model, recipe, data.class_names, read_history(file.parent))


def load_run(folder: PathLike) -> Predictor:
    """What a run has learned, ready for files; arguments and errors as of `read_run`."""
    run = read_run(folder)
    return TASKS[run.recipe.task].predictor(run)
