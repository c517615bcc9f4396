"""What happens when in a long video, or in front of a camera."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ...utils.checks import PathLike, at_least, positive_int
from ...utils.progress import progress_bar
from ...video.clip_reader import frame_times
from ...video.decoding.frame_transform import FrameConverter, ResizeCrop
from ...video.decoding.live import PROTOCOLS, LiveVideo, is_live
from ...video.decoding.open_video import Video
from ...video.windows import Window, clip_windows
from ...weights.assign import check_weights
from .classifier import VideoClassifier


@dataclass(frozen=True)
class TimedAnswer:
    """The answer to one window of a video.

    Attributes:
        start, end: Seconds from the first frame of the video.
        probabilities: The probability of each class, in the order of the classes.
        dropped: Number of frames of a camera that were dropped so far, because the network was
            slower than the camera.

    Example:

    >>> TimedAnswer(0.0, 1.4, np.array([0.9, 0.1])).end
    1.4
    """

    start: float
    end: float
    probabilities: np.ndarray
    dropped: int = 0


@dataclass(frozen=True)
class Segment:
    """A part of a video with one label.

    Attributes:
        start, end: Seconds from the first frame of the video.
        label: The name of the class; `None` where no class is probable enough.
        score: The mean probability of the class; that of the most probable one without a label.

    Example:

    >>> Segment(0.0, 7.1, "walk", 0.93).label
    'walk'
    """

    start: float
    end: float
    label: str | None
    score: float


def classify_over_time(
    classifier: VideoClassifier,
    video: PathLike,
    *,
    every: float | None = None,
    progress: bool = False,
) -> Iterator[TimedAnswer]:
    """Classifies a long video, a stream or a camera window by window.

    A window is as long as one clip of the network. Each frame is decoded once, and only the frames
    of a window are in memory. If the video is one window, the answer is that of
    `VideoClassifier.predict`.

    Args:
        classifier: The classifier.
        video: Path of a file, an address such as `rtsp://camera/1`, a camera such as
            `/dev/video0`, or `"-"` for a video from standard input.
        every: Seconds from the start of a window to that of the next one; the default is half a
            window.
        progress: Whether to show a progress bar; a camera or stream has none.

    Returns:
        An iterator of the answers, in the order of time.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: `every` is not positive, or a weight or a probability is not a finite number.
        keras_nonlocal.video.VideoError: The video cannot be read.

    Example:

    >>> classifier = keras_nonlocal.zoo.load("nl_i3d_small_weizmann")
    >>> [answer.start for answer in classify_over_time(classifier, "jumping.mp4", every=1.0)]
    [0.0, ...]
    """
    check_weights(classifier.model)
    clip = classifier.clip
    sides, several = clip.short_sides, clip.num_crops > 1
    resize = ResizeCrop(sides and sides[0], clip.size, whole=several)

    def answer(window: Window, dropped: int = 0) -> TimedAnswer:
        probabilities = classifier.probabilities(window.views)
        return TimedAnswer(window.start, window.end, probabilities, dropped)

    if is_live(os.fspath(video)):
        with LiveVideo(os.fspath(video), resize) as live:
            for window in clip_windows(live, clip, fps=live.fps, every=every):
                yield answer(window, live.dropped)
        return
    if "://" in os.fspath(video):
        raise ValueError(
            f"An address must begin with one of {', '.join(PROTOCOLS)}. Received: {video!r}"
        )
    with Video(video, time_limit=math.inf) as file:
        times, converter = frame_times(file, clip), FrameConverter(video, resize)
        with progress_bar(len(times), shown=progress) as bar:

            def frames():
                for index, frame, orientation in file.frames(0, len(times)):
                    bar.update()
                    yield int(times[index]), converter.pixels(frame, orientation).copy()

            for window in clip_windows(frames(), clip, fps=file.index.fps, every=every):
                yield answer(window)


def check_segmenting(
    smoothing: int = 3, threshold: float = 0.5, least_seconds: float = 0.0
) -> None:
    """Raises a `ValueError` for numbers that `segments` refuses, before a long video is read."""
    if positive_int("smoothing", smoothing) % 2 == 0:
        raise ValueError(f"`smoothing` must be an odd number. Received: smoothing={smoothing}")
    at_least("least_seconds", least_seconds, 0)
    if not 0 <= threshold <= 1:
        raise ValueError(f"`threshold` must be from 0 to 1. Received: threshold={threshold!r}")


def segments(
    answers: Sequence[TimedAnswer],
    class_names: Sequence[str],
    *,
    smoothing: int = 3,
    threshold: float = 0.5,
    least_seconds: float = 0.0,
) -> list[Segment]:
    """Joins the answers of a timeline to parts with one label.

    The probabilities are averaged over neighboring windows. Each window then decides about the time
    around its center: the most probable class is the label, if its probability reaches the
    threshold. Neighbors with the same label are one segment.

    Args:
        answers: The answers of `classify_over_time`, at least one.
        class_names: Names of the classes.
        smoothing: Number of neighboring windows to average, an odd number; 1 averages none.
        threshold: The least probability of a label.
        least_seconds: A segment that is shorter becomes part of the one before it.

    Returns:
        The segments, which follow each other without gaps.

    Raises:
        ValueError: There are no answers, or a number is out of range.

    Example:

    >>> rows = [(0, [0.9, 0.1]), (1, [0.8, 0.2]), (2, [0.1, 0.9])]
    >>> answers = [TimedAnswer(start, start + 2, np.array(values)) for start, values in rows]
    >>> [(part.start, part.end, part.label) for part in segments(answers, "ab", smoothing=1)]
    [(0, 2.5, 'a'), (2.5, 4, 'b')]
    """
    if not answers:
        raise ValueError("`answers` must hold the answer of at least one window. Received: none")
    check_segmenting(smoothing, threshold, least_seconds)
    half, values = smoothing // 2, np.stack([answer.probabilities for answer in answers])
    rows = range(len(values))
    smooth = np.stack([values[max(row - half, 0) : row + half + 1].mean(axis=0) for row in rows])
    centers = [(answer.start + answer.end) / 2 for answer in answers]
    inner = [(one + other) / 2 for one, other in pairwise(centers)]
    edges = [answers[0].start, *inner, answers[-1].end]
    best = smooth.argmax(axis=1)
    labels = [int(each) if smooth[row, each] >= threshold else -1 for row, each in enumerate(best)]
    runs: list[list[int]] = []  # the windows of each segment
    for row in rows:
        if runs and labels[row] == labels[runs[-1][0]]:
            runs[-1].append(row)
        else:
            runs.append([row])
    kept: list[list[int]] = []
    for run in runs:
        short = edges[run[-1] + 1] - edges[run[0]] < least_seconds
        if kept and (short or labels[run[0]] == labels[kept[-1][0]]):
            kept[-1] += run
        else:
            kept.append(run)

    def segment(run: list[int]) -> Segment:
        label = labels[run[0]]
        name = None if label < 0 else class_names[label]
        score = smooth[run, label].mean() if name else smooth[run].max(axis=1).mean()
        return Segment(edges[run[0]], edges[run[-1] + 1], name, float(score))

    return [segment(run) for run in kept]
