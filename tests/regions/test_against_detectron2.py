"""Both networks answer and learn as Detectron2's own do, stage by stage and as a whole."""

import keras
import numpy as np
import pytest
from regions import golden

from keras_nonlocal.ops import mask_targets, paste_masks
from keras_nonlocal.ops.keypoints import keypoint_targets
from keras_nonlocal.weights.name_maps.tables import SOURCES

pytestmark = [
    golden.needed,
    pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="sizes that are dynamic"),
]
LEVELS = (2, 3, 4, 5, 6)
LOSSES = {
    "rpn_logits_loss": "loss_rpn_cls",
    "rpn_deltas_loss": "loss_rpn_loc",
    "box_logits_loss": "loss_cls",
    "box_deltas_loss": "loss_box_reg",
    "mask_loss": "loss_mask",
    "keypoint_loss": "loss_keypoint",
}


def assert_near(actual, expected, share=1e-4):
    """Equal up to a share of the largest value, as the golden data asks for."""
    np.testing.assert_allclose(actual, expected, rtol=0, atol=share * np.abs(expected).max())


def channels_first(x):
    return np.moveaxis(np.asarray(x), -1, -3)


class Case:
    """A network with what it says of the first image."""

    def __init__(self, kind):
        self.kind, self.golden, self.model = kind, golden.arrays(kind), golden.network(kind)
        image = golden.arrays("mask")["image0"]
        self.size = image.shape[:2]
        sizes = np.array([self.size], "int32")
        self.inputs = {"images": golden.normalized(image)[None], "sizes": sizes}
        self.stage = self.model(self.inputs, training=True)

    def layer(self, name):
        return self.model.get_layer(name)

    def head(self, name, boxes):
        """The features of boxes, and what a head says of them."""
        features = self.layer(f"{name}_features")([boxes[None], *self.stage["levels"]])
        part = keras.Model(
            self.layer(f"{name}_features").output,
            [self.layer(f"{name}_{output}").output for output in ("logits", "deltas")]
            if name == "box"
            else self.layer(f"{name}_logits").output,
        )
        return features, part(features)


@pytest.fixture(scope="module", params=["mask", "keypoint"])
def case(request):
    return Case(request.param)


def test_features_of_each_level(case):
    for level, features in zip(LEVELS[:4], case.stage["levels"], strict=True):
        maps = channels_first(features[0])
        assert_near(maps[:4], case.golden[f"feat_p{level}_ch0_4"])
        assert_near(np.abs(maps).mean((1, 2)), case.golden[f"feat_p{level}_mean_abs_per_channel"])


def test_logits_and_deltas_of_anchors(case):
    for index, level in enumerate(LEVELS):
        assert_near(case.stage["logits"][index][0], case.golden[f"rpn_logits_p{level}"])
        deltas = case.golden[f"rpn_deltas_p{level}"]
        assert_near(np.reshape(case.stage["deltas"][index][0], deltas.shape), deltas)


@pytest.mark.parametrize("loop", [None, pytest.param(True, marks=pytest.mark.slow)])
def test_proposals_from_stored_logits(case, loop):
    stored = {
        name: [case.golden[f"rpn_{name}_p{level}"] for level in LEVELS]
        for name in ("logits", "deltas")
    }
    layer = type(case.layer("proposals")).from_config(
        {**case.layer("proposals").get_config(), "loop": loop}
    )
    found = layer(
        {
            "logits": [x[None] for x in stored["logits"]],
            "deltas": [x.reshape(1, *x.shape[:2], -1) for x in stored["deltas"]],
            "sizes": case.inputs["sizes"],
        }
    )
    exists = np.asarray(found["scores"])[0] > -np.inf
    boxes = np.asarray(found["boxes"])[0][exists]
    np.testing.assert_allclose(boxes, case.golden["proposals"], atol=1e-3)
    scores = np.asarray(found["scores"])[0][exists]
    np.testing.assert_array_equal(scores, case.golden["proposal_logits"])


def test_the_box_head_on_stored_proposals(case):
    features, (logits, deltas) = case.head("box", case.golden["proposals"])
    assert_near(channels_first(features[:2]), case.golden["box_roi_features_first2"])
    assert_near(logits, case.golden["cls_logits"])
    assert_near(deltas[:64], case.golden["box_deltas_first64"])


def test_detections_from_the_image_to_the_end(case):
    found = case.model(case.inputs)
    assert found["num_detections"].numpy().tolist() == [100]
    np.testing.assert_array_equal(found["labels"][0], case.golden["det_classes"])
    np.testing.assert_allclose(found["confidence"][0], case.golden["det_scores"], atol=1e-4)
    np.testing.assert_allclose(found["boxes"][0], case.golden["det_boxes"], atol=1e-2)


def test_masks_or_keypoints_of_stored_detections(case):
    _, logits = case.head(case.kind, case.golden["det_boxes"])
    if case.kind == "mask":
        assert_near(channels_first(logits[:4]), case.golden["mask_logits_det0_4"])
        classes = case.golden["det_classes"][None].astype("int32")
        masks = np.asarray(case.layer("masks")({"logits": logits, "labels": classes})[0])
        np.testing.assert_allclose(masks, case.golden["det_mask_probs"], atol=1e-3)  # float16
        pasted = np.unpackbits(case.golden["pasted_masks_first10"], axis=-1)[..., : case.size[1]]
        found = paste_masks(masks[:10], case.golden["det_boxes"][:10], case.size)
        assert (found == pasted).all()
    else:
        assert_near(channels_first(logits[:2]), case.golden["keypoint_logits_det0_1"])
        boxes = case.golden["det_boxes"][None]
        points = case.layer("keypoints")({"logits": logits, "boxes": boxes})[0]
        np.testing.assert_allclose(points, case.golden["det_keypoints"], atol=1e-3)


def test_losses_and_gradients_of_a_step(case):
    import tensorflow as tf

    model, part = case.model, case.model.training_part
    for layer in model.layers:
        if layer.name.startswith(("conv1", "res2")):
            layer.trainable = False
    inputs, labels = golden.image_batch(case.kind), golden.labels(case.kind)

    with tf.GradientTape() as tape:
        terms = part.losses(model(inputs, training=True), labels)
        total = sum(terms.values())
    gradients = tape.gradient(total, model.trainable_variables)
    for name, value in terms.items():
        np.testing.assert_allclose(value, case.golden[f"loss/{LOSSES[name]}"], rtol=1e-4)
    paths = ["/".join(v.path.split("/")[-2:]) for v in model.trainable_variables]
    norms = {path: np.linalg.norm(g) for path, g in zip(paths, gradients, strict=True)}
    expected = {
        SOURCES["detectron2"].target_name(name): norm
        for name, (norm, _) in golden.gradients(case.kind).items()
    }
    assert norms.keys() == expected.keys()
    # A softmax over all cells does not change with this bias, so its gradient is rounding alone.
    assert norms.pop("keypoint_deconv/bias", 0) < 1e-5
    for name, norm in norms.items():
        np.testing.assert_allclose(norm, expected[name], rtol=1e-3, err_msg=name)


def test_targets_of_the_heads(case):
    """From the boxes that Detectron2 sampled: which object each has, and what is to be learned."""
    labels, sampled = golden.labels(case.kind), golden.arrays("mask")
    for index in (0, 1):
        boxes = case.golden.get(f"roi_boxes{index}", sampled[f"roi_boxes{index}"])
        objects = case.golden[f"roi_gt_boxes{index}"]
        if case.kind == "mask":
            targets = np.unpackbits(case.golden[f"mask_targets{index}"], axis=-1)[..., :28]
            places = _places(labels["boxes"][index], objects[: len(targets)])
            found = mask_targets(labels["masks"][index], boxes[: len(targets)], places, 28)
            np.testing.assert_array_equal(found, targets)
        else:
            cells, valid = case.golden[f"kp_targets{index}"], case.golden[f"kp_valid{index}"] > 0
            places = _places(labels["boxes"][index], objects[: len(cells)])
            points = labels["keypoints"][index][places]
            found, inside = keypoint_targets(points, boxes[: len(cells)], 56)
            np.testing.assert_array_equal(inside, valid)
            np.testing.assert_array_equal(np.asarray(found)[valid], cells[valid])


def _places(boxes, objects):
    """The index of each object among the labels."""
    return [int(np.abs(boxes - box).sum(1).argmin()) for box in objects]


@pytest.mark.parametrize("case", ["mask"], indirect=True)
def test_padding_of_a_batch_changes_nothing(case):
    alone = case.model(case.inputs)
    batch = golden.image_batch(case.kind)
    together = case.model(batch)
    for name in ("labels", "num_detections"):
        np.testing.assert_array_equal(alone[name][0], together[name][0])
    np.testing.assert_allclose(alone["boxes"][0], together["boxes"][0], atol=1e-2)
    np.testing.assert_allclose(alone["confidence"][0], together["confidence"][0], atol=1e-4)


@pytest.mark.parametrize("case", ["mask"], indirect=True)
def test_blocks_begin_as_the_identity_of_a_network_without(case):
    with_block = golden.network(case.kind, "nl_")
    expected, found = case.model(case.inputs), with_block(case.inputs)
    for name, value in expected.items():
        np.testing.assert_array_equal(value, found[name])
