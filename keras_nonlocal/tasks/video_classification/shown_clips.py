"""Draws the first clips of a training exactly as its network gets them."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...data.manifest import Manifest
from ...utils.checks import PathLike, positive_int
from ...video.contact_sheets import contact_sheet
from ...video.stream import stream_indices
from .recipe import VideoRecipe
from .task import VideoClassification
from .wrapping import wraps


class DrawnClips(NamedTuple):
    """What a contact sheet shows.

    Attributes:
        clips: Number of clips.
        wrapped: Number of clips that start their video again; `None` if nobody knows, as with
            shards.
        recipe: The recipe with numbers.
    """

    clips: int
    wrapped: int | None
    recipe: VideoRecipe

    @property
    def text(self) -> str:
        """One line on what to look for."""
        if self.wrapped is None:
            return "Shards do not tell where a clip starts its video again: nothing is marked."
        return (
            f"{self.wrapped} of them wrap round: a red line marks where the video starts again"
            if self.wrapped
            else "None of them wraps round: no clip is longer than its video, or the last frame is "
            "repeated"
        )


def draw_training_clips(
    recipe: VideoRecipe,
    source: Any,
    path: PathLike,
    *,
    split: str | None = None,
    num_clips: int = 16,
) -> DrawnClips:
    """Writes a PNG image of the first clips of a training, augmented and preprocessed.

    Args:
        recipe: The recipe.
        source, split: The training videos, as in `VideoClassification`.
        path: The PNG file.
        num_clips: Maximum number of clips.

    Returns:
        What was drawn.

    Raises:
        ValueError: The recipe and the videos do not fit each other.
        OSError: The file cannot be written.

    Example:

        draw_training_clips(find_recipe("nl_i3d_small"), "actions", "sheet.png")
    """
    task = VideoClassification(recipe, source, split=split)
    recipe, count = task.recipe, min(positive_int("num_clips", num_clips), task.data.examples)
    marks = None
    if isinstance(task.videos, Manifest):
        options = {"batch_size": recipe.batch_size, "seed": recipe.seed}
        indices = stream_indices(task.videos, clip=recipe.training_clip, count=count, **options)
        marks = [wraps(each) for each in indices]
    drawn = contact_sheet(
        task.batches(), path, class_names=task.data.class_names, num_clips=count, marks=marks or ()
    )
    return DrawnClips(drawn, None if marks is None else sum(map(bool, marks)), recipe)
