"""Layers that change an image together with its objects."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_nonlocal import augmentation
from keras_nonlocal.augmentation.joint.moves import boxes_around
from keras_nonlocal.augmentation.joint.resize import short_side_size

SIZE = (48, 64)
BOXES = np.array([[4, 6, 20, 30], [30, 2, 61, 18], [40, 30, 44, 47]], "float32")
LAYERS = {
    "scale": augmentation.JointRandomScale(0.5, 2.0),
    "crop": augmentation.JointRandomCrop((30, 40)),
    "larger_crop": augmentation.JointRandomCrop((90, 90)),
    "flip": augmentation.JointRandomFlip(),
    "rotation": augmentation.JointRandomRotation(30),
    "resize": augmentation.JointResize((30, 60), 70),
    "range": augmentation.JointResize((30, 60), sampling="range"),
    "colors": augmentation.PhotometricDistortion(),
}
each_layer = pytest.mark.parametrize("name", LAYERS)


def rectangles(boxes, size=SIZE):
    masks = np.zeros((len(boxes), *size), "uint8")
    for mask, (x0, y0, x1, y1) in zip(masks, boxes.astype(int), strict=True):
        mask[y0:y1, x0:x1] = 1
    return masks


def example(boxes=BOXES):
    """Rectangles with a keypoint at the middle and one at the upper left corner pixel."""
    masks = rectangles(boxes)
    middle, corner = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, :2] + 0.5
    points = np.stack([middle, corner, np.zeros_like(middle)], axis=1)
    visibility = np.tile([[[2.0], [1.0], [0.0]]], (len(boxes), 1, 1))
    color = masks.max(axis=0, initial=0) * 255
    return {
        "images": np.repeat(color[..., None], 3, axis=-1),
        "boxes": boxes,
        "labels": np.arange(len(boxes), dtype="int32") + 5,
        "masks": masks,
        "keypoints": np.concatenate([points, visibility], axis=-1).astype("float32"),
        "crowd": np.zeros(len(boxes), bool),
        "flip_pairs": np.zeros((0, 2), "int32"),
    }


def changed(layer, inputs, seed):
    return {key: np.asarray(value) for key, value in layer(inputs, seed=seed).items()}


def around(mask):
    rows, columns = np.nonzero(mask)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


@each_layer
@pytest.mark.parametrize("seed", range(3))
def test_boxes_stay_tight_around_masks_and_both_on_the_image(name, seed):
    found = changed(LAYERS[name], example(), (seed, 3))
    height, width = found["images"].shape[:2]
    assert found["masks"].shape[1:] == (height, width)
    count = len(found["boxes"])
    assert all(len(found[key]) == count for key in ("labels", "masks", "keypoints", "crowd"))
    for box, mask in zip(found["boxes"], found["masks"], strict=True):
        assert np.abs(box - around(mask)).max() <= 1
        assert set(np.unique(mask)) <= {0, 1}
        assert (box >= 0).all()
        assert (box[2:] <= (width, height)).all()
    if name not in ("colors", "larger_crop"):
        bright = found["images"][..., 0] > 127
        covered = found["masks"].max(axis=0, initial=0) > 0
        edges = 2 * sum(np.ptp(box.reshape(2, 2), axis=0).sum() for box in found["boxes"])
        background = name == "rotation" or name == "crop"  # its fill may be bright
        wrong = covered & ~bright if background else bright != covered
        assert wrong.sum() <= edges


@each_layer
@pytest.mark.parametrize("seed", range(3))
def test_keypoints_stay_on_their_objects(name, seed):
    found = changed(LAYERS[name], example(), (seed, 3))
    for box, points in zip(found["boxes"], found["keypoints"], strict=True):
        if points[0, 2]:  # the middle of a whole rectangle is inside of what is left, or is gone
            assert (box[:2] - 0.01 <= points[0, :2]).all()
            assert (points[0, :2] <= box[2:] + 0.01).all()
        assert not points[2].any()  # what is not labeled stays so
        assert points[0, 2] in (0, 2)
        assert points[1, 2] in (0, 1)


def test_flips_mirror_coordinates_and_exchange_partners():
    inputs = example()
    inputs["flip_pairs"] = np.array([[0, 1]])
    found = changed(augmentation.JointRandomFlip(1.0), inputs, (0, 0))
    width = SIZE[1]
    for place, (x0, y0, x1, y1) in enumerate(BOXES.tolist()):
        assert found["boxes"][place].tolist() == [width - x1, y0, width - x0, y1]
        (ax, ay, av), (bx, by, bv), _ = inputs["keypoints"][place].tolist()
        expected = [[width - bx, by, bv], [width - ax, ay, av], [0, 0, 0]]
        assert found["keypoints"][place].tolist() == expected
    np.testing.assert_array_equal(found["masks"], inputs["masks"][:, :, ::-1])
    unmoved = changed(augmentation.JointRandomFlip(0.0), inputs, (0, 0))
    for key in ("boxes", "keypoints", "masks", "labels"):
        np.testing.assert_array_equal(unmoved[key], inputs[key])


def test_keypoints_cannot_be_mirrored_without_their_partners():
    inputs = {key: value for key, value in example().items() if key != "flip_pairs"}
    with pytest.raises(ValueError, match="only with `flip_pairs`"):
        augmentation.JointRandomFlip()(inputs)


def test_crops_cut_boxes_and_drop_what_has_left():
    layer, inputs = augmentation.JointRandomCrop((20, 24)), example()
    seen = set()
    for seed in range(12):
        found = changed(layer, inputs, (seed, 1))
        # The window is found again by the image, whose pixels are moved exactly.
        image, masks = found["images"][..., 0], found["masks"]
        corners = [
            (y, x)
            for y in range(SIZE[0] - 19)
            for x in range(SIZE[1] - 23)
            if np.abs(inputs["images"][y : y + 20, x : x + 24, 0] - image).max() < 0.5
        ]
        expected = []
        for y, x in corners:
            low = np.clip(BOXES - (x, y, x, y), 0, (24, 20, 24, 20))
            kept = ((low[:, 2:] - low[:, :2]) > 0).all(axis=1)
            expected.append((low[kept].tolist(), inputs["labels"][kept].tolist()))
        assert (found["boxes"].tolist(), found["labels"].tolist()) in expected
        assert masks.any(axis=(1, 2)).all()
        seen.add(len(found["labels"]))
    assert min(seen) < 3


@pytest.mark.parametrize("name", [name for name in LAYERS if name != "colors"])
def test_images_without_objects_stay_without(name):
    found = changed(LAYERS[name], example(np.zeros((0, 4), "float32")), (2, 3))
    assert found["boxes"].shape == (0, 4)
    assert found["masks"].shape == (0, *found["images"].shape[:2])
    assert found["keypoints"].shape == (0, 3, 3)


@each_layer
def test_graphs_give_the_same(name):
    layer = LAYERS[name]
    eager = layer(example(), seed=(3, 4))
    dataset = tf.data.Dataset.from_tensors(example()).map(lambda inputs: layer(inputs, (3, 4)))
    for key, value in next(iter(dataset)).items():
        np.testing.assert_allclose(value, eager[key], atol=1e-3)
    same = layer(example(), seed=(3, 4), training=False)
    np.testing.assert_array_equal(same["boxes"], BOXES)


def test_turned_boxes_are_those_of_masks_if_there_are_masks():
    layer = augmentation.JointRandomRotation(30)
    with_masks = changed(layer, example(), (1, 3))
    inputs = {key: value for key, value in example().items() if key != "masks"}
    alone = changed(layer, inputs, (1, 3))
    sides = [
        np.prod(found["boxes"][:, 2:] - found["boxes"][:, :2], axis=1)
        for found in (with_masks, alone)
    ]
    assert (sides[0] <= sides[1] + 2).all()


def test_boxes_around_masks():
    masks = rectangles(np.concatenate([BOXES, np.zeros((1, 4), "float32")]))
    np.testing.assert_array_equal(boxes_around(masks), [*BOXES, [0, 0, 0, 0]])


def shortest_edge(height, width, short, longest):
    """The rule in words: the short side becomes `short`, unless the long one became too long."""
    scale = short / min(height, width)
    new = [short, scale * width] if height < width else [scale * height, short]
    if max(new) > longest:
        new = [side * (longest / max(new)) for side in new]
    return [int(side + 0.5) for side in new]


def test_resized_images_have_the_size_of_detectron2():
    random = np.random.default_rng(0)
    for height, width in [(480, 640), (640, 480), (427, 1280), *random.integers(30, 1500, (40, 2))]:
        found = short_side_size((int(height), int(width)), 800, 1333).numpy().tolist()
        assert found == shortest_edge(int(height), int(width), 800, 1333)


@pytest.mark.parametrize(
    ("sampling", "expected"), [("choice", {8, 12}), ("range", set(range(8, 13)))]
)
def test_all_lengths_of_the_short_side_are_drawn(sampling, expected):
    layer = augmentation.JointResize((8, 12), 100, sampling=sampling)
    image = np.zeros((10, 20, 3), "uint8")
    shapes = {tuple(layer(image, (seed, 5)).shape[:2]) for seed in range(60)}
    assert {height for height, _ in shapes} == expected
    assert all(width == 2 * height for height, width in shapes)


def test_images_that_become_smaller_are_smoothed_as_by_pillow():
    from PIL import Image

    image = np.random.default_rng(0).integers(0, 256, (60, 90, 3), "uint8")
    expected = Image.fromarray(image).resize((30, 20), Image.Resampling.BILINEAR)
    smooth = augmentation.JointResize(20)(image)
    np.testing.assert_allclose(smooth, np.asarray(expected), atol=1.01)
    rough = augmentation.JointResize(20, antialias=False)(image).numpy()
    assert np.abs(rough - np.asarray(expected)).max() > 30


def test_resizing_is_made_again_from_its_configuration():
    layer = LAYERS["range"]
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    first, second = (each(example(), (8, 8))["boxes"] for each in (layer, again))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: augmentation.JointResize(()), "at least one length"),
        (lambda: augmentation.JointResize((8, 0)), "`short_side`"),
        (lambda: augmentation.JointResize(8, max_side=0), "`max_side`"),
        (lambda: augmentation.JointResize((8, 9, 10), sampling="range"), "`short_side`"),
        (lambda: augmentation.JointResize(sampling="all"), "`sampling`"),
        (
            lambda: augmentation.JointRandomFlip()({**example(), "boxes": np.zeros((1, 2, 4))}),
            "one list of boxes of 2 dim",
        ),
    ],
)
def test_wrong_arguments_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_each_side_has_a_scale_of_its_own():
    """Half of 3 rows are 2, as there are no half pixels."""
    image = {"images": np.zeros((3, 200, 3), "uint8"), "boxes": np.array([[0, 0, 200, 3.0]])}
    found = augmentation.JointRandomScale(0.5, 0.5)(image)
    assert found["images"].shape == (2, 100, 3)
    np.testing.assert_allclose(found["boxes"], [[0, 0, 100, 2]], rtol=1e-6)


def test_an_object_of_which_no_pixel_is_left_is_dropped_though_its_box_is_there():
    """The object is an L, whose box also holds what is above its foot."""
    mask = np.zeros((1, 20, 20), "uint8")
    mask[0, :, :2] = mask[0, 18:, :] = 1
    inputs = {
        "images": np.repeat(mask[0, ..., None], 3, axis=-1) * 255,
        "boxes": np.array([[0, 0, 20, 20]], "float32"),
        "masks": mask,
    }
    layer, counts = augmentation.JointRandomCrop((6, 6)), []
    for seed in range(20):
        found = layer(inputs, (seed, 2))
        counts.append(len(found["boxes"]))
        assert counts[-1] == (found["images"].numpy() > 1).any()
    assert set(counts) == {0, 1}
