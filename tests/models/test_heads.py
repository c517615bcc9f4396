"""The three heads against loops over windows."""

import keras
import numpy as np
import pytest
from backend import answer

from keras_nonlocal.models.heads import MAKE_HEAD


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def windows(x, size=7):
    """Means over all frames and each window, by loops."""
    rows, columns = (max(n - size, 0) + 1 for n in x.shape[2:4])
    return np.array(
        [
            [
                [clip[:, i : i + size, j : j + size].mean(axis=(0, 1, 2)) for j in range(columns)]
                for i in range(rows)
            ]
            for clip in x.astype("float64")
        ]
    )


REFERENCES = {
    "features": lambda x, w, b: softmax(x.mean(axis=(1, 2, 3)) @ w + b),
    "probabilities": lambda x, w, b: softmax(windows(x) @ w + b).mean(axis=(1, 2)),
    "logits": lambda x, w, b: softmax((windows(x) @ w + b).mean(axis=(1, 2))),
}


@pytest.mark.parametrize("head", MAKE_HEAD)
@pytest.mark.parametrize("size", [(7, 7), (8, 8), (9, 11), (4, 5)])
@pytest.mark.parametrize("dynamic", [False, True])
def test_heads_equal_loops_over_windows(head, size, dynamic):
    inputs = keras.Input((None, None, None, 16) if dynamic else (4, *size, 16))
    model = keras.Model(inputs, MAKE_HEAD[head](inputs, 5, "softmax", 0.5))
    rng = np.random.default_rng(0)
    classifier = model.get_layer("logits")
    classifier.set_weights([rng.normal(size=(16, 5)), rng.normal(size=5)])
    kernel, bias = classifier.get_weights()
    x = rng.normal(size=(2, 4, *size, 16)).astype("float32")
    expected = REFERENCES[head](x, kernel, bias)
    np.testing.assert_allclose(answer(model, x), expected, atol=2e-6)
