"""A video classifier that runs by OpenVINO, without TensorFlow and Keras in the process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..utils.checks import PathLike, one_of
from ..utils.errors import NotFiniteError
from ..utils.schema import parse, parse_json
from ..video.array_preprocessing import preprocess_array
from ..video.clip_reader import read_clips
from ..video.clip_spec import ClipSpec
from ..video.views import by_probability, mean_of_views

# As `keras_nonlocal.export.openvino` names them. It needs Keras, so it is not imported here.
FILE, FACTS = "model.xml", "keras_nonlocal"
PRECISIONS = {"float32": "f32", "bfloat16": "bf16"}


@dataclass(frozen=True, eq=False)
class OpenVinoClassifier:
    """A video classifier as `keras_nonlocal.tasks.video_classification.VideoClassifier`, but light.

    Attributes:
        network: The compiled network, from preprocessed clips to probabilities.
        class_names: Names of the classes, in the order of the outputs.
        clip: How a video becomes the input of the network.
        facts: What the file tells of itself: origin, license, versions, differences.
    """

    network: Any
    class_names: tuple[str, ...]
    clip: ClipSpec
    facts: dict[str, Any]

    def read(self, video: PathLike | np.ndarray) -> np.ndarray:
        """Reads the clips of a video: uint8 `(clips * crops, frames, H, W, 3)`."""
        return read_clips(video, self.clip)

    def preprocess(self, clips: np.ndarray) -> np.ndarray:
        """Converts pixels to inputs of the network: float32, normalized as in training."""
        return preprocess_array(clips, self.clip)

    def predict(self, video: PathLike | np.ndarray) -> dict[str, float]:
        """Classifies a video; see `VideoClassifier.predict`."""
        return self.named(self.probabilities(self.read(video)))

    def probabilities(self, clips: np.ndarray) -> np.ndarray:
        """Returns the mean probability of each class over the clips that `read` gives."""
        probabilities = mean_of_views(
            lambda view: self.network(self.preprocess(view))[0], clips, flip=self.clip.flip
        )
        if not np.isfinite(probabilities).all():
            raise NotFiniteError(
                f"The probabilities of {self.facts['network']!r} must be finite numbers. "
                "Received: NaN or infinite values"
            )
        return probabilities

    def named(self, probabilities: np.ndarray) -> dict[str, float]:
        """Returns the probability of each class by its name, highest first."""
        return by_probability(self.class_names, probabilities)


def load(folder: PathLike, precision: str) -> OpenVinoClassifier:
    """Loads a folder that `keras_nonlocal.export.openvino` wrote; see `keras_nonlocal.zoo.load`."""
    hint = PRECISIONS[one_of("precision", precision, PRECISIONS)]
    file = Path(folder) / FILE
    if not file.is_file():
        raise FileNotFoundError(
            f"{file} does not exist. `runtime='openvino'` takes a folder that "
            "`keras_nonlocal.export.openvino` or `keras-nonlocal export --format openvino` wrote."
        )
    try:
        import openvino
    except ImportError:
        raise ImportError(
            'OpenVINO is not installed. Run: pip install "keras_nonlocal[openvino]"'
        ) from None
    core = openvino.Core()
    model = core.read_model(file)
    facts = _facts(model, file)
    clip = parse(ClipSpec, facts["clip"], f"`clip` of {file}")
    taken = model.input(0).partial_shape
    if not taken.compatible(openvino.PartialShape([1, *(side or -1 for side in clip.input_shape)])):
        raise ValueError(
            f"{file} must take one clip (1, {', '.join(map(str, clip.input_shape))}). Received: "
            f"{taken}. Export it with another `shape`."
        )
    network = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": hint})
    return OpenVinoClassifier(network, tuple(facts["classes"]), clip, facts)


def _facts(model: Any, file: Path) -> dict[str, Any]:
    if not model.has_rt_info(FACTS):
        raise ValueError(
            f"{file} has no facts of a network of this library. Expected: a folder that "
            "`keras_nonlocal.export.openvino` wrote"
        )
    facts = parse_json(model.get_rt_info(FACTS).astype(str), f"{FACTS!r} of {file}")
    if facts.get("task") != "video_classification":
        raise ValueError(
            "`runtime='openvino'` runs video classifiers. Received: a network of the task "
            f"{facts.get('task')!r} in {file}. Run it by `openvino.Core().compile_model(FILE)`."
        )
    return facts
