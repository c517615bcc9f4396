"""Layers in `tf.data`, with unknown sizes, on every Keras backend."""

import numpy as np
import pytest
import tensorflow as tf
from augmentation.cases import CASES, LABELS, clips, each_case

_CLIPS = tf.TensorSpec((None, None, None, None, 3), tf.uint8)
_LABELS = tf.TensorSpec((None,), tf.int32)


def batches(signature, *values):
    return tf.data.Dataset.from_generator(lambda: iter(values), output_signature=signature)


@each_case
def test_one_map_takes_batches_of_any_size(case):
    layer, larger = case.make(), clips(4, 2, (30, 22))
    data = batches((_CLIPS, _LABELS), (clips(), LABELS), (larger, np.arange(4) % 3))
    data = data.map(lambda *batch: layer(batch))
    assert data.element_spec[0].dtype == ("float32" if case.name == "normalize" else "uint8")
    first, second = data.as_numpy_iterator()
    assert first[0].shape == case.shape()
    assert second[0].shape[:2] == (4 * case.copies, 2)
    assert first[1].shape == (
        (3 * case.copies,) if case.num_classes is None else (3, case.num_classes)
    )


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.name in ("random_crop", "three_crop", "flip", "mixup")],
    ids=lambda case: case.name,
)
def test_epochs_differ_and_a_seed_repeats_them(case):
    data, epochs = batches((_CLIPS, _LABELS), *[(clips(), LABELS)] * 3), []
    for layer in [case.make(**({"seed": 5} if case.random else {})) for _ in range(2)]:
        changed = data.map(lambda *batch, layer=layer: layer(batch)[0])
        epochs += [np.stack([*changed.as_numpy_iterator()]) for _ in range(2)]
    assert (epochs[0] != epochs[1]).any() == case.random
    np.testing.assert_array_equal(epochs[:2], epochs[2:])
