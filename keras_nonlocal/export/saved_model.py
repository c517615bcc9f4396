"""SavedModel bundles that have answered right before they get their name."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ..utils.atomic_files import unique
from ..utils.checks import PathLike, positive_int
from ..weights.assign import check_weights
from .bundle_files import manifest, write_beside
from .signature import Servable, Served, Signature
from .warm_up import FILE, write_warm_up

_REPLAY = Path(__file__).with_name("replay.py")  # a script, which is not imported here


def saved_model(
    predictor: Servable,
    path: PathLike,
    *,
    version: int | None = None,
    name: str | None = None,
    batch_sizes: Sequence[int] = (1,),
) -> Path:
    """Writes a predictor as a bundle for TensorFlow Serving.

    The bundle holds the preprocessing, the names of the classes, requests to warm up the server,
    and each weight once. It is written under a hidden name, and loaded in a new process that does
    not know this library. There, each signature must answer requests of several shapes as the
    predictor does, and refuse requests that cannot be answered. Only then the bundle gets its name,
    so a server that watches the folder never sees a part of it.

    Args:
        predictor: A predictor such as `keras_nonlocal.zoo.load` returns.
        path: The folder of the model, in which each version is a folder.
        version: Number of the version; by default the next one.
        name: The name by which clients call the model; by default that of the folder.
        batch_sizes: Numbers of examples in the requests that warm up the server.

    Returns:
        The folder of the version.

    Raises:
        ValueError: The predictor cannot be served, an argument is invalid, or the bundle answers
            something else.
        FileExistsError: This version exists.
        RuntimeError: Keras does not run on TensorFlow.

    Example:
        segmenter = keras_nonlocal.zoo.load("nl_fcn_small_scenes")
        keras_nonlocal.export.saved_model(segmenter, "serving/scenes")
    """
    if keras.backend.backend() != "tensorflow":
        raise RuntimeError(
            "A SavedModel is made of TensorFlow's operations. Start with KERAS_BACKEND=tensorflow. "
            f"Received: {keras.backend.backend()!r}"
        )
    if not hasattr(predictor, "served"):
        raise ValueError(
            "`predictor` must be a predictor, as `keras_nonlocal.zoo.load` returns it. Received: "
            f"{type(predictor).__name__}"
        )
    sizes = [positive_int("batch_sizes", size) for size in batch_sizes]
    root = Path(path)
    number = _next(root) if version is None else positive_int("version", version)
    target = root / str(number)
    if target.exists():
        raise FileExistsError(f"{target} exists. A server may be using it: take another version.")
    name = root.resolve().name if name is None else name
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", name):
        raise ValueError(
            "`name` must be of letters, digits, dots, hyphens and underscores, as it is part of an "
            f"address. Received: name={name!r}"
        )
    served = predictor.served()
    check_weights(served.model)
    hidden, is_new = root / f".{number}-{unique()}", not root.exists()
    try:
        outputs = _write(served, hidden)
        write_warm_up(hidden / FILE, name, _warm_up_requests(served, sizes))
        differences = compare(served, hidden)
        facts = manifest(hidden, served, name, outputs, differences)
        (hidden / "manifest.json").write_text(json.dumps(facts, indent=2) + "\n", "utf-8")
        write_beside(root, name, served, outputs)
        os.replace(hidden, target)
    finally:
        shutil.rmtree(hidden, ignore_errors=True)
        if is_new and not target.exists():
            shutil.rmtree(root, ignore_errors=True)
    return target


def _next(root: Path) -> int:
    numbers = [int(each.name) for each in root.glob("*") if each.name.isdigit()]
    return max(numbers, default=0) + 1


def _write(served: Served, folder: Path) -> dict[str, Any]:
    """Writes the functions, with each variable of the network once; returns their outputs."""
    module = tf.Module()
    module.weights = [variable.value for variable in served.model.variables]
    signatures = {}
    for name, signature in served.signatures.items():
        specs = {
            key: tf.TensorSpec(spec.shape, spec.dtype, key)
            for key, spec in signature.inputs.items()
        }
        function = tf.function(signature.function, autograph=False)
        signatures[name] = function.get_concrete_function(**specs)
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    tf.saved_model.save(module, str(folder), signatures, options)
    return {name: function.structured_outputs for name, function in signatures.items()}


def _warm_up_requests(served: Served, sizes: Sequence[int]) -> Iterator[tuple[str, Any]]:
    """The smallest request of each signature, in batches of each size."""
    for name, signature in served.signatures.items():
        smallest = min(
            signature.requests, key=lambda request: sum(x.nbytes for x in request.values())
        )
        for size in sizes:
            yield name, {key: np.concatenate([x[:1]] * size) for key, x in smallest.items()}


def compare(served: Served, folder: Path) -> dict[str, dict[str, float]]:
    """Asks a bundle in a new process, and compares its answers with those of the predictor.

    Returns:
        The largest difference of each output of each signature, see `Signature.tolerance`.

    Raises:
        ValueError: A request was not answered, or not as expected, or not refused.
    """
    requests = {
        f"{name}/{number}/{key}": array
        for name, signature in served.signatures.items()
        for number, request in _all_requests(signature)
        for key, array in request.items()
    }
    with tempfile.TemporaryDirectory() as scratch:
        asked, answered = Path(scratch, "requests.npz"), Path(scratch, "answers.npz")
        np.savez(asked, **requests)
        command = [sys.executable, "-P", str(_REPLAY), str(folder), str(asked), str(answered)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            cause = " ".join(result.stderr.strip().splitlines()[-3:])
            raise ValueError(
                f"The bundle was not written, because it failed in a new process: {cause}"
            )
        with np.load(answered) as answers:
            return {
                name: _difference(name, signature, dict(answers))
                for name, signature in served.signatures.items()
            }


def _all_requests(signature: Signature) -> Iterator[tuple[str, Any]]:
    yield from ((str(number), request) for number, request in enumerate(signature.requests))
    if signature.refused is not None:
        yield "refused", signature.refused


def _difference(name: str, signature: Signature, answers) -> dict[str, float]:
    """Returns the largest difference of each output, see `Signature`, over all requests."""
    found: dict[str, float] = {}
    for number, request in enumerate(signature.requests):
        for key, expected in signature.answer(**request).items():
            for loader in ("session", "functions"):
                answer = answers[f"{loader}/{name}/{number}/{key}"]
                difference = _largest(answer, expected)
                if not difference <= signature.tolerance:
                    raise ValueError(
                        f"The bundle was not written, because it answers something else than the "
                        f"predictor: signature {name!r}, request {number}, output {key!r}. "
                        f"Expected: a difference of at most {signature.tolerance}. Received: "
                        f"{difference}, of shapes {answer.shape} and {expected.shape}"
                    )
                found[key] = max(found.get(key, 0.0), difference)
    return found


def _largest(answer: np.ndarray, expected: np.ndarray) -> float:
    if answer.shape != expected.shape:
        return float("inf")
    if answer.dtype.kind in "OSU":  # names
        return 0.0 if (answer.astype("S") == expected.astype("S")).all() else float("inf")
    difference = np.abs(answer.astype("float64") - expected.astype("float64")).max(initial=0)
    return float(difference / np.abs(expected.astype("float64")).max(initial=1))
