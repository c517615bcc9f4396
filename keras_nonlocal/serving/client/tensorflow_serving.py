"""A client of TensorFlow Serving, by REST, or by gRPC where its package is installed."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...utils.checks import at_least
from ...video.clip_reader import read_clips
from ...video.clip_spec import ClipSpec
from . import videos
from .errors import ServerError
from .http import post
from .retries import Again, ask_again

_REST, _GRPC = ("http://", "https://"), "grpc://"
_INSTALL = (
    "Asking by gRPC needs the messages of TensorFlow Serving: "
    "pip install --no-deps tensorflow-serving-api. REST works without them."
)
_NO_LIMIT = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]


class TensorFlowServingClient:
    """Asks a bundle of `keras_nonlocal.export.saved_model` on a server of TensorFlow.

    Servers that are not there or have no time are asked again; an error about the request itself is
    raised at once.

    Args:
        address: Address of the server: `"http://HOST:8501"` for REST, or `"grpc://HOST:8500"`.
            gRPC sends pixels as bytes; REST sends them as text, several times as long.
        model: Name of the model.
        clip: How the network reads a video: `clip` of the classifier. With it, videos are read as
            `predict` of the classifier reads them. Without it, they are sent as JPEG files, and the
            server cuts the clips.
        frames_per_second: Without `clip`, how many frames of a file are sent for each second, as
            `manifest.json` of the bundle says. `None` sends all frames, for networks that count
            frames instead of seconds.
        version: Version of the model; by default the one that the server chooses.
        deadline: Seconds for a request with all attempts.
        retries: Attempts after the first one.

    Raises:
        ValueError: An argument is invalid.
        ImportError: The address is one of gRPC, and its package is not installed.

    Example:
        client = keras_nonlocal.serving.client.TensorFlowServingClient(
            "http://127.0.0.1:8501", "actions"
        )
        print(client.predict("clip.mp4"))
    """

    def __init__(
        self,
        address: str,
        model: str,
        *,
        clip: ClipSpec | None = None,
        frames_per_second: float | None = 30.0,
        version: int | None = None,
        deadline: float = 30.0,
        retries: int = 3,
    ):
        if not address.startswith((*_REST, _GRPC)):
            raise ValueError(
                "`address` must begin with http://, https:// or grpc://. "
                f"Received: address={address!r}"
            )
        if frames_per_second is not None:
            at_least("frames_per_second", frames_per_second, 0.001)
        self._clip, self._frames_per_second = clip, frames_per_second
        self._deadline = at_least("deadline", deadline, 0.001)
        self._retries = int(at_least("retries", retries, 0))
        kind = _Grpc if address.startswith(_GRPC) else _Rest
        self._server = kind(address.rstrip("/"), model, version)

    def predict(self, video: videos.Video) -> dict[str, float]:
        """Classifies a video.

        Args:
            video: Path of a file, frames uint8 `(T, H, W, 3)` at the rate of the bundle, or the
                clips that the network sees, uint8 `(V, T, H, W, 3)`.

        Returns:
            The probabilities of the most probable classes, highest first.

        Raises:
            FileNotFoundError: The file does not exist.
            keras_nonlocal.video.VideoError: The file cannot be read as a video.
            ValueError: It is something else, or too long for a request.
            ServerError: The server does not answer in time, or with an error.
        """
        videos.check(video)
        if not videos.is_views(video) and self._clip is not None:
            video = read_clips(video, self._clip)
        if videos.is_views(video):
            answer = self.ask({"views": np.asarray(video)[None]}, "views")
        else:
            answer = self.ask(
                {"jpegs": videos.jpegs(video, self._frames_per_second)[None]}, "jpeg_frames"
            )
        return videos.most_probable(answer)

    def ask(
        self, inputs: Mapping[str, np.ndarray], signature: str = "serving_default"
    ) -> dict[str, np.ndarray]:
        """Sends tensors, and returns those of the answer.

        Args:
            inputs: Arrays by the names of the inputs; arrays of `bytes` have the dtype `object`.
            signature: Name of the signature.

        Returns:
            Arrays by the names of the outputs. REST does not tell the name of a single output:
            it is `"outputs"` then. Strings are those of Python.

        Raises:
            ServerError: The server does not answer in time, or with an error.
        """
        return self._server.ask(inputs, signature, self._deadline, self._retries)


class _Rest:
    """Requests as JSON, in which each input is one tensor for the whole batch."""

    def __init__(self, address: str, model: str, version: int | None):
        number = "" if version is None else f"/versions/{version}"
        self._url = f"{address}/v1/models/{model}{number}:predict"

    def ask(self, inputs, signature: str, deadline: float, retries: int) -> dict[str, np.ndarray]:
        request = {
            "signature_name": signature,
            "inputs": {name: _as_json(array) for name, array in inputs.items()},
        }
        reply = post(
            self._url,
            json.dumps(request, separators=(",", ":")).encode(),
            headers={"Content-Type": "application/json"},
            deadline=deadline,
            retries=retries,
        )
        try:
            outputs = _from_json(json.loads(reply.content)["outputs"])
        except (ValueError, KeyError, TypeError) as error:
            raise ServerError(
                f"{self._url} does not answer as TensorFlow Serving: {error}"
            ) from error
        named = outputs if isinstance(outputs, dict) else {"outputs": outputs}
        return {name: np.array(value) for name, value in named.items()}


class _Grpc:
    """Requests as messages, which hold pixels as bytes."""

    def __init__(self, address: str, model: str, version: int | None):
        try:
            import grpc
            from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc
        except ImportError as error:
            raise ImportError(_INSTALL) from error
        self._grpc, self._messages, self._address = grpc, predict_pb2, address
        self._model, self._version = model, version
        channel = grpc.insecure_channel(address.removeprefix(_GRPC), _NO_LIMIT)
        self._predict = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict

    def ask(self, inputs, signature: str, deadline: float, retries: int) -> dict[str, np.ndarray]:
        import tensorflow as tf

        request = self._messages.PredictRequest()
        request.model_spec.name, request.model_spec.signature_name = self._model, signature
        if self._version is not None:
            request.model_spec.version.value = self._version
        for name, array in inputs.items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(array))

        def send(seconds: float) -> Any:
            try:
                return self._predict(request, timeout=seconds)
            except self._grpc.RpcError as error:
                raise self._failure(error, deadline) from error

        answer = ask_again(send, deadline, retries)
        return {name: _text(tf.make_ndarray(each)) for name, each in answer.outputs.items()}

    def _failure(self, error: Any, deadline: float) -> Exception:
        status, codes = error.code(), self._grpc.StatusCode
        if status == codes.DEADLINE_EXCEEDED:
            return ServerError(f"{self._address} did not answer within {deadline:g} seconds.")
        failure = ServerError(
            f"{self._address} answered {status.name}: {error.details()}", status.name
        )
        return Again(failure) if status == codes.UNAVAILABLE else failure


def _as_json(array: np.ndarray) -> Any:
    if array.dtype != object:
        return array.tolist()
    return _each(array.tolist(), lambda value: {"b64": base64.b64encode(value).decode()})


def _from_json(outputs: Any) -> Any:
    """Decodes bytes, in one tensor or in tensors by name."""
    if isinstance(outputs, dict):
        return {name: _from_json(value) for name, value in outputs.items()}
    return _each(
        outputs, lambda value: base64.b64decode(value["b64"]) if isinstance(value, dict) else value
    )


def _each(value: Any, change: Any) -> Any:
    return [_each(part, change) for part in value] if isinstance(value, list) else change(value)


def _text(array: np.ndarray) -> np.ndarray:
    """Strings of a tensor are bytes."""
    return np.char.decode(array.astype("S"), "utf-8") if array.dtype == object else array
