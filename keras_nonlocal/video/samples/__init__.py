"""Videos that are rendered here: one to try commands on, and a task to learn."""

from . import sample_video as sample_video
from . import synthetic_task as synthetic_task
