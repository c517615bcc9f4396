"""Videos that the model was most sure of, right and wrong: frames, true class, likeliest three."""

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
_GAP, _GAP_LEVEL = 4, 128  # pixels between two frames, gray on light and dark pages
_STRIP, _BARS, _ROW = 5.2, 3.4, 1.25  # inches
_DPI = 120


def section(scores: Scores, count: int) -> Section:
    """So many samples, those whose files can be read; the others are named."""
    shown, lost = [], []
    for number in choose_samples(scores, count):
        try:
            shown.append(_sample(scores, number))
        except (OSError, VideoError) as error:
            lost.append(f"{scores.paths[number]} is left out: {_reason(error)}")
    words = (
        f"The videos that the model was most sure of, {FRAMES} frames of each. "
        "It is right where the likeliest class is a true one."
    )
    picture = _draw(shown) if shown else None
    return Section("Samples", notes=[words, *lost], samples=shown, png=picture)


def choose_samples(scores: Scores, count: int) -> list[int]:
    """Numbers of the videos to show: right ones, then wrong ones, by falling probability."""
    likeliest, sure = scores.probabilities.argmax(1), scores.probabilities.max(1)
    right = _truth(scores)[np.arange(len(likeliest)), likeliest]
    order = np.argsort(-sure, kind="stable")
    good, bad = ([int(n) for n in order if right[n] == kind] for kind in (True, False))
    wrong = min(len(bad), max(count // 2, count - len(good)))
    return good[: count - wrong] + bad[:wrong]


def _truth(scores) -> np.ndarray:
    """bool `(videos, classes)`: which classes each video is of."""
    if scores.multi_label:
        return scores.targets > 0
    return scores.targets[:, None] == np.arange(len(scores.class_names))


def _sample(scores, number) -> Sample:
    truth, names, path = _truth(scores)[number], scores.class_names, scores.paths[number]
    likely = np.argsort(-scores.probabilities[number], kind="stable")[:GUESSES]
    guesses = [(names[n], float(scores.probabilities[number, n]), bool(truth[n])) for n in likely]
    frames = read_clips(path, _READ)[:, 0]
    gap = ((0, 0), (0, 0), (0, _GAP), (0, 0))
    strip = np.concatenate(list(np.pad(frames, gap, constant_values=_GAP_LEVEL)), axis=1)
    words = ", ".join(names[n] for n in np.flatnonzero(truth)) or "no class"
    verdict = "Right" if guesses[0][2] else "Wrong"
    if verdict == "Wrong":
        words += f" taken for {guesses[0][0]}"
    return Sample(PurePath(path).name, verdict, words, guesses, strip[:, :-_GAP])


def _reason(error) -> str:
    return "there is no such file" if isinstance(error, FileNotFoundError) else str(error)


def _draw(shown) -> bytes:
    """A row for each sample: its frames, and bars beside them."""
    from matplotlib.figure import Figure

    figure = Figure((_STRIP + _BARS, _ROW * len(shown)), layout="constrained")
    grid = figure.subplots(len(shown), 2, squeeze=False, width_ratios=(_STRIP, _BARS))
    for (left, right), sample in zip(grid, shown, strict=True):
        left.imshow(sample.image, interpolation="antialiased")
        left.set_axis_off()
        words = shortened(f"{sample.verdict}: {sample.words}", 70)
        how = {"fontsize": 9, "loc": "left", "parse_math": False}
        left.set_title(words, pad=3, **how)
        _draw_bars(right, sample.guesses)
    return png(figure, dpi=_DPI)


def _draw_bars(axes, guesses) -> None:
    for place, (name, share, true) in enumerate(guesses):
        axes.barh(place, share, color=BLUE if true else GRAY, height=0.35)
        label = f"{shortened(name, 30)}  {percent(share)}"
        axes.text(0, place - 0.32, label, fontsize=8, va="bottom", parse_math=False)
    axes.set_xlim(0, 1)
    axes.set_ylim(GUESSES - 0.5, -0.9)
    axes.set_axis_off()
