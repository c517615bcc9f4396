"""A synchronized batch norm on two replicas equals a batch norm on the whole batch."""

import subprocess
import sys
from pathlib import Path

import backend
import numpy as np
import pytest

SCRIPT = Path(__file__).with_name("synchronized_batch_norm_program.py")


@pytest.mark.skipif(backend.NAME != "tensorflow", reason="replicas are TensorFlow's")
def test_two_replicas_equal_one_device_on_the_whole_batch(tmp_path):
    path = tmp_path / "results.npz"
    subprocess.run([sys.executable, SCRIPT, path], check=True, timeout=300)
    results = np.load(path)
    names = [key.split("/")[1] for key in results if key.startswith("one/")]
    assert {"y", "dx", "dw0", "dw3", "moving_mean", "moving_variance"} <= set(names)
    for name in names:
        one, two = results[f"one/{name}"], results[f"two/{name}"]
        np.testing.assert_allclose(
            two, one, rtol=1e-5, atol=1e-5 * max(1, np.abs(one).max()), err_msg=name
        )
