"""Clients against real servers of HTTP and gRPC: right answers, deadlines, retries, words."""

import base64
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import tensorflow as tf
from serving.hostile_uploads import video

from keras_nonlocal import zoo
from keras_nonlocal.export import saved_model
from keras_nonlocal.serving.client import ServerError, TensorFlowServingClient, TritonClient
from keras_nonlocal.serving.client.videos import jpegs
from keras_nonlocal.video import read_frames, write_video
from keras_nonlocal.video.samples.sample_video import jumping_jacks


@pytest.fixture
def served():
    """`served(answer)` -> the address of a server of HTTP, and the list of its requests.

    `answer(path, headers, body)` returns a status, headers and a body.
    """
    servers = []

    def start(answer):
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

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}", requests

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def classifier():
    loaded = zoo.load("nl_i3d_small_weizmann")
    return replace(loaded, clip=replace(loaded.clip, num_clips=1, flip=False))


@pytest.fixture(scope="module")
def signatures(classifier, tmp_path_factory):
    folder = saved_model(classifier, tmp_path_factory.mktemp("bundle") / "actions")
    loaded = tf.saved_model.load(str(folder))
    return loaded.signatures


def ask_bundle(signatures, name, inputs):
    """The answer of a signature; the names of tensors do for REST and gRPC."""
    try:
        return signatures[name](**{key: tf.constant(value) for key, value in inputs.items()})
    except tf.errors.InvalidArgumentError as error:
        return error.message


def rest(signatures):
    """What TensorFlow Serving answers, as its page on the RESTful API says."""

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
            name: np.array(decoded(value), object if spec.dtype == tf.string else spec.dtype.name)
            for (name, value), spec in zip(request["inputs"].items(), specs.values(), strict=True)
        }
        found = ask_bundle(signatures, request["signature_name"], inputs)
        if isinstance(found, str):
            return 400, {}, json.dumps({"error": found}).encode()
        outputs = {name: plain(each.numpy().tolist()) for name, each in found.items()}
        outputs = outputs if len(outputs) > 1 else next(iter(outputs.values()))
        return 200, {"Content-Type": "application/json"}, json.dumps({"outputs": outputs}).encode()

    return answer


@pytest.fixture
def grpc_address(signatures):
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
    yield f"grpc://127.0.0.1:{port}"
    server.stop(None)


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(video("mpeg4", frames=30))
    return path


def assert_same(found, expected, atol):
    names = [name for name, value in expected.items() if value > 2 * atol][:5]
    assert list(found)[: len(names)] == names
    for name in names:
        assert abs(found[name] - expected[name]) <= atol


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_a_bundle_answers_videos_frames_views_and_tensors(
    protocol, served, signatures, classifier, clip, request
):
    if protocol == "rest":
        address, _ = served(rest(signatures))
    else:
        address = request.getfixturevalue("grpc_address")
    exact = TensorFlowServingClient(address, "actions", clip=classifier.clip)
    expected, frames = classifier.predict(clip), jumping_jacks(40)
    assert_same(exact.predict(clip), expected, 1e-5)
    assert_same(exact.predict(classifier.read(clip)), expected, 1e-5)
    assert_same(exact.predict(frames), classifier.predict(frames), 1e-5)
    client = TensorFlowServingClient(address, "actions")
    assert_same(client.predict(frames), classifier.predict(frames), 0.05)
    found = client.ask({"frames": frames[None, :, ::4, ::4]})
    assert found["top_names"].shape == (1, 5)
    assert isinstance(found["top_names"][0, 0], str)
    name = "outputs" if protocol == "rest" else "features"
    features = client.ask({"views": classifier.read(frames)[None]}, "features")[name]
    assert features.shape[0] == 1
    with pytest.raises(ServerError, match="at least 2 frames") as error:
        client.ask({"frames": np.zeros((1, 1, 16, 16, 3), "uint8")})
    assert error.value.status == (400 if protocol == "rest" else "INVALID_ARGUMENT")
    with pytest.raises(ServerError, match="Servable not found"):
        TensorFlowServingClient(address, "nobody").predict(frames)


def test_a_video_is_sent_at_thirty_frames_a_second(tmp_path):
    path = tmp_path / "slow.mp4"
    write_video(path, jumping_jacks(10), fps=10)
    sent = [tf.io.decode_jpeg(each).numpy().astype(int) for each in jpegs(path)]
    assert len(sent) == 9 * 3 + 1
    for number, frame in enumerate(sent):
        (shown,) = read_frames(path, [number // 3])
        assert np.abs(frame - shown).mean() < 3
    with pytest.raises(ValueError, match="at most 3000 frames"):
        jpegs(np.zeros((3001, 8, 8, 3), "uint8"))


def test_binary_tensors_of_the_protocol_come_back(served):
    """The reply of the protocol's own example: a binary tensor beside one in JSON."""

    def answer(path, headers, body):
        size = int(headers["Inference-Header-Content-Length"])
        head = json.loads(body[:size])
        assert path == "/v2/models/m/versions/3/infer"
        assert head["inputs"] == [
            {
                "name": "a",
                "shape": [2, 2],
                "datatype": "UINT32",
                "parameters": {"binary_data_size": 16},
            },
            {
                "name": "b",
                "shape": [2],
                "datatype": "BYTES",
                "parameters": {"binary_data_size": 11},
            },
        ]
        assert body[size:] == bytes.fromhex(
            "01000000020000000300000004000000010000002a0200000000ff"
        )
        outputs = [
            {"name": "c", "shape": [3], "datatype": "FP32", "parameters": {"binary_data_size": 12}},
            {
                "name": "d",
                "shape": [2, 1],
                "datatype": "BYTES",
                "parameters": {"binary_data_size": 11},
            },
            {"name": "e", "shape": [2], "datatype": "INT64", "data": [7, -8]},
        ]
        text = json.dumps({"outputs": outputs}).encode()
        content = np.array([0.5, 1, 2], "<f4").tobytes() + b"\3\0\0\0cat\0\0\0\0"
        return 200, {"Inference-Header-Content-Length": len(text)}, text + content

    address, _ = served(answer)
    inputs = {
        "a": np.array([[1, 2], [3, 4]], "uint32"),
        "b": np.array([b"*", b"\0\xff"], object),
    }
    found = TritonClient(address, "m", version=3).ask(inputs)
    np.testing.assert_array_equal(found["c"], [0.5, 1, 2])
    assert found["d"].tolist() == [["cat"], [""]]
    assert found["e"].tolist() == [7, -8]
    with pytest.raises(ValueError, match=r"no type for the input 'a'.*complex64"):
        TritonClient(address, "m").ask({"a": np.zeros(2, "complex64")})


def test_a_busy_server_is_asked_again_and_others_are_not(served):
    statuses = [503, 429, 200]
    good = json.dumps({"outputs": [{"name": "x", "shape": [1], "datatype": "FP32", "data": [1]}]})

    def answer(*_):
        status = statuses.pop(0)
        return status, {"Retry-After": "0"}, good.encode() if status == 200 else b"wait"

    address, requests = served(answer)
    client = TritonClient(address, "m", retries=2)
    assert client.ask({})["x"].tolist() == [1.0]
    assert len(requests) == 3
    statuses[:] = [503] * 9
    with pytest.raises(ServerError, match="answered 503: wait") as error:
        client.ask({})
    assert (len(requests), error.value.status) == (6, 503)
    for status in (400, 404, 500):
        statuses[:], before = [status, 200], len(requests)
        with pytest.raises(ServerError, match=f"answered {status}"):
            client.ask({})
        assert len(requests) == before + 1
    statuses[:] = [200]
    with pytest.raises(ServerError, match="does not answer as TensorFlow Serving"):
        TensorFlowServingClient(address, "m").predict(np.zeros((1, 2, 8, 8, 3), "uint8"))


def test_a_deadline_holds_for_all_attempts(served):
    def late(*_):
        time.sleep(1)
        return 503, {}, b""

    for answer in (late, lambda *_: (503, {"Retry-After": "60"}, b"")):
        address, _ = served(answer)
        start = time.monotonic()
        with pytest.raises(ServerError, match=r"did not answer within 0.5 seconds|answered 503"):
            TritonClient(address, "m", deadline=0.5).ask({})
        assert time.monotonic() - start < 1


def test_a_server_that_drips_or_is_not_there_is_told(served):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"

        def drip():
            connection, _ = silent.accept()
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")
            with connection:
                for _ in range(99):
                    try:
                        connection.sendall(b" ")
                    except OSError:
                        return
                    time.sleep(0.05)

        threading.Thread(target=drip, daemon=True).start()
        start = time.monotonic()
        with pytest.raises(ServerError, match=r"did not answer within 0.5 seconds"):
            TritonClient(address, "m", deadline=0.5).ask({})
        assert time.monotonic() - start < 2
    with pytest.raises(ServerError, match=r"cannot be reached: Connection refused. Is it running"):
        TritonClient(address, "m", retries=1).ask({})


def test_wrong_arguments_are_explained(tmp_path):
    with pytest.raises(ValueError, match="must begin with http"):
        TritonClient("localhost:8000", "m")
    with pytest.raises(ValueError, match="or grpc://"):
        TensorFlowServingClient("localhost:8501", "m")
    client = TritonClient("http://127.0.0.1:9", "m")
    with pytest.raises(ValueError, match=r"must be a path, frames .* Received: float32 \(2, 3\)"):
        client.predict(np.zeros((2, 3), "float32"))
    with pytest.raises(FileNotFoundError):
        client.predict(tmp_path / "absent.mp4")
