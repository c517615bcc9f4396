"""A real Triton server, from the package nvidia-pytriton, on this machine's CPU."""

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import requests


def missing():
    """Why a server cannot be started here; empty if it can."""
    if importlib.util.find_spec("pytriton") is None:
        return "needs nvidia-pytriton, which wants an environment of its own: see .ci/run"
    if int(np.__version__.split(".")[0]) > 1:
        return "the Python backend of nvidia-pytriton fails with numpy 2"
    return ""


@contextmanager
def triton_server(repository, folder):
    """Runs a server, and yields its address.

    Args:
        repository: A model repository; the server takes changes within a second.
        folder: A folder for the backend and the log.
    """
    packages = Path(importlib.util.find_spec("pytriton").origin).parents[1]
    bundled = packages / "pytriton" / "tritonserver"
    backend = folder / "backends" / "python"
    shutil.copytree(bundled / "backends" / "python", backend)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    stub = bundled / "python_backend_stubs" / version / "triton_python_backend_stub"
    shutil.copy(stub, backend)
    (backend / stub.name).chmod(0o755)
    binary = shutil.copy(bundled / "bin" / "tritonserver", folder)
    Path(binary).chmod(0o755)
    ports = dict(zip(("http", "grpc", "metrics"), free_ports(3), strict=True))
    command = [
        binary,
        f"--model-repository={repository}",
        f"--backend-directory={backend.parent}",
        "--model-control-mode=poll",
        "--repository-poll-secs=1",
        *(f"--{name}-port={port}" for name, port in ports.items()),
        *(f"--{name}-address=127.0.0.1" for name in ports),
    ]
    environment = os.environ | {
        "LD_LIBRARY_PATH": str(packages / "nvidia_pytriton.libs"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(packages)])),
    }
    address, log = f"http://127.0.0.1:{ports['http']}", folder / "log"
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
    try:
        until(lambda: process.poll() is not None or _ready(address), 240)
        assert process.poll() is None, log.read_text()[-3000:]
        yield address
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:  # it waits for its Python processes
            process.kill()


def _ready(address):
    try:
        return requests.get(f"{address}/v2/health/ready", timeout=5).status_code == 200
    except requests.RequestException:
        return False


def until(condition, seconds):
    """Waits until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} seconds"
        time.sleep(0.2)


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
