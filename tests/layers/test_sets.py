"""Attention within sets of positions: temporal groups, space only and time only."""

import keras
import numpy as np
from conformance.cases import Case, trained

from keras_nonlocal.layers import NonLocal3D

CASE = Case("clip", NonLocal3D, (2, 8, 3, 3, 6))


def test_temporal_groups_equal_the_layer_on_each_group():
    x = CASE.input()
    grouped = trained(CASE.make(temporal_groups=2), CASE)(x, training=False)
    layer = trained(CASE.make(), CASE)
    halves = [
        keras.ops.convert_to_numpy(layer(part, training=False)) for part in (x[:, :4], x[:, 4:])
    ]
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(grouped), np.concatenate(halves, axis=1), rtol=1e-5, atol=1e-5
    )


def test_space_only_ignores_other_frames():
    layer = trained(CASE.make(axes="space"), CASE)
    x, other = CASE.input(), CASE.input()
    other[:, 1:] = 0
    first, second = (keras.ops.convert_to_numpy(layer(clip, training=False)) for clip in (x, other))
    np.testing.assert_allclose(first[:, 0], second[:, 0], rtol=1e-6, atol=1e-6)


def test_time_only_ignores_other_places():
    layer = trained(CASE.make(axes="time"), CASE)
    x, other = CASE.input(), CASE.input()
    other[:, :, 1:] = 0
    first, second = (keras.ops.convert_to_numpy(layer(clip, training=False)) for clip in (x, other))
    np.testing.assert_allclose(first[:, :, 0], second[:, :, 0], rtol=1e-6, atol=1e-6)
