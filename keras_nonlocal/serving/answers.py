"""What a predictor of any task says about the bytes of a file, as JSON holds it."""

from __future__ import annotations

import base64
import io
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image

from ..explain.frames import cells_in_frames
from ..explain.positions import top_positions
from ..images.object_overlay import draw_objects
from ..images.overlay import areas, draw_labels
from ..images.read_images import read_image
from ..images.samples.scenes import scene
from ..tasks.detection.detector import Detector
from ..tasks.predictor import Predictor
from ..tasks.segmentation.segmenter import Segmenter
from ..tasks.video_classification.classifier import VideoClassifier
from ..video.clip_reader import read_clips
from ..video.samples.sample_video import jumping_jacks
from .uploads import check_image_size, check_video_size, uploaded

Answer = dict[str, Any]
TOP = 5  # classes or objects
_SHOWN_FRAMES, _TARGETS = 6, 20  # of the attention of one position
_LEAST_CONFIDENCE = 0.5


class Answerer:
    """Answers with a predictor, for several threads: files are read at once, and used in turn.

    Args:
        predictor: A predictor of any task.

    Attributes:
        kind: What it takes: `"video"` or `"image"`.

    Raises:
        ValueError: There is no page for predictors of this task.
    """

    def __init__(self, predictor: Predictor):
        self.kind, use = use_of(predictor)
        self._use = use(predictor)
        self._network = threading.Lock()  # which explanations change for a moment

    def __call__(self, content: bytes, time_limit: float) -> Answer:
        """Answers about the bytes of a file.

        Args:
            content: The bytes.
            time_limit: Seconds after which nothing more is begun.

        Returns:
            `"top"`, of which each has a `"label"` and a `"value"`; `"measure"`, which says what the
            values are; `"seconds"` of each step; and what can be shown.

        Raises:
            UploadError: The file cannot be read.
            TimeoutError: It takes too long.
        """
        start = time.monotonic()
        with uploaded(content, self.kind) as path:
            read = self._use.read(path, time_limit)
        seconds = {"reading": time.monotonic() - start}
        with self._network:
            if time.monotonic() - start > time_limit:
                raise TimeoutError
            return self._answer(read, seconds)

    def warm_up(self) -> None:
        """Answers about a sample, so that the first client need not wait."""
        self._answer(self._use.sample(), {})

    def _answer(self, read: Any, seconds: dict[str, float]) -> Answer:
        start = time.monotonic()
        found, answer = self._use.find(read)
        seconds["network"] = time.monotonic() - start
        answer |= self._use.shown(read, found)
        seconds["picture"] = time.monotonic() - start - seconds["network"]
        return {**answer, "seconds": seconds}


class _Clips:
    """Classifies videos, and finds what a position attends to."""

    def __init__(self, classifier: VideoClassifier):
        self._classifier = classifier
        self._function = classifier.served().signatures["views"].function

    def sample(self) -> np.ndarray:
        return self._classifier.read(jumping_jacks(25))

    def read(self, path: str, time_limit: float) -> np.ndarray:
        check_video_size(path)
        return read_clips(path, self._classifier.clip, time_limit=time_limit)

    def find(self, clips: np.ndarray) -> tuple[None, Answer]:
        found = self._function(views=tf.constant(clips[None]))
        names, scores = found["top_names"][0].numpy(), found["top_scores"][0].numpy()
        top = [
            {"label": name.decode(), "value": float(score)}
            for name, score in zip(names, scores, strict=True)
        ]
        return None, {"top": top[:TOP], "measure": "probability"}

    def shown(self, clips: np.ndarray, _: None) -> Answer:
        clip, model = clips[len(clips) // 2], self._classifier.model
        try:
            found = top_positions(
                model,
                self._classifier.preprocess(clip[None]),
                k=_TARGETS,
                queries="motion",
                other_frames=True,
            )
        except ValueError as error:
            return {"note": f"What a position attends to is not shown: {error}"}
        return {"attention": _attention(found, self._classifier.seen(clip))}


class _Pixels:
    """What predictors of images share."""

    def sample(self) -> np.ndarray:
        return scene(0, (96, 128))[0]

    def read(self, path: str, time_limit: float) -> np.ndarray:
        check_image_size(path)
        return read_image(path)


class _Labels(_Pixels):
    """Labels the pixels of images."""

    def __init__(self, segmenter: Segmenter):
        self._segmenter = segmenter

    def find(self, pixels: np.ndarray) -> tuple[np.ndarray, Answer]:
        labels = self._segmenter.predict(pixels)
        shares = areas(labels, self._segmenter.class_names)
        top = [{"label": name, "value": share} for name, share in shares.items()]
        return labels, {"top": top[:TOP], "measure": "share of the image"}

    def shown(self, pixels: np.ndarray, labels: np.ndarray) -> Answer:
        names, palette = self._segmenter.class_names, self._segmenter.palette
        return {"picture": _base64(draw_labels(pixels, labels, names, palette), "PNG")}


class _Objects(_Pixels):
    """Finds objects in images."""

    def __init__(self, detector: Detector):
        self._detector = detector

    def find(self, pixels: np.ndarray) -> tuple[Any, Answer]:
        found = self._detector.predict(pixels, min_score=_LEAST_CONFIDENCE)
        top = [
            {"label": name, "value": float(score), "box": [float(side) for side in box]}
            for name, score, box in zip(
                found["names"], found["confidence"], found["boxes"], strict=True
            )
        ]
        note = {} if top else {"note": f"No object has a confidence of {_LEAST_CONFIDENCE}."}
        return found, {"top": top[:TOP], "measure": "confidence", **note}

    def shown(self, pixels: np.ndarray, found: Any) -> Answer:
        names, skeleton = self._detector.class_names, self._detector.skeleton
        return {"picture": _base64(draw_objects(pixels, found, names, skeleton=skeleton), "PNG")}


_USES: tuple[tuple[type, str, Callable], ...] = (
    (VideoClassifier, "video", _Clips),
    (Segmenter, "image", _Labels),
    (Detector, "image", _Objects),
)


def use_of(predictor: Any) -> tuple[str, Callable[[Any], Any]]:
    """Returns what a predictor takes, `"video"` or `"image"`, and the class that uses it.

    Raises:
        ValueError: There is none.
    """
    for task, kind, use in _USES:
        if isinstance(predictor, task):
            return kind, use
    raise ValueError(
        "`predictor` must be one that `keras_nonlocal.zoo.load` returns. Received: "
        f"{type(predictor).__name__}"
    )


def _attention(found, frames: np.ndarray) -> Answer:
    """The position, what it attends to, and the frames in which these are, for a page to draw."""
    (query,) = cells_in_frames(found, found.queries[0], len(frames))
    weights = found.weights[0, 0]
    targets = [
        {**asdict(cell), "weight": float(weight)}
        for cell, weight in zip(
            cells_in_frames(found, found.positions[0, 0], len(frames)), weights, strict=True
        )
        if weight
    ]
    numbers = dict.fromkeys([query.frame, *(each["frame"] for each in targets)])
    shown = sorted(list(numbers)[:_SHOWN_FRAMES])
    return {
        "block": found.block,
        "size": frames.shape[1:3],
        "query": asdict(query),
        "targets": targets,
        "frames": [{"number": number, "jpeg": _base64(frames[number], "JPEG")} for number in shown],
    }


def _base64(pixels: np.ndarray, kind: str) -> str:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, kind, quality=92)
    return base64.b64encode(content.getvalue()).decode()
