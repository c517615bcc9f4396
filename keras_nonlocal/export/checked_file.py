"""Files of networks that have answered right, in a new process, before they get their name."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np

from ..utils.checks import PathLike
from ..utils.errors import cause_of
from .inference_graph import InferenceGraph

FACTS = "keras_nonlocal"  # under this name, a file holds the facts of its graph as JSON
# Largest difference of an output, relative to the largest value of it.
TOLERANCES = {"float32": 1e-4, "float16": 1e-2, "int8": 0.2}
_RUN = Path(__file__).with_name("run_file.py")  # a script, which is not imported here
Arrays = Mapping[str, np.ndarray]


def require(extra: str, *modules: str) -> None:
    """Raises an `ImportError` that names the extra if one of its modules is not installed."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise ImportError(
            f"This format needs {', '.join(missing)}. "
            f'Install it with: pip install "keras_nonlocal[{extra}]"'
        )


def write_checked(
    graph: InferenceGraph,
    path: PathLike,
    runtime: str,
    opened: Callable[[Path], AbstractContextManager[Path]],
    convert: Callable[[InferenceGraph, Path], None],
    describe: Callable[[Path, dict[str, Any]], None],
    precision: str = "float32",
) -> Path:
    """Converts a graph under a hidden name, runs the file in a new process, and names it.

    Args:
        graph: The network.
        path: The new file or folder.
        runtime: What runs it, as `run_file.py` calls it.
        opened: `replacing` for a file, `new_folder` for a folder.
        convert: Writes the graph to the hidden name.
        describe: Writes facts into the file, which tell also how far its answers are.
        precision: In what the file computes or stores numbers.

    Returns:
        The path.

    Raises:
        FileExistsError: There is such a file.
        ValueError: The format cannot hold the network, its runtime cannot run it, or it answers
            something else.
    """
    path = Path(path)
    if path.exists():
        raise FileExistsError(f"{path} exists. Take another path, or remove it first.")
    with opened(path) as hidden:
        try:
            convert(graph, hidden)
        except Exception as error:  # converters raise all kinds
            raise ValueError(
                f"{path} was not written, because {runtime} cannot hold {graph.facts['network']!r}"
                f": {_cause(error)}"
            ) from error
        answers = run_file(runtime, hidden, graph.requests)
        found = differences(answers, graph.answers, TOLERANCES[precision])
        describe(hidden, {**graph.facts, "precision": precision, "differences": found})
    return path


def _cause(error: Exception) -> str:
    """The line of a converter's error that has the cause; positions in programs precede it."""
    named = re.search(r"(?:\berror: |--) *(.+)", str(error))
    return named[1] if named else cause_of(error)


def run_file(
    runtime: str, file: Path, requests: Sequence[np.ndarray]
) -> list[dict[str, np.ndarray]]:
    """Answers requests in a new process that has neither this library nor TensorFlow.

    Raises:
        ValueError: The runtime cannot run the file.
    """
    with tempfile.TemporaryDirectory() as scratch:
        asked, answered = Path(scratch, "requests.npz"), Path(scratch, "answers.npz")
        named: dict[str, Any] = {str(number): each for number, each in enumerate(requests)}
        np.savez(asked, **named)
        command = [sys.executable, "-P", str(_RUN), runtime, str(file), str(asked), str(answered)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            lines = result.stderr.strip().splitlines() or [f"exit status {result.returncode}"]
            raise ValueError(
                f"The file was not written, because {runtime} cannot run it: {lines[-1]}"
            )
        answers: list[dict[str, np.ndarray]] = [{} for _ in requests]
        with np.load(answered) as arrays:
            for key, array in arrays.items():
                number, name = key.split("/")
                answers[int(number)][name] = array
        return answers


def differences(
    answers: Sequence[Arrays], expected: Sequence[Arrays], tolerance: float
) -> dict[str, dict[str, float]]:
    """Compares answers with those of the network.

    Args:
        answers, expected: The outputs of each request, by name.
        tolerance: Largest difference, relative to the largest value of the output.

    Returns:
        For each output the `largest` difference, this difference `relative` to the largest value,
        and the share of positions with the `same_top` channel, for outputs of several channels.

    Raises:
        ValueError: An output is missing, or differs more.
    """
    found = {}
    for name in expected[0]:
        pairs = []
        for mine, theirs in zip(answers, expected, strict=True):
            wanted = theirs[name].shape
            shape = mine[name].shape if name in mine else None
            if shape != wanted:
                raise ValueError(
                    f"The file was not written, because its output {name!r} has another shape. "
                    f"Expected: {wanted}. Received: {shape}"
                )
            pairs.append((mine[name], theirs[name]))
        largest = max(_largest(mine - theirs.astype("float64")) for mine, theirs in pairs)
        relative = largest / max(max(_largest(theirs) for _, theirs in pairs), 1e-30)
        if not relative <= tolerance:
            raise ValueError(
                f"The file was not written, because it answers something else than the network: "
                f"output {name!r} differs by {relative:.2g} of its largest value. Expected: at "
                f"most {tolerance:g}"
            )
        found[name] = {"largest": largest, "relative": relative}
        if pairs[0][1].ndim > 1 and pairs[0][1].shape[-1] > 1:
            same = [(mine.argmax(-1) == theirs.argmax(-1)).mean() for mine, theirs in pairs]
            found[name]["same_top"] = float(np.mean(same))
    return found


def _largest(array: np.ndarray) -> float:
    return float(np.abs(array).max(initial=0))
