"""ONNX, for ONNX Runtime and whatever else reads it; also with 8-bit weights and activations."""

from __future__ import annotations

import json
import logging
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ..utils.atomic_files import replacing
from ..utils.checks import PathLike
from .checked_file import FACTS, require, write_checked
from .inference_graph import InferenceGraph, Shape, Trained, answer, inference_graph, named_shape

OPSET = 17  # the newest that tf2onnx and runtimes of the last years share
MOST_COMPARED = 64  # calibration inputs that are compared; all of them calibrate


def onnx(
    network: Trained | keras.Model,
    path: PathLike,
    *,
    shape: Shape | None = None,
    calibration: np.ndarray | None = None,
) -> Path:
    """Writes a network as an ONNX file.

    Batch norms are folded, and frames that nothing reads are skipped. Before the file gets its
    name, ONNX Runtime runs it in a new process without TensorFlow, and its outputs must be those of
    the network. The classes and the preprocessing of a predictor are in the file, as JSON under
    `"keras_nonlocal"` in its metadata.

    Args:
        network: A predictor such as `keras_nonlocal.zoo.load` returns, or a functional model.
        path: The new file.
        shape: Sizes of the input before its channels, such as `(1, 32, 224, 224)` for batch,
            frames, height and width; `None` among them is any size. By default, the sizes that the
            network itself leaves open are open. In the file they are named.
        calibration: Inputs of the network, `(N, ...)`, as `predictor.preprocess` returns them.
            With them, the file computes in 8-bit integers, whose ranges are those that these inputs
            need. It is about a quarter as large. How far its outputs differ for these inputs is in
            the file, under `"differences"`. Inputs of all classes are best.

    Returns:
        The file.

    Raises:
        ImportError: A package is not installed, see the extra `onnx`.
        FileExistsError: The file exists.
        ValueError: An argument is invalid, ONNX Runtime cannot run the network, or answers
            something else.
        RuntimeError: Keras does not run on TensorFlow.

    Example:
        classifier = keras_nonlocal.zoo.load("nl_i3d_small_weizmann")
        keras_nonlocal.export.onnx(classifier, "actions.onnx")
        clips = classifier.preprocess(classifier.read("jumping.mp4"))
        keras_nonlocal.export.onnx(classifier, "actions_int8.onnx", calibration=clips)
    """
    require("onnx", "onnx", "tf2onnx", "onnxruntime")
    graph = inference_graph(network, shape, "tf2onnx", "onnxruntime")
    if calibration is None:
        return write_checked(graph, path, "onnx", replacing, _convert, _describe)
    model = network if isinstance(network, keras.Model) else network.model
    graph = _with_requests(graph, model, calibration)

    def convert(graph: InferenceGraph, file: Path) -> None:
        _quantize(graph, file, calibration)

    return write_checked(graph, path, "onnx", replacing, convert, _describe, "int8")


def onnx_facts(path: PathLike) -> dict[str, Any]:
    """Returns what a file of `onnx` tells of itself."""
    import onnx

    metadata = onnx.load(str(path)).metadata_props
    return json.loads(next(entry.value for entry in metadata if entry.key == FACTS))


def _convert(graph: InferenceGraph, file: Path) -> None:
    import onnx
    import tf2onnx

    with _quiet():
        proto, _ = tf2onnx.convert.from_function(graph.function, [graph.input], opset=OPSET)
    del proto.graph.value_info[:]  # it has names of sizes, too
    _name_sizes(proto.graph.input[0], named_shape(graph.input))
    for value in proto.graph.output:
        rank = len(value.type.tensor_type.shape.dim)
        _name_sizes(value, ["batch", *(f"{value.name}_{axis}" for axis in range(1, rank))])
    onnx.save(proto, str(file))


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what converters tell of their steps, and of features of NumPy that will go."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _name_sizes(value: Any, names: list[str | int]) -> None:
    for size, name in zip(value.type.tensor_type.shape.dim, names, strict=True):
        if not size.HasField("dim_value"):
            size.dim_param = str(name)


def _with_requests(
    graph: InferenceGraph, model: keras.Model, calibration: np.ndarray
) -> InferenceGraph:
    """The same graph, asked about calibration inputs."""
    spec, calibration = graph.input, np.asarray(calibration)
    if not len(calibration) or not spec.shape[1:].is_compatible_with(calibration.shape[1:]):
        raise ValueError(
            "`calibration` must be inputs of the network: "
            f"{spec.shape}. Received: {calibration.shape}"
        )
    if calibration.dtype != spec.dtype.as_numpy_dtype:
        raise ValueError(
            f"`calibration` must be {spec.dtype.name}, as `predictor.preprocess` returns it. "
            f"Received: {calibration.dtype}"
        )
    places = np.linspace(0, len(calibration) - 1, min(len(calibration), MOST_COMPARED)).astype(int)
    requests = [calibration[place][None] for place in places]
    return replace(graph, requests=requests, answers=[answer(model, each) for each in requests])


def _quantize(graph: InferenceGraph, file: Path, calibration: np.ndarray) -> None:
    from onnxruntime import quantization

    class Reader(quantization.CalibrationDataReader):
        def __init__(self):
            self.clips = iter(calibration)

        def get_next(self):
            clip = next(self.clips, None)
            return None if clip is None else {graph.input.name: clip[None]}

    with tempfile.TemporaryDirectory() as scratch:
        floats = Path(scratch, "float32.onnx")
        _convert(graph, floats)
        with _quiet():
            quantization.quantize_static(str(floats), str(file), Reader(), per_channel=True)


def _describe(file: Path, facts: dict[str, Any]) -> None:
    import onnx

    proto = onnx.load(str(file))
    proto.metadata_props.add(key=FACTS, value=json.dumps(facts))
    onnx.save(proto, str(file))
