"""A network as a TensorFlow function with a named input, and the answers that a file must give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf

from .. import __version__
from ..surgery.rebuild import as_functional
from ..utils.checks import positive_int
from ..utils.compat import layer_of
from ..weights.assign import check_weights
from .fold_batch_norm import fold_batch_norm

Shape = Sequence[int | None]

# The dimensions of an input, by their number.
_DIMENSIONS = {
    2: ("batch", "channels"),
    3: ("batch", "length", "channels"),
    4: ("batch", "height", "width", "channels"),
    5: ("batch", "frames", "height", "width", "channels"),
}
# Sizes of requests, where a dimension can have any size.
_TRIED = {
    "batch": (1, 2),
    "length": (16, 24),
    "frames": (8, 12),
    "height": (64, 96),
    "width": (80, 64),
}


class Trained(Protocol):
    """A network that knows what it takes, such as a predictor."""

    @property
    def model(self) -> keras.Model: ...

    def about(self) -> dict[str, Any]:
        """Returns the classes and the preprocessing, as JSON holds them."""


@dataclass(frozen=True, eq=False)
class InferenceGraph:
    """A network for inference, with requests that prove that a file of it answers right.

    Attributes:
        function: From the input to a dictionary of outputs.
        variables: The weights that the function uses.
        input: Name, shape and dtype of the input; `None` in the shape is any number.
        requests: Inputs, of different shapes where the shape is not fixed.
        answers: The outputs of the network itself for each request, by name.
        facts: What a file tells of itself, as JSON holds it.
    """

    function: Any
    variables: list[tf.Variable]
    input: tf.TensorSpec
    requests: list[np.ndarray]
    answers: list[dict[str, np.ndarray]]
    facts: dict[str, Any]

    def traced(self) -> Any:
        """Returns the function as a graph for this input."""
        return self.function.get_concrete_function(self.input)


def inference_graph(
    network: Trained | keras.Model, shape: Shape | None, *packages: str
) -> InferenceGraph:
    """Folds a network, names its input and outputs, and asks it.

    Args:
        network: A predictor, or a functional model.
        shape: The sizes of the input before its channels; `None` for those of the network.
        *packages: Modules whose versions the file tells, besides those of Keras and TensorFlow.

    Raises:
        RuntimeError: Keras does not run on TensorFlow.
        ValueError: `network` is something else, or `shape` does not fit it.
    """
    if keras.backend.backend() != "tensorflow":
        raise RuntimeError(
            "Files of networks are made of TensorFlow's graphs. Start with "
            f"KERAS_BACKEND=tensorflow. Received: {keras.backend.backend()!r}"
        )
    is_model = isinstance(network, keras.Model)
    if not is_model and not hasattr(network, "about"):
        raise ValueError(
            "A predictor is expected, as `keras_nonlocal.zoo.load` returns it, or a Keras model. "
            f"Received: {type(network).__name__}"
        )
    model = as_functional(network if is_model else network.model)
    if len(model.inputs) != 1:
        raise ValueError(
            "Files are made of networks with one input. Write a predictor that finds objects by "
            f"`keras_nonlocal.export.saved_model`. Received: {len(model.inputs)} inputs"
        )
    spec = _input(model, shape)
    folded = fold_batch_norm(model)
    check_weights(folded)  # folding divides by statistics

    @tf.function(autograph=False)
    def function(tensor):
        return _by_name(folded, folded(tensor, training=False))

    requests = _requests(spec)
    answers = [answer(model, request) for request in requests]
    outputs = {key: (array.dtype, array.shape) for key, array in answers[0].items()}
    modules = ("tensorflow", "keras", *packages)
    versions = {name: import_module(name).__version__ for name in modules}
    facts = {
        "network": model.name,
        "versions": {"keras_nonlocal": __version__, **versions},
        "inputs": {spec.name: {"dtype": spec.dtype.name, "shape": named_shape(spec)}},
        "outputs": {
            key: {"dtype": str(each), "rank": len(of)} for key, (each, of) in outputs.items()
        },
        **({} if is_model else network.about()),
    }
    variables = [variable.value for variable in folded.variables]
    return InferenceGraph(function, variables, spec, requests, answers, facts)


def dimensions(rank: int) -> tuple[str, ...]:
    """Returns the names of the dimensions of an input.

    >>> dimensions(4)
    ('batch', 'height', 'width', 'channels')
    """
    return _DIMENSIONS.get(rank) or ("batch", *(f"dimension_{axis}" for axis in range(1, rank)))


def named_shape(spec: tf.TensorSpec) -> list[str | int]:
    """Returns the sizes of an input, with a name for each that can have any size."""
    pairs = zip(spec.shape, dimensions(len(spec.shape)), strict=True)
    return [name if size is None else size for size, name in pairs]


def answer(model: keras.Model, request: np.ndarray) -> dict[str, np.ndarray]:
    """Returns the outputs of a network by name."""
    outputs = _by_name(model, model(tf.constant(request), training=False))
    return {name: keras.ops.convert_to_numpy(each) for name, each in outputs.items()}


def _by_name(model, outputs):
    if isinstance(outputs, dict):
        return dict(outputs)
    return dict(zip(model.output_names, keras.tree.flatten(outputs), strict=True))


def _input(model: keras.Model, shape: Shape | None) -> tf.TensorSpec:
    tensor = model.inputs[0]
    spec = tf.TensorSpec(tensor.shape, tensor.dtype, layer_of(tensor).name.replace("/", "_"))
    if shape is None:
        return spec
    names, known = dimensions(len(spec.shape))[:-1], spec.shape[:-1]
    fits = isinstance(shape, Sequence) and len(shape) == len(known)
    if not fits or any(own not in (None, size) for own, size in zip(known, shape, strict=True)):
        raise ValueError(
            f"`shape` must be the sizes ({', '.join(names)}), each an integer or "
            f"None, which fit the input {tuple(known)} of {model.name!r}. Received: shape={shape!r}"
        )
    for size in shape:
        if size is not None:
            positive_int("shape", size)
    return tf.TensorSpec([*shape, spec.shape[-1]], spec.dtype, spec.name)


def _requests(spec: tf.TensorSpec) -> list[np.ndarray]:
    """Random inputs of two shapes; only one if the shape is fixed."""
    random, named = np.random.default_rng(0), named_shape(spec)
    count = 1 if spec.shape.is_fully_defined() else 2
    shapes = [
        [size if isinstance(size, int) else _TRIED.get(size, (4, 6))[number] for size in named]
        for number in range(count)
    ]
    return [random.normal(size=shape).astype(spec.dtype.as_numpy_dtype) for shape in shapes]
