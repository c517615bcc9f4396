"""What a Triton server runs for a model that `serving.triton` has written."""

from __future__ import annotations

import io
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image

from ..tasks.video_classification.signatures import MOST_FRAMES
from ..video.clip_reader import read_clips
from ..video.samples.sample_video import jumping_jacks
from .triton_repository import read_classifier
from .uploads import UploadError, check_video, uploaded

INPUTS = ("video", "jpegs", "views")
OUTPUTS = ("probabilities", "top_classes", "top_names", "top_scores")
_TIME_LIMIT = 30.0  # seconds to read a file
_THREADS = 4


class TritonPythonModel:
    """A model of Triton's Python backend: the server calls these methods."""

    def initialize(self, args: dict[str, str]) -> None:
        """Reads this version, and answers once, as the first answer takes long."""
        import triton_python_backend_utils as utils  # which only the server has

        self._utils = utils
        folder = Path(args["model_repository"]) / args["model_version"]
        self._classifier = read_classifier(folder)
        self._function = self._classifier.served().signatures["views"].function
        self._threads = ThreadPoolExecutor(_THREADS)
        self._answers([self._classifier.read(jumping_jacks(9))])

    def execute(self, requests: list[Any]) -> list[Any]:
        """Answers the requests of a batch; one that cannot be answered does not harm the others."""
        read = list(self._threads.map(self._read, requests))
        good = [videos for videos in read if not isinstance(videos, UploadError)]
        answers = iter(self._answers([clips for videos in good for clips in videos]))
        return [self._response(videos, answers) for videos in read]

    def _response(self, videos: Any, answers: Any) -> Any:
        if isinstance(videos, UploadError):
            error = self._utils.TritonError(str(videos))
            return self._utils.InferenceResponse([], error)
        rows = [next(answers) for _ in videos]
        tensors = [
            self._utils.Tensor(name, np.stack([row[name] for row in rows])) for name in OUTPUTS
        ]
        return self._utils.InferenceResponse(tensors)

    def _read(self, request: Any) -> list[np.ndarray] | UploadError:
        """The clips of each video of a request, or why there are none."""
        given = {}
        for name in INPUTS:
            if (tensor := self._utils.get_input_tensor_by_name(request, name)) is not None:
                given[name] = tensor.as_numpy()
        try:
            if len(given) != 1:
                raise UploadError(
                    f"One of the inputs {', '.join(INPUTS)} is expected. Received: "
                    f"{', '.join(given) or 'none'}"
                )
            ((name, values),) = given.items()
            return [getattr(self, f"_of_{name}")(value) for value in values]
        except UploadError as error:
            return error

    def _of_video(self, files: np.ndarray) -> np.ndarray:
        with uploaded(files[0], "video") as path:
            check_video(path)
            return read_clips(path, self._classifier.clip, time_limit=_TIME_LIMIT)

    def _of_jpegs(self, files: np.ndarray) -> np.ndarray:
        if not 1 <= len(files) <= MOST_FRAMES:
            raise UploadError(
                f"`jpegs` must be from 1 to {MOST_FRAMES} JPEG files. Received: {len(files)}"
            )
        frames = [_picture(file) for file in files]
        if len({frame.shape for frame in frames}) > 1:
            raise UploadError("`jpegs` must be pictures of one size.")
        return self._classifier.read(np.stack(frames))

    def _of_views(self, views: np.ndarray) -> np.ndarray:
        if not views.size:
            raise UploadError(f"`views` must have at least one pixel. Received: {views.shape}")
        return views

    def _answers(self, videos: list[np.ndarray]) -> Iterable[dict[str, np.ndarray]]:
        """Answers videos, those of one shape together."""
        answers: list[Any] = [None] * len(videos)
        for shape in {clips.shape for clips in videos}:
            places = [place for place, clips in enumerate(videos) if clips.shape == shape]
            found = self._function(views=tf.constant(np.stack([videos[each] for each in places])))
            for row, place in enumerate(places):
                answers[place] = {name: found[name][row].numpy() for name in OUTPUTS}
        return answers


def _picture(file: bytes) -> np.ndarray:
    try:
        with Image.open(io.BytesIO(file), formats=["JPEG"]) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UploadError("`jpegs` must be complete JPEG files.") from error
