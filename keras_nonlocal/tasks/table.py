"""All tasks by name: what a recipe's field `task` may be."""

from __future__ import annotations

from typing import Any

from ..utils.checks import one_of
from .video_classification.task import VideoClassification


class _Tasks(dict[str, Any]):
    """A name that is not in it is an error that lists the names that are."""

    def __missing__(self, name: str) -> None:
        one_of("task", name, self)


# By name: a `training.task.Task` that is made of what `tasks.train` passes on (`recipe`, `source`,
# and by name `split`, `validation`, `validation_split`, `service`, `workers`), with what a run of
# it needs to be read again: `Recipe`, `networks` and `predictor`.
TASKS = _Tasks(video_classification=VideoClassification)
