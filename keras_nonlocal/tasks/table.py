"""All tasks by name: what a recipe's field `task` may be."""

from __future__ import annotations

from typing import Any

from ..utils.checks import one_of
from .video_classification.task import VideoClassification


class _Tasks(dict[str, Any]):
    """A name that is not in it is an error that lists the names that are."""

    def __missing__(self, name: str) -> None:
        one_of("task", name, self)


# A task by its name. Each class follows `training.task.Task`, is made of the arguments that
# `tasks.train` passes on, and also has `Recipe`, `networks` and `predictor`, by which a run is
# read again.
TASKS = _Tasks(video_classification=VideoClassification)
