"""What makes tests quick on any machine; for TensorFlow, before it is imported."""

import gc
import os
import signal
from pathlib import Path

import pytest

# TensorFlow leaves these kernels off on older CPUs, and takes up to seven times as long there.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
# XLA compiles in two thirds of the time; how fast its machine code is does not matter to tests.
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true",
)
# Processes that test side by side share the cores.
_processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_threads = max((os.cpu_count() or 1) // _processes, 1)
for _threads_of in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS"):  # TensorFlow; PyTorch
    os.environ.setdefault(_threads_of, str(_threads))


def pytest_collection_finish():
    """Leaves what was imported to itself: else each `gc.collect`, as Keras calls it, walks it.

    New processes do without scikit-learn: Keras imports it if it is there, which takes a quarter of
    the time in which Keras is imported. Processes of xdist, which collect tests, still have it.
    """
    gc.freeze()
    paths = (str(Path(__file__).parent / "without_sklearn"), os.environ.get("PYTHONPATH"))
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))


@pytest.fixture
def ctrl_c():
    """Ctrl-C interrupts, also where tests run in the background of a shell, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="module")
def undrawn_weights():
    """Kernels begin at zero: drawing takes half of the time in which a large network is built.

    For tests of what does not depend on weights, or that set all of them.
    """
    import keras

    with pytest.MonkeyPatch.context() as patch:
        for drawn in (keras.initializers.HeNormal, keras.initializers.RandomNormal):
            patch.setattr(drawn, "__call__", keras.initializers.Zeros.__call__)
        yield


@pytest.fixture(scope="module")
def unoptimized_graphs():
    """Graphs run as they are traced: TensorFlow optimizes a large one longer than it runs in tests.

    For tests that run traced networks a few times.
    """
    import tensorflow as tf

    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    yield
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": False})


@pytest.fixture(scope="module")
def narrow_networks():
    """Video networks have an eighth of the channels: see `smaller_networks`."""
    from smaller_networks import narrow

    with narrow():
        yield


@pytest.fixture(scope="module")
def shallow_networks():
    """Networks of 18 layers have two residual blocks: see `smaller_networks`."""
    from smaller_networks import shallow

    with shallow():
        yield
