"""Rendered videos: a sample to try commands with, and a synthetic task to learn."""

from . import sample_video as sample_video
from . import synthetic_task as synthetic_task
