"""What differs between JAX and PyTorch on a GPU: its name, its memory, its products of float32."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version

import keras
import numpy as np
import torch

NAME = keras.backend.backend()


def require_gpu(small: bool) -> None:
    """Print where this runs; end the process where full sizes have no GPU.

    PyTorch, which the peer is in, has to see it as well as the backend of Keras.
    """
    found = {name: _DEVICES[name]() for name in (NAME, "torch")}
    for name, gpu in found.items():
        print(f"Keras {version('keras')}, {name} {version(name)} on {gpu or 'CPU'}", flush=True)
    blind = " and ".join(name for name, gpu in found.items() if gpu is None)
    if blind and not small:
        sys.exit(f"No GPU is seen by {blind}: nothing was run. `--small` tries this on a CPU.")


@dataclass(frozen=True)
class Ready:
    """Something that can be measured.

    Attributes:
        call: Does it once, and waits for its result.
        answer: What its first call gave; a second call has warmed it up.
        peak: The most bytes that it took, beyond what was there before; `None` on a CPU, where
            nobody counts.
    """

    call: Callable[[], object]
    answer: np.ndarray
    peak: int | None


def ready(build: Callable[[], Callable]) -> Ready:
    """What `build` gives, called twice, with the memory that Keras's backend took for it.

    PyTorch counts one more call and what it left. JAX counts from the start of the process, so what
    XLA tries out while it compiles is in it.
    """
    return _READY[NAME](build)


def ready_by_torch(build: Callable[[], Callable]) -> Ready:
    """The same for what is in plain PyTorch, whatever the backend of Keras."""
    if not torch.cuda.is_available():
        return Ready(*_warm(build), None)
    before = torch.cuda.memory_allocated()
    call, answer = _warm(build)
    torch.cuda.reset_peak_memory_stats()
    call()
    return Ready(call, answer, torch.cuda.max_memory_allocated() - before)


def float32_products(exact: bool) -> contextlib.AbstractContextManager:
    """Within it, products of float32 matrices are exact, or may be TensorFloat-32."""
    return _PRODUCTS[NAME](exact)


def wait() -> None:
    """Until PyTorch's GPU has done all it was asked for; at once on a CPU."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def _warm(build):
    call = build()
    answer = np.asarray(call())
    call()
    return call, answer


def _jax_device():
    import jax

    gpus = [device for device in jax.devices() if device.platform == "gpu"]
    return gpus[0].device_kind if gpus else None


def _torch_device():
    if not torch.cuda.is_available():
        return None
    return f"{torch.cuda.get_device_name()}, CUDA {torch.version.cuda}"


def _jax_ready(build):
    import jax

    gpu = jax.devices()[0]
    before = gpu.memory_stats()
    call, answer = _warm(build)
    if before is None:
        return Ready(call, answer, None)
    return Ready(call, answer, gpu.memory_stats()["peak_bytes_in_use"] - before["bytes_in_use"])


def _jax_products(exact):
    import jax

    return jax.default_matmul_precision("highest" if exact else "default")


@contextlib.contextmanager
def _torch_products(exact):
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest" if exact else "high")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


_DEVICES = {"jax": _jax_device, "torch": _torch_device}
_READY = {"jax": _jax_ready, "torch": ready_by_torch}
_PRODUCTS = {"jax": _jax_products, "torch": _torch_products}
