"""Loads a trained network by the name of its card, or from a folder, for one of the runtimes.

TensorFlow takes many seconds and hundreds of megabytes, which the light runtime saves. So the
module of a runtime is imported when it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Literal

from ..utils.checks import PathLike, one_of

if TYPE_CHECKING:
    from ..tasks.predictor import Predictor

RUNTIMES = {"keras": ".trained", "openvino": ".openvino_classifier"}


def load(
    name: PathLike,
    *,
    runtime: Literal["keras", "openvino"] = "keras",
    precision: Literal["float32", "bfloat16"] = "float32",
) -> Predictor:
    """Loads a trained network with its weights, ready to predict from files.

    Args:
        name: The name of a card, see `keras_nonlocal.pretrained.card_names()`. Or the folder of a
            training run: its best weights are loaded, as by `keras_nonlocal.tasks.load_run`. With
            `runtime="openvino"`, the folder that `keras_nonlocal.export.openvino` wrote.
        runtime: What computes. With `"openvino"`, a video classifier starts in about two seconds
            and needs a sixth of the memory, because neither TensorFlow nor Keras is imported. It
            has `predict`, `read`, `preprocess`, `probabilities`, `named`, `class_names` and `clip`,
            and no `model`.
        precision: `"bfloat16"` lets OpenVINO compute in half precision, which takes about half of
            the time on processors that support it.

    Returns:
        The predictor, for example a `keras_nonlocal.tasks.video_classification.VideoClassifier`.

    Raises:
        ValueError: There is no such card, the weights file is not that of the card, or the folder
            is not that of a video classifier for this runtime.
        FileNotFoundError: The folder is not that of a training run with saved weights, or has no
            file of OpenVINO.
        ImportError: OpenVINO is not installed, see the extra `openvino`.
        PermissionError, FetchError: As in `keras_nonlocal.pretrained.fetch_weights`.

    Example:
        >>> classifier = keras_nonlocal.zoo.load("nl_i3d_small_weizmann")
        >>> classifier.class_names[:3]
        ('bend', 'jack', 'jump')
    """
    module = import_module(RUNTIMES[one_of("runtime", runtime, RUNTIMES)], __package__)
    return module.load(name, precision)
