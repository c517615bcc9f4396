"""Rendered videos: a sample to try commands with, and two tasks to learn."""

from . import gestures as gestures
from . import sample_video as sample_video
from . import synthetic_task as synthetic_task
