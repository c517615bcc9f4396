"""LiteRT, formerly TensorFlow Lite: the runtime of phones and small boards."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf

from ..ops.pooling import pooling_of_images
from ..utils.atomic_files import replacing
from ..utils.checks import PathLike, one_of
from .checked_file import FACTS, require, write_checked
from .inference_graph import InferenceGraph, Shape, Trained, inference_graph

PRECISIONS = ("float32", "float16")
_IDENTIFIER = b"TFL3"


def litert(
    network: Trained | keras.Model,
    path: PathLike,
    *,
    shape: Shape | None = None,
    precision: Literal["float32", "float16"] = "float32",
) -> Path:
    """Writes a network as a LiteRT file (`.tflite`).

    Batch norms are folded, and frames that nothing reads are skipped. LiteRT has no pooling of
    clips, so clips are pooled as images, first over space and then over time, which is the same.
    Before the file gets its name, LiteRT runs it in a new process without TensorFlow, and its
    outputs must be those of the network. The classes and the preprocessing of a predictor are in
    the file, as JSON in its metadata under `"keras_nonlocal"`.

    Args:
        network: A predictor such as `keras_nonlocal.zoo.load` returns, or a functional model.
        path: The new file.
        shape: Sizes of the input before its channels, such as `(1, 32, 224, 224)` for batch,
            frames, height and width. Most non-local networks need fixed sizes in LiteRT. By
            default, the sizes that the network itself leaves open are open.
        precision: `"float16"` stores the weights in half of the bytes. There is no `"int8"`,
            because LiteRT has no 8-bit convolution of clips, so the file would not be smaller.

    Returns:
        The file.

    Raises:
        ImportError: LiteRT is not installed, see the extra `litert`.
        FileExistsError: The file exists.
        ValueError: An argument is invalid, LiteRT cannot run the network, or answers something
            else.
        RuntimeError: Keras does not run on TensorFlow.

    Example:
        classifier = keras_nonlocal.zoo.load("nl_i3d_small_weizmann")
        keras_nonlocal.export.litert(classifier, "actions.tflite", shape=(1, 12, 64, 64))
    """
    one_of("precision", precision, PRECISIONS)
    require("litert", "ai_edge_litert")
    graph = inference_graph(network, shape, "ai_edge_litert")

    def convert(graph: InferenceGraph, file: Path) -> None:
        file.write_bytes(_converted(graph, half=precision == "float16"))

    return write_checked(graph, path, "litert", replacing, convert, _describe, precision)


def litert_facts(path: PathLike) -> dict[str, Any]:
    """Returns what a file of `litert` tells of itself."""
    model = _read(Path(path))
    entry = next(each for each in model.metadata if each.name == FACTS.encode())
    return json.loads(bytes(model.buffers[entry.buffer].data))


def _converted(graph: InferenceGraph, half: bool) -> bytes:
    module = tf.Module()
    module.weights = graph.variables
    with pooling_of_images():
        function = graph.traced()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], module)
    # Operations that LiteRT lacks are allowed, and refused below: else the converter prints pages.
    converter.target_spec.supported_ops = [
        tf.lite.OpsSet.TFLITE_BUILTINS,
        tf.lite.OpsSet.SELECT_TF_OPS,
    ]
    if half:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    content = converter.convert()
    if lacking := sorted(set(re.findall(rb"Flex(\w+)", content))):
        fixed = graph.input.shape.is_fully_defined()
        advice = "" if fixed else ". Give a `shape` without None, which needs fewer of them"
        names = b", ".join(lacking).decode()
        raise ValueError(f"LiteRT lacks operations of TensorFlow: {names}{advice}")
    return content


def _describe(file: Path, facts: dict[str, Any]) -> None:
    """Adds the facts to the metadata, which LiteRT keeps and does not read."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = _read(file)
    buffer, entry = schema.BufferT(), schema.MetadataT()
    buffer.data = np.frombuffer(json.dumps(facts).encode(), "uint8")
    entry.name, entry.buffer = FACTS, len(model.buffers)
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or []), entry]
    builder = flatbuffers.Builder(file.stat().st_size)
    builder.Finish(model.Pack(builder), _IDENTIFIER)
    file.write_bytes(builder.Output())


def _read(file: Path) -> Any:
    from ai_edge_litert import schema_py_generated as schema

    return schema.ModelT.InitFromPackedBuf(file.read_bytes())
