"""RandomErasing against loops."""

import numpy as np
import tensorflow as tf
from augmentation.cases import still_clips

from keras_nonlocal import augmentation

SEEDS = np.stack([np.arange(200), np.ones(200)], 1).astype("int32")


def test_erases_one_box_of_the_requested_area_in_all_frames():
    layer = augmentation.RandomErasing(1.0, area=(0.1, 0.2), ratio=(0.5, 2.0), value=(7, 8, 9))
    whole = still_clips(20) // 2 + 100
    erased, _ = layer.augment(whole, None, SEEDS[:20])
    for clip, result in zip(whole, erased.numpy(), strict=True):
        hole = (result != clip).any(-1)
        assert (hole == hole[0]).all()
        rows, columns = np.nonzero(hole[0])
        height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert hole[0].sum() == height * width
        assert 0.08 < height * width / (20 * 26) < 0.23
        assert (result[hole] == (7, 8, 9)).all()


def test_erasing_happens_with_the_given_probability():
    erase = tf.function(augmentation.RandomErasing(0.4, value=0).augment)
    erased, _ = erase(np.full((200, 1, 10, 10, 1), 9, "uint8"), None, SEEDS)
    assert abs((erased.numpy() == 0).any((1, 2, 3, 4)).mean() - 0.4) < 0.1
