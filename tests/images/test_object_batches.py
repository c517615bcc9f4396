"""The stream of images with objects depends on seed and batch alone."""

from dataclasses import replace

import numpy as np
import pytest
from images.object_files import annotation, points, write_coco

from keras_nonlocal.augmentation import JointRandomCrop, JointRandomFlip, JointResize
from keras_nonlocal.images import DetectionImage, object_stream, read_object_set

SPEC = DetectionImage(24, 48)
WITHOUT_KEYPOINTS = {"keypoint_names": (), "flip_pairs": (), "skeleton": ()}
PERSON = points((3, 4, 2), (5, 6, 1), (0, 0, 0))


@pytest.fixture(scope="module")
def objects(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    rows = [
        annotation(1, 10, (2, 3, 4, 4), keypoints=PERSON),
        annotation(2, 10, (8, 1, 6, 6)),
        annotation(3, 11, (0, 0, 5, 5), iscrowd=1),
        annotation(4, 11, (4, 4, 6, 6), keypoints=PERSON),
    ]
    write_coco(folder, rows, keypoints=True)
    return read_object_set(folder, keypoints=True)


def batches(objects, count, **options):
    layers = [JointRandomFlip(), JointResize((18, 24), 48)]
    options = {"spec": SPEC, "augment": layers, "batch_size": 2, **options}
    return list(object_stream(objects, **options).take(count).as_numpy_iterator())


def assert_same(one, other):
    for left, right in zip(one, other, strict=True):
        for key in left:
            np.testing.assert_array_equal(left[key], right[key], err_msg=key)


def test_an_epoch_has_the_images_and_objects_that_are_stored(objects):
    inputs, labels = batches(objects, 1, batch_size=3, augment=())[0]
    assert inputs["images"].shape == (3, 32, 32, 3)
    assert inputs["sizes"].tolist() == [[24, 32]] * 3
    assert not inputs["images"][:, 24:].any()
    assert labels["boxes"].dtype == np.float32
    assert labels["labels"].dtype == np.int32
    assert labels["masks"].dtype == np.uint8
    pixels = {image["images"].tobytes(): image for image in map(objects.read, range(3))}
    found = {}
    for place, image in enumerate(inputs["images"]):
        # Twice as large as stored, so every stored pixel is between four of the batch.
        drawn = SPEC.pixels(image[:24, :32]).astype(float)
        by_error = {
            key: np.abs(drawn.reshape(12, 2, 16, 2, 3).mean(axis=(1, 3)) - read["images"]).mean()
            for key, read in pixels.items()
        }
        found[min(by_error, key=by_error.get)] = place
    assert len(found) == 3
    for key, place in found.items():
        read = pixels[key]
        kept = ~read["crowd"]
        count = kept.sum()
        assert labels["labels"][place].tolist() == [0] * count + [-1] * (2 - count)
        np.testing.assert_allclose(labels["boxes"][place, :count], 2 * read["boxes"][kept])
        assert (labels["boxes"][place, count:] == -1).all()
        scaled = read["masks"][kept].repeat(2, axis=1).repeat(2, axis=2)
        np.testing.assert_array_equal(labels["masks"][place, :count, :24], scaled)
        assert not labels["masks"][place, count:].any()
        expected = read["keypoints"][kept] * (2, 2, 1)
        np.testing.assert_allclose(labels["keypoints"][place, :count], expected)


def test_threads_and_the_first_batch_change_nothing(objects):
    whole = batches(objects, 6)
    later = batches(objects, 3, first=3, num_parallel_calls=1)
    for one, other in zip(whole[3:], later, strict=True):
        assert_same(one, other)
    others = batches(objects, 6, seed=1)
    pairs = zip(whole, others, strict=True)
    assert any(one[0]["images"].tobytes() != two[0]["images"].tobytes() for one, two in pairs)


def test_parts_of_a_batch_make_the_whole(objects):
    options = {"size": (64, 64), "max_objects": 4}
    whole = batches(objects, 3, **options)
    parts = [batches(objects, 3, shard=(number, 2), **options) for number in range(2)]
    for index, batch in enumerate(whole):
        joined = [
            {key: np.concatenate([part[index][side][key] for part in parts]) for key in batch[side]}
            for side in range(2)
        ]
        assert_same(batch, joined)


def test_sizes_are_known_where_they_are_fixed(objects):
    stream = object_stream(
        objects, spec=SPEC, size=(32, 64), max_objects=3, kinds=["boxes"], batch_size=2
    )
    inputs, labels = stream.element_spec
    assert tuple(inputs["images"].shape) == (2, 32, 64, 3)
    assert {key: tuple(value.shape) for key, value in labels.items()} == {
        "boxes": (2, 3, 4),
        "labels": (2, 3),
    }
    assert next(iter(stream))[1]["labels"].shape == (2, 3)


def test_there_is_a_row_also_without_objects(objects):
    inputs, labels = batches(objects.part([2]), 1, kinds=objects.kinds)[0]
    assert labels["boxes"].tolist() == [[[-1] * 4]] * 2
    assert labels["labels"].tolist() == [[-1]] * 2
    assert labels["masks"].shape == (2, 1, *inputs["images"].shape[1:3])
    assert not labels["keypoints"].any()


def test_channels_come_in_the_order_of_the_network(objects):
    rgb, bgr = (
        batches(objects, 1, spec=DetectionImage(24, 48, channel_order=order))[0][0]["images"]
        for order in ("rgb", "bgr")
    )
    np.testing.assert_array_equal(rgb, bgr[..., ::-1])


def test_layers_that_set_the_size_are_the_last_word(objects):
    inputs, _ = batches(objects, 1, augment=[JointRandomCrop((20, 10))])[0]
    assert inputs["sizes"].tolist() == [[20, 10]] * 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": (16, 16)}, "larger than `size`"),
        ({"max_objects": 1}, "more objects than `max_objects`"),
    ],
)
def test_batches_that_do_not_fit_are_refused(objects, options, message):
    with pytest.raises(Exception, match=message):
        batches(objects, 2, **options)


def test_wrong_arguments_are_refused(objects):
    with pytest.raises(ValueError, match="without keypoints"):
        object_stream(replace(objects, **WITHOUT_KEYPOINTS), spec=SPEC, kinds=["keypoints"])
    with pytest.raises(ValueError, match="`kinds`"):
        object_stream(objects, spec=SPEC, kinds=["polygons"])


def test_a_file_that_breaks_while_it_is_read_is_named(tmp_path):
    write_coco(tmp_path, [annotation(1, 10, (40, 3, 4, 4))])
    with pytest.raises(Exception, match=r"10\.png.*object 1: its `bbox`"):
        batches(read_object_set(tmp_path), 2)
