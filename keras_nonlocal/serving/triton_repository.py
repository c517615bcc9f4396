"""A model repository for Triton, whose Python backend takes video files."""

from __future__ import annotations

import json
import os
import re
import shutil
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ..tasks.video_classification.classifier import VideoClassifier
from ..tasks.video_classification.signatures import TOP
from ..utils.atomic_files import replacing, unique
from ..utils.checks import PathLike, positive_int
from ..utils.schema import parse, parse_json
from ..video.clip_spec import ClipSpec
from ..video.samples.sample_video import jumping_jacks
from ..weights.assign import check_weights

NETWORK, FACTS = "network.keras", "predictor.json"
_MODEL = '''"""The Python backend of Triton runs this file."""

from keras_nonlocal.serving.triton_backend import TritonPythonModel as TritonPythonModel
'''
_CONFIG = """\
name: "{name}"
backend: "python"
max_batch_size: {max_batch_size}
input [
  {{ name: "video" data_type: TYPE_STRING dims: [ 1 ] optional: true }},
  {{ name: "jpegs" data_type: TYPE_STRING dims: [ -1 ] optional: true }},
  {{ name: "views" data_type: TYPE_UINT8 dims: [ -1, {shape} ] optional: true }}
]
output [
  {{ name: "probabilities" data_type: TYPE_FP32 dims: [ {classes} ] }},
  {{ name: "top_classes" data_type: TYPE_INT32 dims: [ {top} ] }},
  {{ name: "top_names" data_type: TYPE_STRING dims: [ {top} ] }},
  {{ name: "top_scores" data_type: TYPE_FP32 dims: [ {top} ] }}
]
dynamic_batching {{ max_queue_delay_microseconds: 5000 }}
instance_group [ {{ kind: KIND_CPU count: 1 }} ]
version_policy: {{ latest {{ num_versions: 2 }} }}
"""


def triton(
    predictor: VideoClassifier,
    path: PathLike,
    *,
    name: str | None = None,
    version: int | None = None,
    max_batch_size: int = 8,
) -> Path:
    """Writes a video classifier into a model repository for a Triton server.

    The model takes one of three inputs: `video`, the bytes of a video file; `jpegs`, its frames as
    JPEG files, 30 in a second; or `views`, the clips that the network sees. It reads files as this
    library does, so it answers as `predict`, and it joins requests that wait. The Python of the
    server must have this library installed.

    Args:
        predictor: A video classifier, such as `keras_nonlocal.zoo.load` returns.
        path: The repository, in which each model is a folder.
        name: Name of the model; by default that of the card, or of the network.
        version: Number of the version; by default the next one. A server has the last two.
        max_batch_size: Largest number of requests that are joined.

    Returns:
        The folder of the version. It gets its name only when it is complete, so a server that
        watches the repository never sees a part of it.

    Raises:
        ValueError: The predictor does not classify videos, a name or number is invalid, or other
            versions take other inputs.
        FileExistsError: This version exists.

    Example:
        classifier = keras_nonlocal.zoo.load("nl_i3d_small_weizmann")
        keras_nonlocal.serving.triton(classifier, "repository")
    """
    if not isinstance(predictor, VideoClassifier):
        raise ValueError(
            "`predictor` must classify videos. Networks of images take JPEG files in a bundle of "
            f"`keras_nonlocal.export.saved_model`. Received: {type(predictor).__name__}"
        )
    positive_int("max_batch_size", max_batch_size)
    card = predictor.card
    name = name or (predictor.model.name if card is None else card.name)
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", name):
        raise ValueError(
            "`name` must be of letters, digits, dots, hyphens and underscores, as it is part of an "
            f"address. Received: name={name!r}"
        )
    check_weights(predictor.model)
    root = Path(path) / name
    numbers = [int(each.name) for each in root.glob("*") if each.name.isdigit()]
    number = max(numbers, default=0) + 1 if version is None else positive_int("version", version)
    target, hidden = root / str(number), root / f".{number}-{unique()}"
    if target.exists():
        raise FileExistsError(f"{target} exists. A server may be using it: take another version.")
    config = _config(name, predictor, max_batch_size)
    if numbers and (root / "config.pbtxt").read_text("utf-8") != config:
        raise ValueError(
            f"All versions of {name!r} must have the same inputs, outputs and batch size, as they "
            "share a configuration. Take another `name`."
        )
    hidden.mkdir(parents=True)
    try:
        predictor.model.save(hidden / NETWORK)
        facts = {"class_names": predictor.class_names, "clip": asdict(predictor.clip)}
        (hidden / FACTS).write_text(json.dumps(facts, indent=2) + "\n", "utf-8")
        (hidden / "model.py").write_text(_MODEL, "utf-8")
        _compare(read_classifier(hidden), predictor)
        with replacing(root / "config.pbtxt") as partial:
            partial.write_text(config, "utf-8")
        os.replace(hidden, target)
    finally:
        shutil.rmtree(hidden, ignore_errors=True)
        with suppress(OSError):  # it is empty only if nothing was written
            root.rmdir()
    return target


def read_classifier(folder: Path) -> VideoClassifier:
    """Reads the classifier in the folder of a version."""
    facts = parse_json((folder / FACTS).read_bytes(), FACTS)
    model = keras.saving.load_model(folder / NETWORK, compile=False)
    clip = parse(ClipSpec, facts["clip"], f"`clip` of {FACTS}")
    return VideoClassifier(model, tuple(facts["class_names"]), clip)


def _config(name: str, classifier: VideoClassifier, max_batch_size: int) -> str:
    clip, classes = classifier.clip, len(classifier.class_names)
    return _CONFIG.format(
        name=name,
        max_batch_size=max_batch_size,
        shape=", ".join(map(str, (clip.num_frames, *(clip.size or (-1, -1)), 3))),
        classes=classes,
        top=min(TOP, classes),
    )


def _compare(stored: Any, predictor: Any) -> None:
    """Raises unless what was stored answers as the predictor."""
    frames = jumping_jacks(predictor.clip.span)
    expected, found = predictor.predict(frames), stored.predict(frames)
    difference = np.abs([found[name] - value for name, value in expected.items()]).max()
    if not difference <= 1e-6:
        raise ValueError(
            "The model was not written, because it answers something else than the predictor when "
            f"it is read again. Expected: a difference of at most 1e-6. Received: {difference}"
        )
