"""ResizeLike against bilinear weights in NumPy."""

import keras
import numpy as np

from keras_nonlocal.layers import ResizeLike


def test_resize_like_is_bilinear():
    """Corners are not aligned."""
    small = keras.ops.convert_to_tensor(np.arange(6, dtype="float32").reshape(1, 2, 3, 1))
    large = keras.ops.convert_to_numpy(ResizeLike()([small, np.zeros((1, 4, 6, 1))]))[0, ..., 0]

    def weights(out, size):
        centers = np.clip((np.arange(out) + 0.5) * size / out - 0.5, 0, size - 1)
        matrix = np.zeros((out, size))
        for row, p in enumerate(centers):
            low = min(int(p), size - 2)
            matrix[row, low], matrix[row, low + 1] = 1 - (p - low), p - low
        return matrix

    expected = weights(4, 2) @ np.arange(6).reshape(2, 3) @ weights(6, 3).T
    np.testing.assert_allclose(large, expected, atol=1e-6)
