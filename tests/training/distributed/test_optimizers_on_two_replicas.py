"""Optimizers, rescaled momentum and precise batch norms give the same result on two replicas."""

import subprocess
import sys
from pathlib import Path

import backend
import numpy as np
import pytest

SCRIPT = Path(__file__).with_name("optimizers_on_two_replicas.py")

pytestmark = [
    pytest.mark.slow,  # test_fit.py covers most of it
    pytest.mark.skipif(backend.NAME != "tensorflow", reason="replicas need TensorFlow"),
]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    path = tmp_path_factory.mktemp("replicas") / "results.npz"
    subprocess.run([sys.executable, SCRIPT, path], check=True, timeout=300)
    stored = np.load(path)

    def of(case, replicas):
        return [stored[key] for key in stored if key.startswith(f"{case}/{replicas}/")]

    return of


@pytest.mark.parametrize("case", ["decay", "clip", "rescaled", "scaled loss", "adamw"])
def test_two_replicas_give_the_weights_of_one(results, case):
    one, two = results(case, 1), results(case, 2)
    assert len(one) == 9
    for actual, expected in zip(two, one, strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=2e-6)


def test_gradient_was_clipped(results):
    assert np.abs(results("clip", 2)[0] - results("decay", 2)[0]).max() > 1e-3
