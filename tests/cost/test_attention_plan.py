"""Plans of non-local blocks: sizes, costs, forms and errors."""

import keras
import numpy as np
import pytest

from keras_nonlocal import models
from keras_nonlocal.cost import flops, plan
from keras_nonlocal.layers import NonLocal2D, NonLocal3D

pytestmark = pytest.mark.usefixtures("undrawn_weights")


def test_positions_and_keys_of_the_paper():
    rows = plan(models.nl_c2d_r50(), (32, 224, 224, 3)).blocks
    assert [(row.positions, row.keys) for row in rows] == [(3136, 784)] * 2 + [(784, 196)] * 3
    assert rows[0].dense_bytes == 4 * 3136 * 784
    assert rows[0].macs == 2 * 3136 * 784 * 256


def test_sets_and_bytes_are_proportional_to_the_batch():
    one, eight = (plan(models.nl_i3d_small(), (32, 64, 64, 3), batch=b).blocks for b in (1, 8))
    for single, batch in zip(one, eight, strict=True):
        assert batch.sets == 8 * single.sets
        assert batch.dense_bytes == 8 * single.dense_bytes


def test_sets_of_space_time_and_groups():
    for options, sets, positions in [
        ({"axes": "space"}, 8, 36),
        ({"axes": "time"}, 36, 8),
        ({"temporal_groups": 2}, 2, 144),
    ]:
        (row,) = plan(NonLocal3D(**options), (8, 6, 6, 16)).blocks
        assert (row.sets, row.positions) == (sets, positions)


def test_operands_follow_the_dtype():
    layer = NonLocal2D(inner_channels=4)
    (full,), (half,) = (plan(layer, (8, 8, 16), dtype=t).blocks for t in ("float32", "bfloat16"))
    assert full.operand_bytes == 4 * 3 * 64 * 4
    assert half.operand_bytes == full.operand_bytes // 2
    assert half.dense_bytes == full.dense_bytes  # the affinity is float32 for every dtype


@pytest.mark.parametrize(
    ("instantiation", "form"),
    [("embedded_gaussian", "blocked"), ("dot_product", "associated"), ("concatenation", "sorted")],
)
def test_large_maps_never_store_the_affinity(instantiation, form):
    layer = NonLocal3D(256, instantiation=instantiation, pool_size=(1, 2, 2))
    (row,) = plan(layer, (32, 28, 28, 512)).blocks
    assert row.form == form
    assert row.planned_bytes < 0.6 * row.dense_bytes


def test_printed_plan_names_every_block():
    text = str(plan(models.nl_c2d_r50(), (32, 224, 224, 3), batch=8))
    assert "res4_5_nonlocal" in text
    assert "78.7 MB" in text
    assert len(text.splitlines()) == 6


def test_models_inside_models_are_counted():
    inner = models.nl_c2d_small(include_top=False, pooling="avg")
    inputs = keras.Input((None, None, None, 3))
    outer = keras.Model(inputs, keras.layers.Dense(4)(inner(inputs)))
    shape = (16, 64, 64, 3)
    assert plan(outer, shape) == plan(inner, shape)
    assert flops(outer, shape).total_macs == flops(inner, shape).total_macs + 128 * 4


def test_memory_counts_all_sets_of_a_sample():
    frames = NonLocal3D(axes="space", method="auto")
    (row,) = plan(frames, (32, 44, 44, 64), batch=8).blocks
    assert row.form in ("blocked", "fused")
    assert row.planned_bytes < row.dense_bytes / 10


def _of_unknown_kind():
    inputs = keras.Input((8, 8))
    attention = keras.layers.MultiHeadAttention(2, 4, name="attention")
    return keras.Model(inputs, attention(inputs, inputs))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plan(models.c2d_small(), (16, 64, 64, 3)), "no non-local block"),
        (lambda: plan(models.nl_c2d_small(), (16, 64, 64)), "must fit the input"),
        (
            lambda: plan(models.nl_c2d_small(), (None, 64, 64, 3)),
            "an integer for each dimension",
        ),
        (
            lambda: plan(models.nl_c2d_small(), (16, 64, 64, 4)),
            "must fit the input",
        ),
        (lambda: plan(NonLocal3D(), (4, 4, 4, 4), batch=0), "batch=0"),
        (
            lambda: plan(NonLocal3D(), (4, 4, 4, 4), dtype="int8"),
            "`dtype` must be one of",
        ),
        (lambda: plan(NonLocal3D(), (4, 4, 4)), "`input_shape`"),
        (lambda: flops(np.zeros(3), (4,)), "functional model"),
        (lambda: plan(NonLocal3D(pool_size=(1, 9, 9)), (4, 4, 4, 4)), "must fit into"),
        (lambda: flops(_of_unknown_kind(), (8, 8)), "'attention' are not known"),
    ],
)
def test_invalid_arguments_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
