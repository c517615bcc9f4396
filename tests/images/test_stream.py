"""The stream of images with labels depends on seed and batch alone."""

import numpy as np
import pytest
from images.folders import write_folders, write_mask

from keras_nonlocal.augmentation import JointRandomCrop, JointRandomFlip, JointRandomScale
from keras_nonlocal.images import ImageSpec, read_mask_set, segmentation_stream
from keras_nonlocal.images.stream import pixels_of

SPEC = ImageSpec()
LAYERS = [JointRandomScale(0.8, 1.5), JointRandomCrop((16, 20)), JointRandomFlip()]


@pytest.fixture(scope="module")
def masks(tmp_path_factory):
    return read_mask_set(write_folders(tmp_path_factory.mktemp("data"), {"train": 5}))


def batches(masks, count, **options):
    options = {"spec": SPEC, "augment": LAYERS, "batch_size": 2, **options}
    return list(segmentation_stream(masks, **options).take(count).as_numpy_iterator())


def test_batches_are_normalized_images_with_labels(masks):
    images, labels = batches(masks, 1)[0]
    assert (images.shape, labels.shape) == ((2, 16, 20, 3), (2, 16, 20))
    assert (images.dtype, labels.dtype) == (np.float32, np.int32)
    assert abs(images.mean()) < 2
    assert pixels_of(images, SPEC).dtype == np.uint8


def test_threads_and_the_first_batch_change_nothing(masks):
    whole = batches(masks, 6)
    later = batches(masks, 3, first=3, num_parallel_calls=1)
    for one, other in zip(whole[3:], later, strict=True):
        for left, right in zip(one, other, strict=True):
            np.testing.assert_array_equal(left, right)
    assert (batches(masks, 1, seed=1)[0][0] != whole[0][0]).any()


def test_parts_of_a_batch_make_the_whole(masks):
    whole, parts = batches(masks, 3), [batches(masks, 3, shard=(n, 2)) for n in range(2)]
    for index, (images, _) in enumerate(whole):
        np.testing.assert_array_equal(images, np.concatenate([p[index][0] for p in parts]))


def test_an_epoch_has_every_image_once(masks):
    plain = {"augment": [JointRandomCrop((12, 16), max_category_share=1.0)], "batch_size": 5}
    (images, _), (again, _) = batches(masks, 2, **plain)

    def names(batch):
        return {image.tobytes() for image in batch}

    assert len(names(images)) == 5
    assert names(images) == names(again)


def test_a_file_that_breaks_while_it_is_read_is_named(tmp_path):
    masks = read_mask_set(write_folders(tmp_path, {"train": 2}))
    write_mask(tmp_path / "masks" / "train" / "0.png", np.full((12, 16), 9, "uint8"))
    with pytest.raises(Exception, match=r"0\.png.*labels \[9\]"):
        batches(masks, 2)
