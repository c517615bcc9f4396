"""A region network builds, learns, answers and is saved, as its users expect of a Keras model."""

import keras
import numpy as np
import pytest
from new_process import assert_same_in_a_new_process

from keras_nonlocal import models
from keras_nonlocal.regions import TrainingOptions

ON_TENSORFLOW = keras.backend.backend() == "tensorflow"
SIZE = (64, 96)


def images(count=2, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, *SIZE, 3)).astype("float32")


def labels(head="mask_rcnn", keypoints=3):
    """One object in the first image, two in the second."""
    batch = {
        "boxes": np.array([[[8, 8, 40, 56.0], [-1] * 4], [[30, 4, 90, 60], [0, 0, 24, 24]]]),
        "labels": np.array([[1, -1], [0, 2]]),
    }
    if head == "keypoint_rcnn":
        batch["labels"] = np.minimum(batch["labels"], 0)
        points = np.random.default_rng(1).uniform(5, 50, (2, 2, keypoints, 2))
        batch["keypoints"] = np.concatenate([points, np.full((2, 2, keypoints, 1), 2.0)], -1)
        return batch
    batch["masks"] = np.zeros((2, 2, *SIZE), "uint8")
    for image, row in np.ndindex(2, 2):
        x0, y0, x1, y1 = np.maximum(batch["boxes"][image, row], 0).astype(int)
        batch["masks"][image, row, y0:y1, x0:x1] = 1
    return batch


def small(head="mask_rcnn", prefix="", **options):
    """A small network, which tests run eagerly: its graph takes ten seconds to trace."""
    keras.utils.set_random_seed(3)
    given = {"classes": 3} if head == "mask_rcnn" else {"classes": 1, "keypoints": 3}
    return getattr(models, f"{prefix}{head}_small")(**{**given, **options})


def as_arrays(outputs):
    return {name: keras.ops.convert_to_numpy(value) for name, value in outputs.items()}


def assert_same(outputs, others):
    for name, value in as_arrays(outputs).items():
        np.testing.assert_array_equal(value, keras.ops.convert_to_numpy(others[name]), name)


@pytest.mark.parametrize("head", ["mask_rcnn", "keypoint_rcnn"])
def test_the_loss_falls_and_every_weight_learns(head):
    model = small(head, "nl_")  # which has all weights of the network without blocks, too
    model.compile(keras.optimizers.Adam(1e-3), run_eagerly=True)
    before = [keras.ops.convert_to_numpy(weight) for weight in model.trainable_weights]
    history = model.fit(images(), labels(head), epochs=3, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    terms = [values for name, values in history.items() if name not in ("loss",)]
    np.testing.assert_allclose(np.sum(terms, axis=0), history["loss"], rtol=1e-4)
    # A block is the identity at first, so what comes before its last norm learns from step two on.
    for weight, old in zip(model.trainable_weights, before, strict=True):
        is_unmoved = (keras.ops.convert_to_numpy(weight) == old).all()
        assert not is_unmoved or "phi/bias" in weight.path, weight.path


def test_outputs_of_images_that_are_alone_or_in_a_batch_have_names_and_padding():
    model = small()
    outputs = as_arrays(model(images()))
    assert {name: value.shape for name, value in outputs.items()} == {
        "boxes": (2, 100, 4),
        "confidence": (2, 100),
        "labels": (2, 100),
        "num_detections": (2,),
        "masks": (2, 100, 28, 28),
    }
    for boxes, scores, classes, count in zip(
        *(outputs[name] for name in ("boxes", "confidence", "labels", "num_detections")),
        strict=True,
    ):
        assert (boxes[count:] == -1).all()
        assert (classes[count:] == -1).all()
        assert (np.diff(scores[:count]) <= 0).all()
        assert (boxes[:count, 2:] >= boxes[:count, :2]).all()
        assert (boxes[:count] <= [96, 64, 96, 64]).all()


@pytest.mark.parametrize("head", ["mask_rcnn", "keypoint_rcnn"])
@pytest.mark.parametrize("backbone_block", [False, True])
def test_padding_changes_no_detection(head, backbone_block):
    model = small(head, "nl_", backbone_block=backbone_block)
    _wake(model)
    alone = images(1)[:, :40, :70]  # no multiple of 32 either
    padded = np.full((2, 128, 160, 3), 7.0, "float32")
    padded[0, :40, :70] = alone
    one = as_arrays(model({"images": alone, "sizes": np.array([[40, 70]])}))
    two = as_arrays(model({"images": padded, "sizes": np.array([[40, 70], [128, 160]])}))
    for name, value in one.items():
        np.testing.assert_allclose(value[0], two[name][0], atol=2e-4, err_msg=name)


def _wake(model):
    """Lets blocks that are the identity at first change what they see."""
    for weight in model.weights:
        if "nonlocal/norm/gamma" in weight.path:
            weight.assign(keras.ops.ones_like(weight))


@pytest.mark.parametrize("head", ["mask_rcnn", "keypoint_rcnn"])
@pytest.mark.parametrize("case", ["no objects", "an image without", "odd boxes"])
def test_losses_of_odd_labels_are_finite_and_the_background_counts(head, case):
    batch = labels(head)
    if case == "no objects":
        batch["boxes"][:], batch["labels"][:] = -1, -1
    elif case == "an image without":
        batch["boxes"][0], batch["labels"][0] = -1, -1
    else:  # far outside, a point, and from the right to the left
        batch["boxes"][0, 0] = [500, 500, 700, 700]
        batch["boxes"][1] = [[5, 5, 5, 5], [30, 9, 20, 3]]
    model = small(head)
    model.compile("sgd", run_eagerly=True)
    history = model.fit(images(), batch, verbose=0).history
    assert np.isfinite([values[0] for values in history.values()]).all()
    assert history["rpn_logits_loss"][0] > 0
    assert history["box_logits_loss"][0] > 0
    if case == "no objects":
        head_loss = "mask_loss" if head == "mask_rcnn" else "keypoint_loss"
        assert history[head_loss] == history["box_deltas_loss"] == [0]
    assert all(np.isfinite(keras.ops.convert_to_numpy(w)).all() for w in model.weights)


def test_keypoints_that_nobody_labeled_teach_nothing():
    batch = labels("keypoint_rcnn")
    batch["keypoints"][..., 2] = 0
    model = small("keypoint_rcnn")
    model.compile("sgd", run_eagerly=True)
    assert model.fit(images(), batch, verbose=0).history["keypoint_loss"] == [0]


def test_classes_are_another_name_of_labels_and_missing_ones_are_named():
    batch = labels()
    renamed = {("classes" if name == "labels" else name): batch[name] for name in batch}
    losses = []
    for given in (batch, renamed):
        model = small()
        model.compile("sgd", run_eagerly=True)
        losses.append(model.fit(images(), given, verbose=0).history["loss"])
    assert losses[0] == losses[1]
    with pytest.raises(ValueError, match=r"dictionary of boxes, labels, masks\. Received: "):
        model.fit(images(), batch["labels"], verbose=0)
    with pytest.raises(ValueError, match=r"images \(B, H, W, 3\), .*Received: shape=\(64, 96, 3\)"):
        model(images()[0])
    del batch["masks"]
    with pytest.raises(
        ValueError, match=r"dictionary of boxes, labels, masks\. Received: boxes, l"
    ):
        model.fit(images(), batch, verbose=0)


def test_boxes_are_read_and_written_in_the_chosen_format():
    from keras.utils import bounding_boxes

    batch, losses, outputs = labels(), [], []
    formats = ("xyxy", "xywh", "rel_yxyx")
    for name in formats:
        model = small(bounding_box_format=name)
        model.compile(keras.optimizers.SGD(0.0), run_eagerly=True)
        boxes = bounding_boxes.convert_format(
            batch["boxes"].astype("float32"), source="xyxy", target=name, height=64, width=96
        )
        given = {**batch, "boxes": np.asarray(boxes)}
        losses.append(model.fit(images(), given, verbose=0).history["loss"][0])
        outputs.append(as_arrays(model(images())))
    np.testing.assert_allclose(losses, losses[0], rtol=1e-5)
    count = outputs[0]["num_detections"][0]
    for name, found in zip(formats[1:], outputs[1:], strict=True):
        expected = bounding_boxes.convert_format(
            outputs[0]["boxes"][:1, :count], source="xyxy", target=name, height=64, width=96
        )
        np.testing.assert_allclose(found["boxes"][:1, :count], expected, rtol=1e-4, atol=1e-4)


class Counted(keras.metrics.Metric):
    """Counts images, and keeps what it was given."""

    def __init__(self):
        super().__init__(name="images")
        self.total = self.add_weight(initializer="zeros", name="total")

    def update_state(self, y_true, y_pred, sample_weight=None):
        assert set(y_true) >= {"boxes", "labels"}
        self.total.assign_add(
            keras.ops.cast(keras.ops.shape(y_pred["num_detections"])[0], "float32")
        )

    def result(self):
        return self.total


def test_metrics_see_labels_and_detections_in_evaluation():
    model = small()
    model.compile("sgd", metrics=[Counted()], run_eagerly=True)
    model.fit(images(), labels(), verbose=0)
    scores = model.evaluate(images(), labels(), verbose=0, return_dict=True)
    assert scores["images"] == 2
    assert scores["loss"] > 0


@pytest.mark.skipif(not ON_TENSORFLOW, reason="files are read back by TensorFlow")
def test_a_saved_network_answers_and_learns_the_same_in_a_new_process(tmp_path):
    model = small("keypoint_rcnn", "nl_", options=TrainingOptions(boxes=64, sample="first"))
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), run_eagerly=True)
    model.fit(images(), labels("keypoint_rcnn"), verbose=0)
    model.save(tmp_path / "model.keras")
    expected = model(images())
    losses = model.fit(images(), labels("keypoint_rcnn"), verbose=0).history["loss"]
    loaded = keras.models.load_model(tmp_path / "model.keras")
    loaded.run_eagerly = True
    assert_same(expected, loaded(images()))
    again = loaded.fit(images(), labels("keypoint_rcnn"), verbose=0).history["loss"]
    assert again == losses
    sizes = np.full((2, 2), SIZE, "int32")
    folder = tmp_path / "new"
    folder.mkdir()
    assert_same_in_a_new_process([(loaded, {"images": images(), "sizes": sizes})], folder)


def test_the_forms_of_gathers_and_loops_answer_the_same():
    crop, gather = small(), small(roi_align="gather")
    gather.set_weights(crop.get_weights())
    expected, found = as_arrays(crop(images())), as_arrays(gather(images()))
    for name, value in expected.items():
        np.testing.assert_allclose(value, found[name], atol=1e-3, err_msg=name)


@pytest.mark.slow  # XLA compiles for minutes
@pytest.mark.skipif(not ON_TENSORFLOW, reason="XLA of TensorFlow")
def test_a_network_of_gathers_learns_under_xla():
    model = small(roi_align="gather", input_shape=(*SIZE, 3))
    model.compile(keras.optimizers.SGD(0.01), jit_compile=True)
    history = model.fit(images(), labels(), epochs=2, verbose=0).history
    assert np.isfinite(history["loss"]).all()


@pytest.mark.skipif(not ON_TENSORFLOW, reason="half precision on a CPU")
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_half_precision_learns(policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = small(prefix="nl_")
    finally:
        keras.config.set_dtype_policy(before)
    model.compile("sgd", run_eagerly=True)
    history = model.fit(images(), labels(), verbose=0).history
    assert np.isfinite([values[0] for values in history.values()]).all()
    assert as_arrays(model(images()))["boxes"].dtype == "float32"


def test_blocks_that_are_the_identity_change_no_output_by_a_bit():
    plain, with_blocks = small(), small(prefix="nl_")
    weights = {weight.path: weight for weight in plain.weights}
    for weight in with_blocks.weights:
        if "nonlocal" not in weight.path:
            weight.assign(weights[weight.path])
    assert_same(plain(images()), with_blocks(images()))


@pytest.mark.parametrize(
    ("builder", "parameters"),
    [
        ("mask_rcnn_r50_fpn", 44_396_336),
        ("nl_mask_rcnn_r50_fpn", 44_396_336 + 2_101_760),
        ("keypoint_rcnn_r101_fpn", 78_178_406),
        ("nl_keypoint_rcnn_r101_fpn", 78_178_406 + 4 * 526_592),
    ],
)
def test_numbers_of_parameters(builder, parameters, undrawn_weights):
    model = getattr(models, builder)()
    moving = sum(
        w.path.endswith(("moving_mean", "moving_variance")) * w.shape[0] for w in model.weights
    )
    assert model.count_params() - moving == parameters


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classes": 0}, "`classes` must be a positive integer. Received: classes=0"),
        ({"keypoints": 0}, "`keypoints` must be a positive integer"),
        (
            {"variant": "caffe"},
            "`variant` must be one of 'detectron2', .*Received: variant='caffe'",
        ),
        ({"bounding_box_format": "xy"}, "`bounding_box_format` must be one of 'xyxy'"),
        ({"roi_align": "fast"}, "`method` must be one of"),
        ({"input_shape": (64, 64)}, r"`input_shape` must be \(H, W, C\)"),
    ],
)
def test_wrong_options_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        models.mask_rcnn_small(**options)
