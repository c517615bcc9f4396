"""How images become inputs."""

import pytest

from keras_nonlocal.images import ImageSpec


@pytest.mark.parametrize(
    ("resize", "size", "scale", "expected"),
    [
        (None, (360, 480), 1.0, (360, 480)),
        ((2048, 512), (480, 640), 1.0, (512, 683)),
        ((2048, 512), (100, 900), 1.0, (228, 2048)),
        ((2049, 1025), (1024, 2048), 1.0, (1025, 2049)),
        ((240, 180), (480, 360), 1.0, (240, 180)),
        (None, (100, 200), 1.25, (125, 250)),
        (None, (1, 1), 0.1, (1, 1)),
    ],
)
def test_images_are_fitted_into_the_sides(resize, size, scale, expected):
    assert ImageSpec(resize=resize).resized(*size, scale) == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": (8, 8)}, "given together"),
        ({"scales": ()}, "at least one factor"),
        ({"scales": (0.0,)}, "scales"),
        ({"std": (0.0, 1.0, 1.0)}, "std"),
        ({"mean": (float("nan"), 1.0, 1.0)}, "mean"),
        ({"resize": (0, 8)}, "resize"),
    ],
)
def test_values_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        ImageSpec(**options)
