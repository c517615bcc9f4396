"""Recipe and data -> trained network, or what training will take, by the task of the recipe."""

from __future__ import annotations

from typing import Any

from ..training.fit import fit
from ..training.recipe import BaseRecipe
from ..training.run_folder import Run
from ..utils.checks import PathLike
from .table import TASKS


def train(
    recipe: BaseRecipe,
    source: Any,
    folder: PathLike | None = None,
    *,
    split: str | None = None,
    validation: Any = None,
    validation_subset: str | None = None,
    service: str | None = None,
    num_parallel_calls: int | None = None,
    **options,
) -> Run:
    """Trains a network by a recipe; the same call resumes a run that was stopped.

    Args:
        recipe: The network, its input, and how to train it; its `task` says what is learned.
        source: What to train on, as the task reads it: for videos, a folder with one folder a
            class, a table, a list, or a folder of shards.
        folder: Where to write recipe, metrics, checkpoints, weights and a report; nowhere if
            `None`.
        split: Only this split of `source`.
        validation: What to test on after each epoch. The best weights are kept besides the last.
        validation_subset: The split of `validation`, or of `source` if that is `None`.
        service: Address of a `tf.data` service that reads shards.
        num_parallel_calls: How many files are decoded at once.
        **options: `strategy`, `checkpoint_every_n_steps`, `callbacks` and the like of
            `keras_nonlocal.training.fit`.

    Returns:
        The run: its network and its history.

    Raises:
        ValueError: Recipe, data and folder do not go together.
        TrainingStopped: An input file vanished, the disk was full, or the loss was no number any
            more.

    Example:
        run = train(read_recipe("recipe.json"), "actions", "runs/actions")
        run.model.save_weights("actions.weights.h5")
    """
    task = TASKS[recipe.task](
        recipe,
        source,
        split=split,
        validation=validation,
        validation_subset=validation_subset,
        service=service,
        num_parallel_calls=num_parallel_calls,
    )
    return fit(task, folder, **options)


def plan_training(
    recipe: BaseRecipe, source: Any, *, split: str | None = None, measure: bool = True
) -> Any:
    """Tells what a run will take, from the data and a few steps on this machine.

    Args:
        recipe, source, split: As in `train`.
        measure: Whether to time steps. Those are of few examples, as the whole batch may be meant
            for more memory than there is here, so they say a little too much for large batches.

    Returns:
        The plan, with numbers by name; `print` shows it on a page.

    Raises:
        ValueError: Recipe and data do not go together.

    Example:
        print(plan_training(find_recipe("nl_i3d_r50_32x2"), "kinetics/train.csv"))
    """
    return TASKS[recipe.task](recipe, source, split=split).plan(measure=measure)
