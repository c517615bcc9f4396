"""A client of Triton, and of other servers that speak version 2 of the inference protocol."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...utils.checks import at_least
from . import videos
from .errors import ServerError
from .http import Reply, post

_HEADER = "Inference-Header-Content-Length"
_TYPES = {
    "BOOL": "?",
    "UINT8": "u1",
    "INT8": "i1",
    "UINT16": "<u2",
    "INT16": "<i2",
    "UINT32": "<u4",
    "INT32": "<i4",
    "UINT64": "<u8",
    "INT64": "<i8",
    "FP16": "<f2",
    "FP32": "<f4",
    "FP64": "<f8",
}
_NAMES = {np.dtype(dtype): name for name, dtype in _TYPES.items()}


class TritonClient:
    """Asks a model on a Triton server by HTTP, with binary tensors.

    It needs no package of Triton. Servers that are not there or have no time are asked again; an
    error about the request itself is raised at once.

    Args:
        address: Address of the server, such as `"http://127.0.0.1:8000"`.
        model: Name of the model.
        version: Version of the model; by default the one that the server chooses.
        deadline: Seconds for a request with all attempts.
        retries: Attempts after the first one.

    Raises:
        ValueError: An argument is invalid.

    Example:
        client = keras_nonlocal.serving.client.TritonClient("http://127.0.0.1:8000", "actions")
        print(client.predict("clip.mp4"))
    """

    def __init__(
        self,
        address: str,
        model: str,
        *,
        version: int | None = None,
        deadline: float = 30.0,
        retries: int = 3,
    ):
        if not address.startswith(("http://", "https://")):
            raise ValueError(
                f"`address` must begin with http:// or https://. Received: address={address!r}"
            )
        number = "" if version is None else f"/versions/{version}"
        self._url = f"{address.rstrip('/')}/v2/models/{model}{number}/infer"
        self._deadline = at_least("deadline", deadline, 0.001)
        self._retries = int(at_least("retries", retries, 0))

    def predict(self, video: videos.Video) -> dict[str, float]:
        """Classifies a video by a model that `keras_nonlocal.serving.triton` has written.

        Args:
            video: Path of a file, which is sent as it is. Or frames, uint8 `(T, H, W, 3)`, 30 in a
                second, which are sent as JPEG files. Or the clips that the network sees, uint8
                `(V, T, H, W, 3)`, as `read` of a classifier returns them.

        Returns:
            The probabilities of the most probable classes, highest first.

        Raises:
            FileNotFoundError: The file does not exist.
            ValueError: It is something else.
            ServerError: The server does not answer in time, or with an error.
        """
        videos.check(video)
        if videos.is_views(video):
            answer = self.ask({"views": video[None]})
        elif isinstance(video, np.ndarray):
            answer = self.ask({"jpegs": videos.jpegs(video)[None]})
        else:
            content = Path(os.fspath(video)).read_bytes()
            answer = self.ask({"video": np.array([[content]], object)})
        return videos.most_probable(answer)

    def ask(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Sends tensors, and returns those of the answer.

        Args:
            inputs: Arrays by the names of the inputs; arrays of `bytes` have the dtype `object`.

        Returns:
            Arrays by the names of the outputs. Strings are those of Python.

        Raises:
            ValueError: An array has a dtype that the protocol does not know.
            ServerError: The server does not answer in time, or with an error.
        """
        head, body = _request(inputs)
        reply = post(
            self._url,
            head + body,
            headers={_HEADER: str(len(head)), "Content-Type": "application/octet-stream"},
            deadline=self._deadline,
            retries=self._retries,
        )
        try:
            return _answer(reply)
        except (ValueError, KeyError, struct.error) as error:
            raise ServerError(
                f"{self._url} does not answer by version 2 of the inference protocol: {error}"
            ) from error


def _request(inputs: Mapping[str, np.ndarray]) -> tuple[bytes, bytes]:
    """The JSON of a request, and its tensors one after the other."""
    described, parts = [], []
    for name, array in inputs.items():
        datatype, content = _tensor(name, array)
        described.append(
            {
                "name": name,
                "shape": array.shape,
                "datatype": datatype,
                "parameters": {"binary_data_size": len(content)},
            }
        )
        parts.append(content)
    head = {"inputs": described, "parameters": {"binary_data_output": True}}
    return json.dumps(head).encode(), b"".join(parts)


def _tensor(name: str, array: np.ndarray) -> tuple[str, bytes]:
    if array.dtype == object:  # each has its length before it
        return "BYTES", b"".join(struct.pack("<I", len(each)) + each for each in array.flat)
    if array.dtype not in _NAMES:
        raise ValueError(
            f"The protocol has no type for the input {name!r}. Expected: `object` for bytes, or "
            f"numbers. Received: {array.dtype}"
        )
    return _NAMES[array.dtype], np.ascontiguousarray(array).tobytes()


def _answer(reply: Reply) -> dict[str, np.ndarray]:
    start = int(reply.headers.get(_HEADER, len(reply.content)))
    found = {}
    for output in json.loads(reply.content[:start])["outputs"]:
        kind, shape = output["datatype"], output["shape"]
        size = output.get("parameters", {}).get("binary_data_size")
        if size is None:
            found[output["name"]] = np.array(output["data"], _TYPES.get(kind, object)).reshape(
                shape
            )
            continue
        content, start = reply.content[start : start + size], start + size
        array = _strings(content) if kind == "BYTES" else np.frombuffer(content, _TYPES[kind])
        found[output["name"]] = array.reshape(shape)
    return found


def _strings(content: bytes) -> Any:
    texts, place = [], 0
    while place < len(content):
        (length,) = struct.unpack_from("<I", content, place)
        texts.append(content[place + 4 : place + 4 + length].decode())
        place += 4 + length
    return np.array(texts, object)
