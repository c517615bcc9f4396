"""Layers that change an image together with its mask."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_nonlocal import augmentation

LABELS = np.array([0, 1, 3, 7, 255], "uint8")
LAYERS = [
    augmentation.JointRandomScale(0.5, 2.0),
    augmentation.JointRandomScale(1.0, 1.0, resize=(60, 30)),
    augmentation.JointRandomCrop((24, 40)),
    augmentation.JointRandomCrop((90, 90), max_category_share=1.0),
    augmentation.JointRandomFlip(),
    augmentation.JointRandomRotation(30),
    augmentation.PhotometricDistortion(),
]
each_layer = pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)


def pair(size=(50, 64), seed=0):
    """Squares of labels; every channel of the image holds the label of its pixel."""
    squares = np.random.default_rng(seed).choice(LABELS, (5, 8)).repeat(10, 0).repeat(8, 1)
    mask = squares[: size[0], : size[1]]
    image = np.repeat(mask[..., None], 3, axis=-1)
    return {"images": image, "segmentation_masks": mask}


@each_layer
@pytest.mark.parametrize("seed", range(6))
def test_no_label_is_invented_and_image_and_mask_stay_together(layer, seed):
    changed = layer(pair(), seed=(seed, 7))
    image, mask = changed["images"].numpy(), changed["segmentation_masks"].numpy()
    assert image.shape[:2] == mask.shape
    assert mask.dtype == np.uint8
    assert set(np.unique(mask)) <= set(LABELS.tolist())
    if not isinstance(layer, augmentation.PhotometricDistortion):
        inner = mask != 255  # outside of the image, the color is another one
        near = np.abs(image[..., 0] - mask)[inner] < 0.5
        assert near.mean() > 0.8  # all but the borders of squares


@each_layer
def test_the_seed_alone_decides(layer):
    first, again, other = (layer(pair(), seed=seed) for seed in ((1, 2), (1, 2), (5, 9)))
    np.testing.assert_array_equal(first["images"], again["images"])
    same_shape = first["images"].shape == other["images"].shape
    is_fixed = getattr(layer, "minimum", 0) == getattr(layer, "maximum", 1)
    is_fixed |= getattr(layer, "size", (0, 0)) > (50, 64)  # larger than the image
    if not is_fixed and not isinstance(layer, augmentation.JointRandomFlip):
        assert not same_shape or (first["images"] != other["images"]).numpy().any()


@each_layer
def test_graphs_give_the_same_and_evaluation_changes_nothing(layer):
    eager = layer(pair(), seed=(3, 4))
    dataset = tf.data.Dataset.from_tensors(pair()).map(lambda example: layer(example, (3, 4)))
    for key, value in next(iter(dataset)).items():
        np.testing.assert_allclose(value, eager[key], atol=1e-3)
    same = layer(pair(), seed=(3, 4), training=False)
    np.testing.assert_array_equal(same["images"], pair()["images"])
    alone = layer(pair()["images"], seed=(3, 4))
    if not isinstance(layer, augmentation.JointRandomCrop):  # which looks at the mask
        np.testing.assert_array_equal(alone, eager["images"])


@each_layer
def test_layers_are_made_again_from_their_configuration(layer):
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    np.testing.assert_array_equal(again(pair(), (8, 8))["images"], layer(pair(), (8, 8))["images"])


def test_crops_with_one_class_are_drawn_again():
    mask = np.zeros((40, 200), "uint8")
    mask[:, 180:] = 1
    example = {"images": np.repeat(mask[..., None], 3, -1), "segmentation_masks": mask}
    mixed = {1.0: 0, 0.75: 0}
    for share in mixed:
        layer = augmentation.JointRandomCrop((40, 40), max_category_share=share)
        for seed in range(40):
            mixed[share] += layer(example, (seed, 1))["segmentation_masks"].numpy().max() == 1
    assert mixed[0.75] > 1.5 * mixed[1.0]


def test_crops_of_small_images_are_extended():
    layer = augmentation.JointRandomCrop((60, 80), fill=(1.0, 2.0, 3.0))
    changed = layer(pair(), (0, 0))
    image, mask = changed["images"].numpy(), changed["segmentation_masks"].numpy()
    assert image.shape == (60, 80, 3)
    assert (mask[50:] == 255).all()
    assert (mask[:, 64:] == 255).all()
    np.testing.assert_allclose(image[55, 70], (1, 2, 3), atol=1e-4)


def test_flips_mirror_both():
    example = pair()
    changed = augmentation.JointRandomFlip(1.0)(example)
    np.testing.assert_array_equal(changed["images"], example["images"][:, ::-1])
    np.testing.assert_array_equal(
        changed["segmentation_masks"], example["segmentation_masks"][:, ::-1]
    )


def test_distortion_stays_in_range_and_leaves_the_mask():
    changed = [augmentation.PhotometricDistortion()(pair(), (seed, 0)) for seed in range(8)]
    images = np.stack([each["images"].numpy() for each in changed])
    assert 0 <= images.min() <= images.max() <= 255
    assert len({image.tobytes() for image in images}) > 5
    for each in changed:
        np.testing.assert_array_equal(each["segmentation_masks"], pair()["segmentation_masks"])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: augmentation.JointRandomScale(2.0, 1.0), "maximum"),
        (lambda: augmentation.JointRandomCrop((0, 4)), "size"),
        (lambda: augmentation.JointRandomFlip(2), "`p`"),
        (lambda: augmentation.JointRandomRotation(200), "degrees"),
        (lambda: augmentation.PhotometricDistortion(contrast=(2, 1)), "contrast"),
        (lambda: augmentation.JointRandomFlip()(np.zeros((2, 4, 4, 3))), "one image of 3 dim"),
    ],
)
def test_wrong_arguments_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
