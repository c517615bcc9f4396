"""Half precision: outputs have the compute dtype, and are computed in float32."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from augmentation.cases import LABELS, clips, each_case

SEEDS = np.arange(6, dtype="int32").reshape(3, 2)


@each_case
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float32"])
def test_float_clips_are_cast_to_the_compute_dtype_once(case, policy):
    values = clips(dtype="float32") + 0.25
    half, labels = case.make(dtype=policy).augment(values, LABELS, SEEDS)
    full, _ = case.make(dtype="float32").augment(values, LABELS, SEEDS)
    assert half.dtype == keras.DTypePolicy(policy).compute_dtype
    np.testing.assert_array_equal(half, tf.cast(full, half.dtype))
    assert labels.dtype in ("int32", "float32")


@each_case
def test_mixed_precision_does_not_round_the_input(case):
    values = np.full((3, 4, 20, 26, 3), 100.3, "float32")
    changed, _ = case.make(dtype="mixed_float16")(
        (values, np.eye(3, dtype="float32")[LABELS]), training=False
    )
    expected = (100.3 - np.array([110.0, 120, 130])) / 50 if case.name == "normalize" else 100.3
    np.testing.assert_allclose(
        changed.numpy(), np.broadcast_to(np.float16(expected), changed.shape)
    )


@each_case
def test_uint8_is_the_rounded_float32_result(case):
    integers, _ = case.make().augment(clips(), LABELS, SEEDS)
    values, _ = case.make().augment(clips(dtype="float32"), LABELS, SEEDS)
    if case.name in ("normalize", "rand_augment", "erasing"):  # rounded earlier, or never
        np.testing.assert_allclose(integers.numpy().astype(float), values, atol=1)
    else:
        np.testing.assert_array_equal(integers, np.floor(values.numpy() + 0.5).astype("uint8"))
