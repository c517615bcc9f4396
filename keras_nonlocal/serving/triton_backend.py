"""What a Triton server runs for a model that `serving.triton` has written."""

from __future__ import annotations

import io
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
from .uploads import UploadError, check_video_size, uploaded

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
        self._answer(self._classifier.read(jumping_jacks(9)))

    def execute(self, requests: list[Any]) -> list[Any]:
        """Answers the requests of a batch; one that cannot be answered does not harm the others.

        Files are read side by side. Videos pass the network one by one, so that an answer does not
        depend on what waits beside it, and is that of `predict`.
        """
        return [self._response(videos) for videos in self._threads.map(self._read, requests)]

    def finalize(self) -> None:
        """Ends the threads, for which the server would wait."""
        self._threads.shutdown()

    def _response(self, videos: list[np.ndarray] | UploadError) -> Any:
        if isinstance(videos, UploadError):
            return self._utils.InferenceResponse([], self._utils.TritonError(str(videos)))
        rows = [self._answer(clips) for clips in videos]
        tensors = [
            self._utils.Tensor(name, np.concatenate([row[name] for row in rows]))
            for name in OUTPUTS
        ]
        return self._utils.InferenceResponse(tensors)

    def _answer(self, clips: np.ndarray) -> dict[str, np.ndarray]:
        found = self._function(views=tf.constant(clips[None]))
        return {name: found[name].numpy() for name in OUTPUTS}

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
            check_video_size(path)
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


def _picture(file: bytes) -> np.ndarray:
    try:
        with Image.open(io.BytesIO(file), formats=["JPEG"]) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UploadError("`jpegs` must be complete JPEG files.") from error
