"""Placements of non-local blocks."""

import pytest

from keras_nonlocal.backbones.placement import DEPTHS, PLACEMENTS, place


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_number_places_that_many_blocks(depth):
    for number in PLACEMENTS[depth]:
        placement = place(number, depth)
        assert sum(len(indices) for indices in placement.values()) == number
        assert place(placement, depth) == placement


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        (3, r"one of \[1, 5, 10\] for 50 layers, or a placement"),
        ("res4", "or a placement such as"),
        ({"res4": 1}, "lists indices of residual blocks"),
        ({"res4": (1.0,)}, "lists indices of residual blocks"),
        ({}, "at least one non-local block"),
        ({"res4": ()}, "at least one non-local block"),
        ({"res6": (1,)}, "Stages are res2, res3, res4, res5"),
        ({"res4": (6,)}, "residual blocks 0 to 5"),
        ({"res4": (1, 1)}, "non-local block may follow"),
    ],
)
def test_invalid_placements_are_refused(blocks, message):
    with pytest.raises(ValueError, match=message):
        place(blocks, 50)
