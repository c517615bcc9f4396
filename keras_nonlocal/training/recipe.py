"""What decides the outcome of a training run, apart from the videos: data, stored as JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..models.families import FAMILIES
from ..schema import parse
from ..validation import one_of, positive_int, sizes
from .augment import NOTHING


@dataclass(frozen=True)
class Recipe:
    """How to train one video classifier. The defaults suit some dozens of short clips.

    Attributes:
        builder: Name of a builder of `keras_nonlocal.models`, such as `"nl_i3d_small"`.
        frames, stride: Frames of a clip, and their distance in the video.
        size: Height and width of a clip as it is read.
        arguments: Of the builder: `variant`, `blocks`, `dropout` and the like.
        mean, std: One value a channel: clips become `(pixel - mean) / std`.
        motion_only: Whether clips are reduced to what moves, see `keras_nonlocal.data.prepare`.
        follow: Height and width of a crop that moves along with what moves, or `None`.
        flip: Whether a mirrored video is of the same class.
        speed: A video plays up to this many times faster or slower.
        augmentation: Strengths by the names of `augment.NOTHING`; those left out are nothing.
        epochs, batch_size: How long, and how many clips a step.
        learning_rate: Of AdamW, at its highest; a twentieth of the steps leads up to it, and half
            a cosine down from it.
        weight_decay: Of AdamW.
        label_smoothing: The part of each label that is spread over all classes.
        seed: Decides every random choice.
        test_clips: A video's probabilities are the mean over so many clips spread over it, and
            their mirror images where `flip` is true.

    Raises:
        ValueError: A name is unknown, or a number out of range.
    """

    builder: str
    frames: int
    stride: int
    size: tuple[int, int]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    mean: tuple[float, float, float] = (114.75, 114.75, 114.75)
    std: tuple[float, float, float] = (57.375, 57.375, 57.375)
    motion_only: bool = False
    follow: tuple[int, int] | None = None
    flip: bool = True
    speed: float = 1.0
    augmentation: Mapping[str, float] = field(default_factory=dict)
    epochs: int = 60
    batch_size: int = 10
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    label_smoothing: float = 0.1
    seed: int = 0
    test_clips: int = 5

    def __post_init__(self):
        one_of("builder", self.builder, FAMILIES)
        sizes("size", self.size, 2)
        if self.follow is not None:
            sizes("follow", self.follow, 2)
            if not self.motion_only:
                raise ValueError("`follow` needs `motion_only=True`: it follows what moves.")
        for name in ("frames", "stride", "epochs", "batch_size", "test_clips"):
            positive_int(name, getattr(self, name))
        for name in self.augmentation:
            one_of("augmentation", name, NOTHING)
        if self.speed < 1:
            raise ValueError(f"`speed` must be 1 or more. Received: speed={self.speed!r}")

    @property
    def preparation(self) -> dict[str, Any]:
        """The arguments of `keras_nonlocal.data.prepare`."""
        return {name: getattr(self, name) for name in ("mean", "std", "motion_only", "follow")}


def read_recipe(path: str | os.PathLike[str]) -> Recipe:
    """Reads a recipe from a JSON file.

    Raises:
        ValueError: The file is not JSON, or a field is unknown, missing or out of range.

    Example:
        recipe = read_recipe("zoo/nl_i3d_small_weizmann/recipe.json")
    """
    where = f"The recipe {os.fspath(path)!r}"
    try:
        values = json.loads(Path(path).read_text("utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{where} is not JSON: {error}") from error
    return parse(Recipe, values, where)


def write_recipe(recipe: Recipe, path: str | os.PathLike[str]) -> None:
    """Writes a recipe to a JSON file that `read_recipe` reads."""
    Path(path).write_text(json.dumps(asdict(recipe), indent=2) + "\n", "utf-8")
