"""RoI align against loops in float64: values, gradients, levels, XLA."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_nonlocal.ops.roi_align import pyramid_levels, roi_align

ON_TENSORFLOW = keras.backend.backend() == "tensorflow"
FORMS = ["gather", "crop"] if ON_TENSORFLOW else ["gather"]
needs_tensorflow = pytest.mark.skipif(not ON_TENSORFLOW, reason="gradients and XLA of TensorFlow")


def bilinear(map_, y, x):
    """The value of a map `(H, W, C)` at a place, in the rules of RoI align."""
    height, width, _ = map_.shape
    if y < -1 or y > height or x < -1 or x > width:
        return 0
    y, x = min(max(y, 0), height - 1), min(max(x, 0), width - 1)
    low_y, low_x = int(y), int(x)
    high_y, high_x = min(low_y + 1, height - 1), min(low_x + 1, width - 1)
    dy, dx = y - low_y, x - low_x
    return (1 - dy) * ((1 - dx) * map_[low_y, low_x] + dx * map_[low_y, high_x]) + dy * (
        (1 - dx) * map_[high_y, low_x] + dx * map_[high_y, high_x]
    )


def loops(maps, boxes, images, stride, size, ratio, aligned):
    """The definition, one sample at a time."""
    out = np.zeros((len(boxes), *size, maps.shape[-1]))
    for r, (box, image) in enumerate(zip(boxes / stride, images, strict=True)):
        (x0, y0, x1, y1) = box - 0.5 * aligned
        sides = (y1 - y0, x1 - x0) if aligned else (max(y1 - y0, 1), max(x1 - x0, 1))
        cell = [side / number for side, number in zip(sides, size, strict=True)]
        rows, columns = (ratio or max(int(np.ceil(side)), 0) for side in cell)
        for i, j in np.ndindex(*size):
            samples = [
                bilinear(
                    maps[image],
                    y0 + (i + (a + 0.5) / rows) * cell[0],
                    x0 + (j + (b + 0.5) / columns) * cell[1],
                )
                for a in range(rows)
                for b in range(columns)
            ]
            out[r, i, j] = sum(samples) / len(samples) if samples else 0
    return out


def regions(count=24, seed=0):
    """Boxes in, around and outside of a map, tiny ones, empty ones, and all of it."""
    rng = np.random.default_rng(seed)
    corners = rng.uniform(-20, 90, (count, 2, 2))
    boxes = np.concatenate([corners.min(1), corners.max(1)], 1)
    boxes[:5] = [
        [0, 0, 68, 52],
        [5, 5, 5, 5],
        [200, 200, 220, 230],
        [1, 1, 1.5, 1.2],
        [-30, -30, 99, 99],
    ]
    return boxes.astype("float32"), rng.integers(0, 2, count)


@pytest.fixture(scope="module")
def maps():
    return np.random.default_rng(1).normal(size=(2, 13, 17, 3)).astype("float32")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("ratio", [0, 2])
@pytest.mark.parametrize(("size", "aligned"), [((7, 7), True), ((1, 3), False)])
def test_values_equal_loops(maps, form, aligned, ratio, size):
    boxes, images = regions()
    options = {"size": size, "sampling_ratio": ratio, "aligned": aligned, "method": form}
    y = roi_align([maps], boxes, images, strides=(4,), **options)
    expected = loops(
        maps.astype("float64"), boxes.astype("float64"), images, 4, size, ratio, aligned
    )
    np.testing.assert_allclose(ops.convert_to_numpy(y), expected, atol=2e-5)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("ratio", [0, 2])
def test_each_region_is_read_from_its_level_and_image(form, ratio):
    rng = np.random.default_rng(2)
    pyramid = [rng.normal(size=(2, 32 >> n, 40 >> n, 2)).astype("float32") for n in range(3)]
    boxes, images = regions(12, seed=3)
    levels = rng.integers(0, 3, 12)
    y = roi_align(
        pyramid,
        boxes,
        images,
        levels,
        strides=(4, 8, 16),
        size=(3, 3),
        sampling_ratio=ratio,
        method=form,
    )
    for index in range(12):
        alone = loops(
            pyramid[levels[index]].astype("float64"),
            boxes[index : index + 1].astype("float64"),
            images[index : index + 1],
            4 << levels[index],
            (3, 3),
            ratio,
            True,
        )
        np.testing.assert_allclose(ops.convert_to_numpy(y)[index], alone[0], atol=2e-5)


@pytest.mark.parametrize("form", FORMS)
def test_no_region_gives_no_features(maps, form):
    y = roi_align([maps], np.zeros((0, 4)), np.zeros(0), strides=(4,), size=(7, 7), method=form)
    assert tuple(y.shape) == (0, 7, 7, 3)


@needs_tensorflow
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("ratio", [0, 2])
def test_the_gradient_is_the_transpose_of_the_samples(maps, form, ratio):
    """The output is linear in the map, so one-hot maps give the whole matrix, by the loops."""
    import tensorflow as tf

    maps = maps[:1, :5, :6, :1]
    boxes, images = regions(8)[0] / 3, np.zeros(8, int)
    dy = np.random.default_rng(4).normal(size=(8, 2, 2, 1))
    expected = np.zeros(maps.shape)
    for place in np.ndindex(*maps.shape):
        one = np.zeros(maps.shape)
        one[place] = 1
        samples = loops(one, boxes.astype("float64"), images, 4, (2, 2), ratio, True)
        expected[place] = (samples * dy).sum()
    x = tf.constant(maps)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = roi_align(
            [x], boxes, images, strides=(4,), size=(2, 2), sampling_ratio=ratio, method=form
        )
        loss = tf.reduce_sum(y * tf.constant(dy, "float32"))
    np.testing.assert_allclose(tape.gradient(loss, x), expected, atol=2e-5)


@needs_tensorflow
def test_gradients_of_overlapping_regions_lose_no_part():
    """TensorFlow's own kernel does where threads add to the same place."""
    import tensorflow as tf

    rng = np.random.default_rng(0)
    x = tf.zeros((1, 10, 10, 8))
    centers, sides = rng.uniform(0, 10, (4000, 2)), rng.uniform(2, 6, (4000, 2))
    boxes = np.concatenate([centers - sides / 2, centers + sides / 2], 1)
    options = {"strides": (1,), "size": (7, 7), "sampling_ratio": 2}
    results = []
    for form in ("gather", "crop", "crop", "crop", "crop"):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = roi_align([x], boxes, np.zeros(4000, "int32"), method=form, **options)
        results.append(tape.gradient(y, x, tf.ones_like(y)).numpy())
    for result in results[1:]:
        np.testing.assert_allclose(result, results[0], rtol=1e-4)


@needs_tensorflow
@pytest.mark.parametrize("ratio", [0, 2])
def test_the_gather_form_compiles_with_xla(maps, ratio):
    import tensorflow as tf

    boxes, images = regions()

    def run(form):
        return roi_align(
            [maps], boxes, images, strides=(4,), size=(3, 3), sampling_ratio=ratio, method=form
        )

    compiled = tf.function(lambda: run("gather"), jit_compile=True)()
    np.testing.assert_allclose(compiled, run("crop"), atol=2e-5)


def test_a_box_twice_as_large_is_read_one_level_above():
    boxes = [[0, 0, 224, 224], [0, 0, 447, 447], [0, 0, 448, 448], [0, 0, 112, 111], [0, 0, 0, 0]]
    assert ops.convert_to_numpy(pyramid_levels(boxes, 2, 5)).tolist() == [4, 4, 5, 2, 2]


def test_the_crop_form_on_another_backend_is_an_error(maps):
    if ON_TENSORFLOW:
        with pytest.raises(ValueError, match="one of 'auto', 'crop', 'gather'"):
            roi_align([maps], [[0, 0, 1, 1]], [0], strides=(1,), size=(1, 1), method="fast")
        return
    with pytest.raises(ValueError, match="needs the TensorFlow backend"):
        roi_align([maps], [[0, 0, 1, 1]], [0], strides=(1,), size=(1, 1), method="crop")
