"""What is found in an image is what the network finds in the scaled one, scaled back."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import keras_nonlocal
from keras_nonlocal import models
from keras_nonlocal.data import read_error_log
from keras_nonlocal.data.error_log import ErrorLog
from keras_nonlocal.images import DetectionImage, read_object_set
from keras_nonlocal.images.samples.objects import CLASSES, write_objects
from keras_nonlocal.regions.pixel_layers import NetworkInputs
from keras_nonlocal.tasks.detection import Detector, evaluate_detection
from keras_nonlocal.tasks.detection.evaluation import detect_all, with_tolerances
from keras_nonlocal.tasks.detection.inference import ImageDetector

pytestmark = pytest.mark.usefixtures("unoptimized_graphs")
SPEC = DetectionImage(short_side=64, max_side=96)


@pytest.fixture(scope="module")
def detector():
    keras.utils.set_random_seed(0)
    model = models.keypoint_rcnn_small(classes=6, keypoints=13)
    model.get_layer("detections").score_threshold = 0.0  # without training all scores are low
    return Detector(model, CLASSES, SPEC).detector


def test_a_detector_takes_files_and_pixels(tmp_path, detector):
    write_objects(tmp_path, 1, size=(96, 120))
    file = tmp_path / "train" / "000000.png"
    predictor = Detector(detector.model, CLASSES, SPEC)
    predictor.__dict__["detector"] = detector  # which is traced already
    found = predictor.predict(file)
    assert found["names"] == [CLASSES[label] for label in found["labels"]]
    assert (np.diff(found["confidence"]) <= 0).all()
    assert (found["boxes"] >= 0).all()
    assert (found["boxes"] <= [120, 96, 120, 96]).all()
    again = predictor.predict(np.asarray(Image.open(file)), min_score=found["confidence"][4])
    assert 5 <= len(again["boxes"]) <= len(found["boxes"])
    np.testing.assert_array_equal(again["boxes"], found["boxes"][: len(again["boxes"])])
    with pytest.raises(ValueError, match=r"RGB pixels, uint8 \(H, W, 3\)"):
        predictor.predict(np.zeros((8, 8, 3)))


def test_boxes_and_keypoints_are_scaled_back(detector):
    """An image of 30 x 45 pixels becomes one of 64 x 96, which needs no padding."""
    image = np.random.default_rng(0).integers(0, 256, (30, 45, 3), "uint8")
    found = detector(image)
    scaled = np.asarray(Image.fromarray(image).resize((96, 64), Image.Resampling.BILINEAR))
    inputs = ((scaled - np.array(SPEC.mean)) / SPEC.std).astype("float32")[None]
    expected = {k: np.asarray(v)[0] for k, v in detector.model(inputs, training=False).items()}
    kept = np.arange(100) < expected["num_detections"]
    assert len(found["boxes"]) == kept.sum() > 10
    factors = np.array([45 / 96, 30 / 64])
    boxes = expected["boxes"][kept] * np.tile(factors, 2)
    np.testing.assert_allclose(found["boxes"], boxes, atol=1e-3)
    np.testing.assert_allclose(found["confidence"], expected["confidence"][kept], atol=1e-5)
    points = expected["keypoints"][kept] * [*factors, 1]
    np.testing.assert_allclose(found["keypoints"][..., :2], points[..., :2], atol=1e-2)


def test_images_of_other_sizes_are_not_traced_again(detector):
    for size in ((40, 40), (64, 200), (100, 30)):
        found = detector(np.zeros((*size, 3), "uint8"))
        assert (found["boxes"][:, 2:] <= size[::-1]).all()
        assert found["keypoints"].shape == (len(found["boxes"]), 13, 3)
    assert detector._found.experimental_get_tracing_count() == 1


def test_files_that_cannot_be_read_are_skipped_and_logged(detector, tmp_path):
    write_objects(tmp_path, 2, seed=20, size=(96, 96))
    file = tmp_path / "train" / "000020.png"
    file.write_text("no image")
    objects, log = read_object_set(tmp_path), ErrorLog(tmp_path / "errors.jsonl")
    with pytest.raises(ValueError, match=r"000020\.png"):
        detect_all(detector, objects)
    with pytest.warns(UserWarning, match="1 of 2 images could not be read"):
        left, found = detect_all(detector, objects, on_error="skip", error_log=log)
    assert (len(left), len(found)) == (1, 1)
    assert read_error_log(tmp_path / "errors.jsonl")[0]["path"] == str(file)


def test_networks_and_data_that_do_not_fit_are_refused(detector, tmp_path):
    write_objects(tmp_path, 1, size=(96, 96))
    with pytest.raises(ValueError, match="must be a network for detection"):
        ImageDetector(models.fcn_small(classes=2), SPEC)
    two = read_object_set(tmp_path, class_names=("car", "cup"))
    with pytest.raises(ValueError, match=r"have the 2 classes of the objects.*of 6 classes"):
        evaluate_detection(detector, two, SPEC)
    objects = read_object_set(tmp_path)
    with pytest.raises(ValueError, match="needs a tolerance for each of them"):
        evaluate_detection(detector, objects, SPEC, kinds=["keypoints"])
    assert with_tolerances(objects, 0.1).sigmas == (0.1,) * 13
    kernel = detector.model.get_layer("box_logits").kernel
    before = kernel.numpy()
    kernel.assign(np.full(kernel.shape, np.nan))
    try:
        with pytest.raises(ValueError, match=r"finite numbers.*box_logits/kernel"):
            ImageDetector(detector.model, SPEC)
    finally:
        kernel.assign(before)


def write_bundle(predictor, path):
    keras_nonlocal.export.saved_model(predictor, path)


def write_by_keras(predictor, path):
    predictor.image_model().export(str(path / "1"), format="tf_saved_model", verbose=False)


# Keras traces the network four times.
@pytest.mark.parametrize(
    "write", [write_bundle, pytest.param(write_by_keras, marks=pytest.mark.slow)]
)
def test_a_saved_model_answers_as_the_predictor(tmp_path, detector, write):
    predictor = Detector(detector.model, CLASSES, SPEC)
    predictor.__dict__["detector"] = detector  # which is traced already
    image = np.random.default_rng(1).integers(0, 256, (64, 90, 3), "uint8")  # is not scaled
    write(predictor, tmp_path)
    config = tf.compat.v1.ConfigProto()
    config.graph_options.rewrite_options.disable_meta_optimizer = True  # which takes seconds
    with tf.compat.v1.Session(graph=tf.Graph(), config=config) as session:
        # as TensorFlow Serving does
        meta = tf.compat.v1.saved_model.load(session, ["serve"], str(tmp_path / "1"))
        signature = meta.signature_def["serving_default"]
        (pixels,) = signature.inputs.values()
        names = {name: each.name for name, each in signature.outputs.items()}
        answers = session.run(names, {pixels.name: np.stack([image, image[::-1]])})
        assert answers["boxes"].shape == (2, 100, 4)
        larger = session.run(names, {pixels.name: np.zeros((1, 150, 40, 3), "uint8")})
        assert larger["keypoints"].shape == (1, 100, 13, 3)
        with pytest.raises(tf.errors.InvalidArgumentError, match="at least one"):
            session.run(names, {pixels.name: np.zeros((1, 0, 40, 3), "uint8")})
    for answer, found in zip(range(2), map(detector, (image, image[::-1])), strict=True):
        count = answers["num_detections"][answer]
        assert 10 < len(found["boxes"]) == count
        for name, bar in {"boxes": 1e-3, "confidence": 1e-5, "keypoints": 2e-2}.items():
            np.testing.assert_allclose(
                answers[name][answer, :count], found[name], rtol=1e-5, atol=bar
            )
        np.testing.assert_array_equal(answers["labels"][answer, :count], found["labels"])
        assert (answers["boxes"][answer, count:] == -1).all()


@pytest.mark.parametrize("size", [(30, 45), (200, 140), (1, 9)])
@pytest.mark.parametrize("order", ["rgb", "bgr"])
def test_the_graph_scales_images_as_pillow_does(size, order):
    spec = DetectionImage(short_side=64, max_side=96, channel_order=order)
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), "uint8")
    names = ("short_side", "max_side", "mean", "std", "channel_order")
    layer = NetworkInputs(**{name: getattr(spec, name) for name in names})
    scaled = NetworkInputs.from_config(layer.get_config())(image[None])
    expected = spec.prepared(image)
    assert scaled["sizes"].numpy().tolist() == [list(expected.shape[:2])]
    levels = np.abs(scaled["images"][0] - expected) * spec.ordered(np.array(spec.std))
    assert levels.max() < 1.01
    assert (levels > 0.01).mean() < 0.03
