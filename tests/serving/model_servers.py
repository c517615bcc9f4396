"""Servers of HTTP and gRPC that answer with a loaded bundle, as TensorFlow Serving would."""

import base64
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import tensorflow as tf


@contextmanager
def http_server(answer):
    """Yields the address of a server of HTTP, and the list of its requests.

    Args:
        answer: From a path, headers and a body to a status, headers and a body.
    """
    requests = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            requests.append((self.path, self.headers, body))
            status, headers, content = answer(*requests[-1])
            self.send_response(status)
            for name, value in {"Content-Length": len(content), **headers}.items():
                self.send_header(name, str(value))
            self.end_headers()
            with suppress(BrokenPipeError):  # a client whose time is over
                self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", requests
    finally:
        server.shutdown()
        server.server_close()


def ask_bundle(signatures, name, inputs):
    """The answer of a signature; the names of tensors do for REST and gRPC."""
    try:
        return signatures[name](**{key: tf.constant(value) for key, value in inputs.items()})
    except tf.errors.InvalidArgumentError as error:
        return error.message


@contextmanager
def rest_server(signatures):
    """Yields the address of a server that answers as the page on TensorFlow Serving's REST says."""

    def decoded(value):
        if isinstance(value, list):
            return [decoded(each) for each in value]
        return base64.b64decode(value["b64"]) if isinstance(value, dict) else value

    def plain(value):
        if isinstance(value, list):
            return [plain(each) for each in value]
        return value.decode() if isinstance(value, bytes) else value

    def answer(path, headers, body):
        if path != "/v1/models/actions:predict":
            return 404, {}, b'{"error": "Servable not found for request: Latest(nobody)"}'
        request = json.loads(body)
        signature = signatures[request.get("signature_name", "serving_default")]
        specs = signature.structured_input_signature[1]
        inputs = {
            name: np.array(
                decoded(request["inputs"][name]),
                object if spec.dtype == tf.string else spec.dtype.name,
            )
            for name, spec in specs.items()
        }
        found = ask_bundle(signatures, request["signature_name"], inputs)
        if isinstance(found, str):
            return 400, {}, json.dumps({"error": found}).encode()
        outputs = {name: plain(each.numpy().tolist()) for name, each in found.items()}
        outputs = outputs if len(outputs) > 1 else next(iter(outputs.values()))
        return 200, {"Content-Type": "application/json"}, json.dumps({"outputs": outputs}).encode()

    with http_server(answer) as (address, _):
        yield address


@contextmanager
def grpc_server(signatures):
    """Yields the address of a server that answers as TensorFlow Serving by gRPC."""
    grpc = pytest.importorskip("grpc")
    apis = pytest.importorskip("tensorflow_serving.apis.prediction_service_pb2_grpc")
    messages = pytest.importorskip("tensorflow_serving.apis.predict_pb2")

    class Service(apis.PredictionServiceServicer):
        def Predict(self, request, context):
            if request.model_spec.name != "actions":
                context.abort(grpc.StatusCode.NOT_FOUND, "Servable not found")
            inputs = {name: tf.make_ndarray(each) for name, each in request.inputs.items()}
            found = ask_bundle(signatures, request.model_spec.signature_name, inputs)
            if isinstance(found, str):
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, found)
            response = messages.PredictResponse()
            for name, each in found.items():
                response.outputs[name].CopyFrom(tf.make_tensor_proto(each.numpy()))
            return response

    options = [("grpc.max_receive_message_length", -1)]
    server = grpc.server(ThreadPoolExecutor(2), options=options)
    apis.add_PredictionServiceServicer_to_server(Service(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"grpc://127.0.0.1:{port}"
    finally:
        server.stop(None)
