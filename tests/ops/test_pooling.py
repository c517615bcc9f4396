"""Clips that are pooled as images have the same largest values."""

import numpy as np
import pytest

from keras_nonlocal.ops.pooling import max_pool, pooling_of_images

CLIPS = np.random.default_rng(0).normal(size=(2, 7, 9, 8, 3)).astype("float32")


def largest_values(x, pools, strides):
    """Windows one by one, without padding."""
    starts = [range(0, n - p + 1, s) for n, p, s in zip(x.shape[1:4], pools, strides, strict=True)]
    found = [
        [
            [
                x[:, t : t + pools[0], h : h + pools[1], w : w + pools[2]].max(axis=(1, 2, 3))
                for w in starts[2]
            ]
            for h in starts[1]
        ]
        for t in starts[0]
    ]
    return np.moveaxis(np.array(found), 3, 0)


@pytest.mark.parametrize(
    ("pools", "strides"),
    [
        ((2, 3, 3), (2, 2, 2)),
        ((1, 2, 2), (1, 2, 2)),
        ((2, 1, 1), (2, 1, 1)),
        ((3, 3, 2), (1, 2, 3)),
        ((1, 1, 1), (2, 1, 1)),
    ],
)
def test_clips_pooled_as_images_have_the_same_values(pools, strides):
    with pooling_of_images():
        found = np.asarray(max_pool(CLIPS, pools, strides))
        padded = np.asarray(max_pool(CLIPS, pools, strides, "same"))
    np.testing.assert_array_equal(found, largest_values(CLIPS, pools, strides))
    np.testing.assert_array_equal(padded, np.asarray(max_pool(CLIPS, pools, strides, "same")))
