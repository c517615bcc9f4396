"""Trained networks of runs, and predictors that take files."""

from __future__ import annotations

from typing import Any, Protocol

import keras

from ..export.signature import Served
from ..training.run_folder import Run, read_data, read_history, weights_file
from ..utils.checks import PathLike
from ..weights.load import load_weights
from .recipes import TASKS, read_recipe


class Predictor(Protocol):
    """A trained network that takes files: it knows its preprocessing and its classes.

    Attributes:
        model: The network, from preprocessed inputs to predictions.
        class_names: Names of the outputs, in order.

    Example:
        predictor = load_run("runs/actions")
        print(predictor.predict("jumping.mp4"))
    """

    @property
    def model(self) -> keras.Model: ...

    @property
    def class_names(self) -> tuple[str, ...]: ...

    def predict(self, path: PathLike) -> Any:
        """Returns the prediction for a file."""

    def about(self) -> dict[str, Any]:
        """Returns what the network is and what it takes, for exported files."""

    def served(self) -> Served:
        """Returns how the network is asked when it is served, for `export.saved_model`."""


def read_run(folder: PathLike, *, weights: str | None = None) -> Run:
    """Reads the trained network of a run of any task.

    Args:
        folder: Folder of the run.
        weights: `"best"`, `"last"`, or `None` for the best weights if the run was validated, and
            the last weights otherwise.

    Returns:
        The run, with its inference model, recipe, classes and history.

    Raises:
        FileNotFoundError: The folder is not that of a run, or it does not have these weights yet.
        ValueError: `weights` is something else.

    Example:
        run = read_run("runs/actions")
        probabilities = run.model.predict(preprocessed_clips)
    """
    file = weights_file(folder, weights)
    recipe, data = read_recipe(file.with_name("recipe.json")), read_data(file.parent)
    model = TASKS[recipe.task].networks(recipe, data).inference
    load_weights(model, file)
    return Run(model, recipe, data.class_names, read_history(file.parent))


def load_run(folder: PathLike) -> Predictor:
    """Loads the trained network of a run as a predictor for files.

    Args:
        folder: Folder of the run.

    Returns:
        The predictor of the run's task, such as a `VideoClassifier`.

    Raises:
        FileNotFoundError: The folder is not that of a run, or it has no weights yet.

    Example:
        print(load_run("runs/actions").predict("jumping.mp4"))
    """
    run = read_run(folder)
    return TASKS[run.recipe.task].predictor(run)
