"""Positions, sizes and pixels of crops against loops, Pillow and the rule of torchvision."""

import numpy as np
import pytest
import tensorflow as tf
from augmentation.cases import clips

from keras_nonlocal import augmentation
from keras_nonlocal.augmentation.functional import boxes, geometry

SEEDS = np.stack([np.arange(300), np.zeros(300)], 1).astype("int32")


def marked(batch, size):
    """Clips of one frame and channel in which each pixel is row * 1000 + column."""
    rows, columns = np.mgrid[: size[0], : size[1]]
    return np.tile((rows * 1000 + columns)[None, None, ..., None], (batch, 1, 1, 1, 1)).astype(
        "float32"
    )


def test_random_crops_cover_all_positions():
    crops, _ = tf.function(augmentation.RandomCrop((3, 4)).augment)(
        marked(300, (5, 7)), None, SEEDS
    )
    corners = {divmod(int(value), 1000) for value in crops[:, 0, 0, 0, 0]}
    assert corners == {(row, column) for row in range(3) for column in range(4)}


def test_random_crops_equal_slices_of_the_clip():
    original, (crops, _) = clips(), augmentation.RandomCrop(9).augment(clips(), None, SEEDS[:3])
    for clip, crop in zip(original, crops.numpy(), strict=True):
        assert any(
            (clip[:, top : top + 9, left : left + 9] == crop).all()
            for top in range(12)
            for left in range(18)
        )


@pytest.mark.parametrize("size", [(20, 26), (26, 20), (21, 21)])
def test_three_crops_cover_the_longer_side(size):
    original = clips(2, size=size)
    middle = [(side - 9) // 2 for side in size]
    axis = 0 if size[0] > size[1] else 1
    ends = [list(middle) for _ in range(3)]
    ends[0][axis], ends[2][axis] = 0, size[axis] - 9
    crops, labels = augmentation.ThreeCrop(9)((original, np.array([4, 7])))
    assert labels.numpy().tolist() == [4, 4, 4, 7, 7, 7]
    for place, crop in enumerate(crops.numpy()):
        top, left = ends[place % 3]
        np.testing.assert_array_equal(crop, original[place // 3][:, top : top + 9, left : left + 9])


def bilinear(image, size):
    """Bilinear resampling with half-pixel centers, in loops."""
    result = np.zeros((*size, image.shape[2]))
    for row in range(size[0]):
        for column in range(size[1]):
            y = np.clip((row + 0.5) * image.shape[0] / size[0] - 0.5, 0, image.shape[0] - 1)
            x = np.clip((column + 0.5) * image.shape[1] / size[1] - 0.5, 0, image.shape[1] - 1)
            top, left = int(y), int(x)
            low, right = min(top + 1, len(image) - 1), min(left + 1, image.shape[1] - 1)
            upper = image[top, left] * (1 - x + left) + image[top, right] * (x - left)
            lower = image[low, left] * (1 - x + left) + image[low, right] * (x - left)
            result[row, column] = upper * (1 - y + top) + lower * (y - top)
    return result


def test_crop_and_resize_is_bilinear():
    original = clips(2, 2, dtype="float32")
    places = np.array([[1, 2, 9, 15], [0, 0, 20, 26]], "int32")
    scaled = geometry.crop_and_resize(original, places, (12, 13)).numpy()
    for clip, (top, left, height, width), result in zip(original, places, scaled, strict=True):
        for frame, image in zip(clip, result, strict=True):
            cut = frame[top : top + height, left : left + width]
            np.testing.assert_allclose(image, bilinear(cut, (12, 13)), atol=1e-3)


def test_antialias_matches_pillow():
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    original = clips(1, 1, (60, 80))
    scaled = augmentation.ResizeShortSide(20, antialias=True)(original).numpy()[0, 0]
    expected = np.asarray(
        image.fromarray(original[0, 0]).resize((27, 20), image.Resampling.BILINEAR)
    )
    assert np.abs(scaled.astype(int) - expected).max() <= 1


def test_short_sides_cover_the_range():
    layer = augmentation.RandomShortSideCrop(8, short_side=(8, 16))
    crops, _ = tf.function(layer.augment)(marked(300, (16, 20)), None, SEEDS)
    steps = (crops[:, 0, 0, -1, 0] - crops[:, 0, 0, 0, 0]) / 7  # frame pixels for each output pixel
    counts = np.unique(np.round(steps, 1), return_counts=True)
    np.testing.assert_allclose(
        counts[0], np.unique(np.round(np.round(128 / np.arange(8, 17)) / 8, 1)), atol=0.11
    )


def test_short_side_crop_in_evaluation_is_the_center_at_the_lower_length():
    original = clips(1, 1, (40, 54), dtype="float32")
    crop = augmentation.RandomShortSideCrop(16, short_side=(20, 30))(original, training=False)
    np.testing.assert_allclose(
        crop[0, 0], bilinear(original[0, 0, 4:36, 11:43], (16, 16)), atol=1e-3
    )


def torchvision_box(tries, frame, area, ratio):
    """The first try whose rounded sides fit into the frame, or None."""
    for fraction, position in tries:
        pixels = frame[0] * frame[1] * (area[0] + fraction * (area[1] - area[0]))
        low, high = np.log(ratio)
        aspect = np.exp(low + position * (high - low))
        width, height = round((pixels * aspect) ** 0.5), round((pixels / aspect) ** 0.5)
        if 0 < width <= frame[1] and 0 < height <= frame[0]:
            return height, width
    return None


@pytest.mark.parametrize("frame", [(30, 40), (10, 90)])
def test_boxes_follow_the_rule_of_torchvision(frame):
    numbers = np.random.default_rng(0).random((200, boxes.NUM_DRAWS)).astype("float32")
    area, ratio = (0.08, 1.0), (0.75, 4 / 3)
    drawn, found = boxes.drawn(numbers, tf.constant(frame), area, ratio)
    for row, box, fits in zip(numbers, drawn.numpy(), found.numpy(), strict=True):
        expected = torchvision_box(row[:20].reshape(10, 2), frame, area, ratio)
        assert fits == (expected is not None)
        assert not fits or tuple(box[2:]) == expected
        assert (box[:2] >= 0).all()
        assert (box[:2] + box[2:] <= frame).all()


@pytest.mark.parametrize(
    ("frame", "expected"),
    [((30, 36), (30, 36)), ((10, 90), (10, 13)), ((90, 10), (13, 10)), ((1, 9), (1, 1))],
)
def test_largest_box_respects_the_aspect_ratio(frame, expected):
    assert tuple(boxes.largest(tf.constant(frame), (0.75, 4 / 3)).numpy()) == expected
