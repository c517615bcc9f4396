"""Clients against real servers of HTTP: tensors, deadlines, retries, and words for all errors."""

import json
import socket
import threading
import time
from contextlib import ExitStack

import numpy as np
import pytest
import tensorflow as tf
from serving.model_servers import http_server

from keras_nonlocal.serving.client import ServerError, TensorFlowServingClient, TritonClient
from keras_nonlocal.serving.client.videos import jpegs
from keras_nonlocal.video import read_frames, write_video
from keras_nonlocal.video.samples.sample_video import jumping_jacks


@pytest.fixture
def served():
    """`served(answer)` -> the address and the requests of a server, see `http_server`."""
    with ExitStack() as servers:
        yield lambda answer: servers.enter_context(http_server(answer))


def test_a_video_is_sent_at_thirty_frames_a_second(tmp_path):
    path = tmp_path / "slow.mp4"
    write_video(path, jumping_jacks(10), fps=10)
    sent = [tf.io.decode_jpeg(each).numpy().astype(int) for each in jpegs(path)]
    assert len(sent) == 9 * 3 + 1
    for number, frame in enumerate(sent):
        (shown,) = read_frames(path, [number // 3])
        assert np.abs(frame - shown).mean() < 3
    assert len(jpegs(path, None)) == 10  # for networks that count frames
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
