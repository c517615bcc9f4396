"""The most confident predictions for the report, correct and wrong, with frames of the videos."""

from __future__ import annotations

from pathlib import PurePath

import numpy as np

from ...metrics.scores import Scores
from ...report.sections import BLUE, GRAY, Sample, Section, percent, png
from ...utils.text import shortened
from ...video.clip_reader import read_clips
from ...video.clip_spec import ClipSpec
from ...video.decoding.container import VideoError

FRAMES, GUESSES = 4, 3
_READ = ClipSpec(num_frames=1, num_clips=FRAMES, short_side=160)
_GAP, _GAP_LEVEL = 4, 128  # pixels between two frames, whose gray fits light and dark pages
_STRIP, _BARS, _ROW = 5.2, 3.4, 1.25  # width of frames and bars, and height of a row, in inches
_DPI = 120


def samples_section(scores: Scores, count: int) -> Section:
    """Returns the section with `count` samples; it lists the files that cannot be read."""
    samples, skipped = [], []
    for index in choose_samples(scores, count):
        try:
            samples.append(_sample(scores, index))
        except FileNotFoundError:
            skipped.append(f"{scores.paths[index]} is left out: there is no such file")
        except (OSError, VideoError) as error:
            skipped.append(f"{scores.paths[index]} is left out: {error}")
    note = (
        f"The videos with the most confident predictions, {FRAMES} frames of each. "
        "A prediction is right if the most probable class is a true class."
    )
    plot = _draw(samples) if samples else None
    return Section("Samples", notes=[note, *skipped], samples=samples, png=plot)


def choose_samples(scores: Scores, count: int) -> list[int]:
    """Returns the indices of videos: right, then wrong predictions, by falling probability."""
    predicted, confidence = scores.probabilities.argmax(1), scores.probabilities.max(1)
    is_right = _true_classes(scores)[np.arange(len(predicted)), predicted]
    order = np.argsort(-confidence, kind="stable")
    right, wrong = ([int(n) for n in order if is_right[n] == kind] for kind in (True, False))
    num_wrong = min(len(wrong), max(count // 2, count - len(right)))
    return right[: count - num_wrong] + wrong[:num_wrong]


def _true_classes(scores) -> np.ndarray:
    """The true classes of each video, bool `(videos, classes)`."""
    if scores.multi_label:
        return scores.targets > 0
    return scores.targets[:, None] == np.arange(len(scores.class_names))


def _sample(scores, index) -> Sample:
    is_true, names, path = _true_classes(scores)[index], scores.class_names, scores.paths[index]
    probabilities = scores.probabilities[index]
    best = np.argsort(-probabilities, kind="stable")[:GUESSES]
    guesses = [(names[n], float(probabilities[n]), bool(is_true[n])) for n in best]
    frames = read_clips(path, _READ)[:, 0]
    gap = ((0, 0), (0, 0), (0, _GAP), (0, 0))
    strip = np.concatenate(list(np.pad(frames, gap, constant_values=_GAP_LEVEL)), axis=1)
    words = ", ".join(names[n] for n in np.flatnonzero(is_true)) or "no class"
    verdict = "Right" if guesses[0][2] else "Wrong"
    if verdict == "Wrong":
        words += f" taken for {guesses[0][0]}"
    return Sample(PurePath(path).name, verdict, words, guesses, strip[:, :-_GAP])


def _draw(samples) -> bytes:
    """A plot with a row for each sample: its frames, and bars of the probabilities."""
    from matplotlib.figure import Figure

    figure = Figure((_STRIP + _BARS, _ROW * len(samples)), layout="constrained")
    grid = figure.subplots(len(samples), 2, squeeze=False, width_ratios=(_STRIP, _BARS))
    for (left, right), sample in zip(grid, samples, strict=True):
        left.imshow(sample.image, interpolation="antialiased")
        left.set_axis_off()
        title = shortened(f"{sample.verdict}: {sample.words}", 70)
        left.set_title(title, pad=3, fontsize=9, loc="left", parse_math=False)
        _draw_bars(right, sample.guesses)
    return png(figure, dpi=_DPI)


def _draw_bars(axes, guesses) -> None:
    for row, (name, probability, is_true) in enumerate(guesses):
        axes.barh(row, probability, color=BLUE if is_true else GRAY, height=0.35)
        label = f"{shortened(name, 30)}  {percent(probability)}"
        axes.text(0, row - 0.32, label, fontsize=8, va="bottom", parse_math=False)
    axes.set_xlim(0, 1)
    axes.set_ylim(GUESSES - 0.5, -0.9)
    axes.set_axis_off()
