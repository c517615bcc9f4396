"""Two replicas of Ray Serve on this machine, one of which is killed under load."""

import os
import signal
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import requests
from serving.hostile_uploads import video
from serving.triton_process import free_ports, until

from keras_nonlocal import zoo
from keras_nonlocal.serving import ray_app

pytestmark = pytest.mark.slow
NAME = "nl_i3d_small_weizmann"


def replicas():
    """The processes that hold the network, by their titles."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            title = path.read_bytes()
        except OSError:  # it has ended
            continue
        if title.startswith(b"ray::ServeReplica:test:Network"):
            found.add(int(path.parent.name))
    return found


@pytest.fixture(scope="module")
def address():
    ray = pytest.importorskip("ray", reason="needs the extra `ray`")
    pytest.importorskip("starlette", reason="needs the extra `serve`")
    from ray import serve

    (port,) = free_ports(1)
    ray.init(
        _node_ip_address="127.0.0.1",
        num_cpus=2,
        include_dashboard=False,
        object_store_memory=100_000_000,
        log_to_driver=False,
    )
    serve.start(http_options={"host": "127.0.0.1", "port": port})
    serve.run(ray_app(zoo.load(NAME), replicas=2), name="test")
    yield f"http://127.0.0.1:{port}"
    serve.shutdown()
    ray.shutdown()


def test_no_request_is_lost_when_a_replica_is_killed(address, tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(video())
    expected = zoo.load(NAME).predict(path)
    assert len(replicas()) == 2
    answers, ended = Counter(), threading.Event()

    def ask():
        while not ended.is_set():
            reply = requests.post(f"{address}/predict", path.read_bytes(), timeout=60)
            top = reply.json().get("top") if reply.ok else None
            right = top is not None and np.allclose(
                [each["value"] for each in top], list(expected.values())[:5], atol=1e-5
            )
            answers[reply.status_code, right] += 1

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    until(lambda: answers.total() >= 12, 60)
    (killed, other) = replicas()
    os.kill(killed, signal.SIGKILL)
    until(lambda: replicas() - {killed, other}, 120)  # a new one
    time.sleep(1)
    ended.set()
    for thread in threads:
        thread.join()
    assert set(answers) == {(200, True)}, answers


def test_broken_files_are_told_and_the_page_is_there(address):
    reply = requests.post(f"{address}/predict", b"no video", timeout=60)
    assert reply.status_code == 400
    assert reply.json()["error"].startswith("The file cannot be read as a video: ")
    assert f"<title>{NAME}</title>" in requests.get(address, timeout=60).text
