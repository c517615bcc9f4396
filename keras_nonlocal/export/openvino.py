"""OpenVINO: the runtime that starts quickest and needs the least memory."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from ..utils.atomic_files import new_folder
from ..utils.checks import PathLike
from .checked_file import FACTS, require, write_checked
from .inference_graph import InferenceGraph, Shape, Trained, dimensions, inference_graph

FILE = "model.xml"


def openvino(network: Trained | keras.Model, path: PathLike, *, shape: Shape | None = None) -> Path:
    """Writes a network for OpenVINO: a folder with `model.xml` and `model.bin`.

    Batch norms are folded, and frames that nothing reads are skipped. Before the folder gets its
    name, a new process without TensorFlow runs it, and its outputs must be those of the network.
    The classes and the preprocessing of a predictor are in the file, so
    `keras_nonlocal.zoo.load(FOLDER, runtime="openvino")` makes a predictor of it.

    Args:
        network: A predictor such as `keras_nonlocal.zoo.load` returns, or a functional model.
        path: The new folder.
        shape: Sizes of the input before its channels, such as `(1, 32, 224, 224)` for batch,
            frames, height and width; `None` among them is any size. By default, the sizes that the
            network itself leaves open are open.

    Returns:
        The folder.

    Raises:
        ImportError: OpenVINO is not installed, see the extra `openvino`.
        FileExistsError: The folder exists.
        ValueError: An argument is invalid, OpenVINO cannot run the network, or answers something
            else.
        RuntimeError: Keras does not run on TensorFlow.

    Example:
        classifier = keras_nonlocal.zoo.load("nl_i3d_small_weizmann")
        keras_nonlocal.export.openvino(classifier, "actions_openvino")
        light = keras_nonlocal.zoo.load("actions_openvino", runtime="openvino")
        print(light.predict("jumping.mp4"))
    """
    require("openvino", "openvino")
    graph = inference_graph(network, shape, "openvino")
    return write_checked(graph, path, "openvino", new_folder, _convert, _describe)


def openvino_facts(path: PathLike) -> dict[str, Any]:
    """Returns what a folder of `openvino` tells of itself."""
    import openvino

    model = openvino.Core().read_model(Path(path) / FILE)
    return json.loads(model.get_rt_info(FACTS).astype(str))


def _convert(graph: InferenceGraph, folder: Path) -> None:
    import openvino

    with tempfile.TemporaryDirectory() as scratch:
        module = tf.Module()
        module.weights = graph.variables
        tf.saved_model.save(module, scratch, signatures=graph.traced())
        model = openvino.Core().read_model(scratch)
    layout = openvino.Layout(f"[{','.join(dimensions(len(graph.input.shape)))}]")
    model.input(0).node.set_layout(layout)
    openvino.save_model(model, folder / FILE, compress_to_fp16=False)


def _describe(folder: Path, facts: dict[str, Any]) -> None:
    import openvino

    model = openvino.Core().read_model(folder / FILE)
    model.set_rt_info(json.dumps(facts), FACTS)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:  # it reads from what it would replace
        openvino.save_model(model, Path(scratch) / FILE, compress_to_fp16=False)
        for file in Path(scratch).iterdir():
            os.replace(file, folder / file.name)
