"""All tasks by name: what a recipe's field `task` may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .video_classification.task import VideoClassification

# By name: a `training.task.Task` that is made of what `tasks.train` passes on (`recipe`, `source`,
# and by name `split`, `validation`, `validation_split`, `service`, `workers`), with what a run of
# it needs to be read again: `Recipe`, `networks` and `predictor`.
TASKS: Mapping[str, Any] = {"video_classification": VideoClassification}
