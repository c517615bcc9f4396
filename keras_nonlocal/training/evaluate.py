"""How well a recipe does on people, places or cameras that it was not trained on."""

from __future__ import annotations

import os
from collections.abc import Sequence

import keras
import numpy as np

from ..data import Clip, prepare, read_clips
from .fit import Paths, train
from .recipe import Recipe


def leave_one_group_out(
    recipe: Recipe,
    paths: Paths,
    labels: Sequence[int],
    groups: Sequence[str],
    class_names: Sequence[str],
    *,
    verbose: str | int = 0,
) -> dict[str, float]:
    """Trains once for each group, on all others, and tests on the group left out.

    Args:
        recipe, paths, labels, class_names, verbose: As in `train`.
        groups: What each video shares with others that may give it away, such as the person.

    Returns:
        The accuracy on each group, 0..1, by its name.

    Example:
        accuracies = leave_one_group_out(recipe, paths, labels, people, class_names)
        print(np.mean(list(accuracies.values())))
    """
    _check_groups(groups, len(paths))
    targets, of_group = np.asarray(labels), np.asarray(groups)
    return {
        group: _accuracy_without(recipe, paths, targets, of_group == group, class_names, verbose)
        for group in sorted(set(groups))
    }


def video_probabilities(
    model: keras.Model, recipe: Recipe, path: str | os.PathLike[str]
) -> np.ndarray:
    """Probabilities `(classes,)` of one video: the mean over `recipe.test_clips` clips of it."""
    clip = Clip(recipe.frames, recipe.stride, size=recipe.size, clips=recipe.test_clips)
    clips = read_clips(path, clip)
    if recipe.flip:
        clips = np.concatenate([clips, clips[:, :, :, ::-1]])
    inputs = prepare(clips, **recipe.preparation)
    return np.asarray(model.predict_on_batch(inputs)).mean(axis=0)


def _accuracy_without(recipe, paths, labels, held_out, class_names, verbose) -> float:
    """Of a model trained on all videos but those held out, on those."""
    kept = np.flatnonzero(~held_out)
    model = train(recipe, [paths[i] for i in kept], labels[kept], class_names, verbose=verbose)
    tested = np.flatnonzero(held_out)
    guesses = [video_probabilities(model, recipe, paths[i]).argmax() for i in tested]
    return float(np.mean(labels[tested] == guesses))


def _check_groups(groups, count) -> None:
    if len(groups) != count or len(set(groups)) < 2:
        raise ValueError(
            f"`groups` must name at least two groups, one entry for each of {count} paths. "
            f"Received: {len(groups)} entries of {len(set(groups))} groups"
        )
