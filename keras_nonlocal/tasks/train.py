"""Training by a recipe, and an estimate of what the training needs."""

from __future__ import annotations

from typing import Any

from ..training.fit import fit
from ..training.recipe import BaseRecipe
from ..training.run_folder import Run
from ..utils.checks import PathLike
from .recipes import TASKS


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
        recipe: The network, its input, and how it is trained. The field `task` selects the task.
        source: Training data in the form that the task reads. For videos: a folder with one
            subfolder for each class, a table, a list, or a folder of shards. For segmentation: a
            folder of images and masks. For detection: a folder or a JSON file of images with
            objects.
        folder: Folder for the recipe, metrics, checkpoints, weights and report; `None` writes
            nothing.
        split: Name of the split of `source` to train on; `None` uses all of it.
        validation: Validation data, on which the network is evaluated after each epoch. The best
            weights are saved besides the last weights.
        validation_subset: Name of the split to evaluate on: of `validation`, or of `source` if
            `validation` is `None`.
        service: Address of a `tf.data` service that reads shards.
        num_parallel_calls: Number of files to decode in parallel.
        **options: Further arguments of `keras_nonlocal.training.fit`, such as `strategy`,
            `checkpoint_every_n_steps` or `callbacks`.

    Returns:
        The run, with its inference model and its history.

    Raises:
        ValueError: The recipe, the data and the folder do not fit each other.
        TrainingStopped: An input file disappeared, the disk is full, or the loss is not finite.

    Example:
        run = train(read_recipe("recipe.json"), "actions", "runs/actions")
        run.model.save_weights("actions.weights.h5")
    """
    task = _task_class(recipe)(
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
    """Estimates the steps, memory and time of a run, from its data and a few training steps.

    Args:
        recipe, source, split: As in `train`.
        measure: Whether to time training steps on this machine. They have few examples, because
            the whole batch may not fit into its memory, so the time for large batches is slightly
            overestimated.

    Returns:
        The plan; its attributes are numbers, and `print` shows them as a page.

    Raises:
        ValueError: The recipe and the data do not fit each other.

    Example:
        print(plan_training(find_recipe("nl_i3d_r50_32x2"), "kinetics/train.csv"))
    """
    return _task_class(recipe)(recipe, source, split=split).plan(measure=measure)


def _task_class(recipe: BaseRecipe) -> Any:
    if not isinstance(recipe, BaseRecipe):
        raise ValueError(
            "`recipe` must be a recipe, such as `find_recipe` returns for a name or a path. "
            f"Received: recipe={recipe!r}"
        )
    return TASKS[recipe.task]
