"""MultiScaleCrop against the rule of MMAction2 in loops, and against MMAction2 itself."""

import itertools
from collections import Counter

import numpy as np
import pytest
import tensorflow as tf
from augmentation.cases import clips

from keras_nonlocal.augmentation import MultiScaleCrop

SEEDS = np.stack([np.arange(2000), np.zeros(2000)], 1).astype("int32")
SCALES = (1.0, 0.875, 0.75, 0.66)
# Frame and size. In the second row, some sides are close to the size; the third frame is narrow.
FRAMES = [((40, 53), (20, 20)), ((40, 53), (28, 34)), ((61, 44), (44, 30))]
each_frame = pytest.mark.parametrize(("frame", "size"), FRAMES)


def count_boxes(layer, frame):
    """Counts boxes (top, left, height, width), found from pixels that hold their own place."""
    places = np.broadcast_to(np.stack(np.indices(frame), -1), (len(SEEDS), 1, *frame, 2))
    pixels = tf.function(layer.augment)(places.astype("float32"), None, SEEDS)[0].numpy()[:, 0]
    height, width = layer.size  # even numbers, so that the middle lies between two pixels
    before = pixels[:, height // 2 - 1, width // 2 - 1]
    after = pixels[:, height // 2, width // 2]
    sides = (after - before) * layer.size
    found = np.concatenate([(before + after + 1 - sides) / 2, sides], axis=1)
    np.testing.assert_allclose(found, found.round(), atol=1e-3)
    return Counter(tuple(box) for box in found.round().astype(int).tolist())


def boxes_by_the_rule(frame, size, scales, apart, places):
    """Counts boxes over all pairs of scales and all positions in quarters of the free space."""
    boxes = Counter()
    for i, j in itertools.product(range(len(scales)), repeat=2):
        sides = [int(min(frame) * scales[i]), int(min(frame) * scales[j])]
        sides = [
            wanted if abs(side - wanted) <= 2 else side
            for side, wanted in zip(sides, size, strict=True)
        ]
        down, right = ((whole - side) // 4 for whole, side in zip(frame, sides, strict=True))
        boxes.update((a * down, b * right, *sides) for a, b in places if abs(i - j) <= apart)
    return boxes


FIVE = [(0, 0), (0, 4), (2, 2), (4, 0), (4, 4)]
THIRTEEN = [(a, b) for a, b in itertools.product(range(5), repeat=2) if (a + b) % 2 == 0]


@each_frame
@pytest.mark.parametrize(
    ("scales", "apart", "positions"),
    [(SCALES, 1, 5), (SCALES, 0, 13), ((1.0, 0.8), 1, 5), (SCALES[:3], 2, 13), ((0.9,), 1, 5)],
)
def test_boxes_follow_the_rule_with_equal_probabilities(frame, size, scales, apart, positions):
    counts = count_boxes(MultiScaleCrop(size, scales, apart, positions), frame)
    expected = boxes_by_the_rule(frame, size, scales, apart, {5: FIVE, 13: THIRTEEN}[positions])
    assert set(counts) == set(expected)
    scale = len(SEEDS) / expected.total()
    for box, share in expected.items():
        assert abs(counts[box] - share * scale) < 5 * (share * scale) ** 0.5


def test_boxes_cover_the_frame_without_positions():
    counts = count_boxes(MultiScaleCrop(2, (1.0, 0.6), 0, None), (10, 12))
    expected = {(0, left, 10, 10) for left in range(3)}
    expected |= {(top, left, 6, 6) for top in range(5) for left in range(7)}
    assert set(counts) == expected
    assert abs(sum(counts[box] for box in expected if box[2] == 10) - 1000) < 120


def test_boxes_are_limited_to_the_frame():
    assert set(count_boxes(MultiScaleCrop(12, (1.0,)), (10, 11))) == {(0, 0, 10, 11)}


def test_evaluation_crops_the_center_at_the_largest_scale():
    original = clips(2, 2, (20, 26))
    crops = MultiScaleCrop(16, (0.5, 0.8))(original, training=False)
    np.testing.assert_array_equal(crops, original[:, :, 2:18, 5:21])


@each_frame
@pytest.mark.parametrize("positions", [5, 13])
@pytest.mark.parametrize(("scales", "apart"), [(SCALES, 1), ((1.0, 0.8), 1), (SCALES, 3)])
def test_boxes_match_mmaction2(frame, size, scales, apart, positions):
    peer = pytest.importorskip(
        "mmaction.datasets.transforms.processing", reason="MMAction2 is not installed"
    )
    crop = peer.MultiScaleCrop(size[::-1], scales, apart, num_fixed_crops=positions)
    expected = set()
    for _ in range(8000):
        left, top, right, bottom = crop.transform({"img_shape": frame})["crop_bbox"].tolist()
        expected.add((top, left, bottom - top, right - left))
    assert set(count_boxes(MultiScaleCrop(size, scales, apart, positions), frame)) == expected
