"""Loads the model of a command, or says which command it is for."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..utils.checks import PathLike


class _Use(NamedTuple):
    """What a command needs, what networks of its task do, and the name of the command."""

    needed: str
    does: str
    command: str


_USES = {
    "detection": _Use("must be a network for detection", "detects objects", "detect"),
    "segmentation": _Use("must be a network for segmentation", "labels images", "segment"),
    "video_classification": _Use("must classify videos", "classifies videos", "predict"),
}


def load_for(task: str, model: PathLike) -> Any:
    """Loads a predictor of a task.

    Args:
        task: A key of `keras_nonlocal.tasks.TASKS`.
        model: As in `keras_nonlocal.zoo.load`.

    Raises:
        ValueError: The model is for another task. The error names the command to use.
    """
    from ..zoo.loading import load

    predictor = load(model)
    found = task_of(predictor)
    if found != task:
        use = _USES[found]
        raise ValueError(
            f"--model {_USES[task].needed}. Received: {model!r}, which {use.does}: use "
            f"`keras-nonlocal {use.command}`"
        )
    return predictor


def task_of(predictor: Any) -> str:
    """Returns the task of a predictor."""
    from ..tasks.recipes import TASKS

    return next(name for name, task in TASKS.items() if isinstance(predictor, task.Predictor))
