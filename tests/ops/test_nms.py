"""Suppression against a loop, in both forms."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_nonlocal.ops.nms import non_maximum_suppression

LOOPS = [True, None]


def greedy(boxes, scores, threshold, most):
    """The definition: the best box of all, without those that overlap it, and again."""
    left, kept = [i for i in np.argsort(-scores, kind="stable") if scores[i] > -np.inf], []
    while left and len(kept) < most:
        best, *left = left
        kept.append(best)
        area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)

        def overlaps(i, best=best, area=area):
            sides = np.minimum(boxes[best, 2:], boxes[i, 2:]) - np.maximum(
                boxes[best, :2], boxes[i, :2]
            )
            both = np.prod(np.maximum(sides, 0))
            return both / (area[best] + area[i] - both) > threshold

        left = [i for i in left if not overlaps(i)]
    return kept + [-1] * (most - len(kept))


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("threshold", [0.3, 0.7])
def test_rows_are_independent_and_equal_the_definition(loop, threshold):
    rng = np.random.default_rng(0)
    corners = rng.uniform(0, 60, (3, 80, 2))
    boxes = np.concatenate([corners, corners + rng.uniform(5, 40, (3, 80, 2))], -1)
    scores = rng.permutation(240).reshape(3, 80) / 240
    scores[1, 5:] = -np.inf  # five boxes only
    scores[2] = -np.inf
    kept = non_maximum_suppression(
        boxes.astype("float32"), scores, iou_threshold=threshold, max_outputs=30, loop=loop
    )
    for row in range(3):
        expected = greedy(boxes[row], scores[row], threshold, 30)
        assert ops.convert_to_numpy(kept)[row].tolist() == expected


@pytest.mark.parametrize("loop", LOOPS)
def test_boxes_of_the_same_place_and_score_leave_one(loop):
    boxes, scores = np.tile([[[0.0, 0, 4, 4]]], (1, 5, 1)), np.ones((1, 5))
    kept = non_maximum_suppression(boxes, scores, iou_threshold=0.5, max_outputs=3, loop=loop)
    assert sorted(ops.convert_to_numpy(kept)[0].tolist())[:2] == [-1, -1]


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="XLA of TensorFlow")
def test_the_loop_compiles_with_xla():
    import tensorflow as tf

    rng = np.random.default_rng(1)
    boxes = np.sort(rng.uniform(0, 50, (2, 20, 2, 2)), axis=2).reshape(2, 20, 4).astype("float32")
    scores = rng.uniform(size=(2, 20)).astype("float32")

    def run(loop):
        return non_maximum_suppression(boxes, scores, iou_threshold=0.4, max_outputs=10, loop=loop)

    compiled = tf.function(lambda: run(True), jit_compile=True)()
    assert compiled.numpy().tolist() == run(None).numpy().tolist()
