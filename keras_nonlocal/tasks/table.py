"""All tasks by name: what a recipe's field `task` may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .video_classification.task import VideoClassification

# By name: a class that takes a recipe and data, with what a run of it needs to be read again:
# `Recipe`, `networks` and `predictor`.
TASKS: Mapping[str, Any] = {"video_classification": VideoClassification}
