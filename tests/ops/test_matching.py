"""Matches and samples against the words of the papers."""

import numpy as np
import pytest
from keras import ops

from keras_nonlocal.ops.matching import match_boxes, sample_boxes


def numpy_of(*tensors):
    return [ops.convert_to_numpy(tensor) for tensor in tensors]


@pytest.mark.parametrize("best_of_each", [False, True])
def test_labels_follow_the_overlaps(best_of_each):
    rng = np.random.default_rng(0)
    iou = rng.choice([0.0, 0.1, 0.2, 0.4, 0.5, 0.8], size=(2, 30, 4)).astype("float32")
    iou[:, :, 3] *= 0.5  # no box overlaps it much
    exists = np.array([[True, True, True, True], [True, False, False, False]])
    objects, labels = numpy_of(
        *match_boxes(iou, exists, low=0.3, high=0.7, best_of_each=best_of_each)
    )
    for b, n in np.ndindex(2, 30):
        real = [g for g in range(4) if exists[b, g]]
        most = max(iou[b, n, g] for g in real)
        label = 1 if most >= 0.7 else 0 if most < 0.3 else -1
        if best_of_each and any(iou[b, n, g] == iou[b, :, g].max() > 0 for g in real):
            label = 1
        assert labels[b, n] == label
        assert iou[b, n, objects[b, n]] == most
        assert exists[b, objects[b, n]]


def test_without_objects_all_is_background():
    iou, exists = np.zeros((1, 5, 2)), np.zeros((1, 2), bool)
    _, labels = numpy_of(*match_boxes(iou, exists, low=0.3, high=0.7, best_of_each=True))
    assert (labels == 0).all()


def test_an_object_that_no_box_overlaps_takes_none():
    iou, exists = np.zeros((1, 5, 1)), np.ones((1, 1), bool)
    _, labels = numpy_of(*match_boxes(iou, exists, low=0.3, high=0.7, best_of_each=True))
    assert (labels == 0).all()


def test_a_sample_has_at_most_its_share_of_objects_and_is_filled_with_background():
    labels = np.array([[1] * 6 + [0] * 3 + [-1] * 3, [0] * 12, [1, 0] * 6])
    priorities = np.random.default_rng(1).permutation(36).reshape(3, 12).astype("float32")
    chosen, exists = numpy_of(*sample_boxes(labels, priorities, number=8, positive_share=0.25))
    for row in range(3):
        objects = [i for i in np.argsort(-priorities[row]) if labels[row, i] == 1][:2]
        others = [i for i in np.argsort(-priorities[row]) if labels[row, i] == 0]
        expected = (objects + others)[:8]
        assert exists[row].sum() == len(expected)
        assert chosen[row][exists[row]].tolist() == expected


def test_fewer_boxes_than_places_leave_places_empty():
    chosen, exists = numpy_of(*sample_boxes([[1, 0]], [[0.0, 0.0]], number=6, positive_share=0.5))
    assert exists.tolist() == [[True, True, False, False, False, False]]
    assert chosen[0, :2].tolist() == [0, 1]
