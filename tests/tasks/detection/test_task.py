"""A detection network is trained, resumed, loaded and used like those of other tasks."""

import csv
import json
import shutil

import keras
import numpy as np
import pytest

from keras_nonlocal.images import read_object_set
from keras_nonlocal.images.samples.objects import CLASSES, write_objects
from keras_nonlocal.tasks import load_run, plan_training, read_run, train
from keras_nonlocal.tasks.detection import Detection, DetectionRecipe, Detector
from keras_nonlocal.training import fit

pytestmark = pytest.mark.usefixtures("unoptimized_graphs")
# Networks of few steps are sure of nothing, so all that they find is evaluated.
RECIPE = DetectionRecipe(
    "nl_keypoint_rcnn_small",
    short_side=64,
    max_side=96,
    augmentation=(
        {"layer": "JointRandomFlip"},
        {"layer": "JointResize", "short_side": 64, "max_side": 96},
    ),
    frozen_stages=("conv1",),
    boxes=32,
    precision="mixed_bfloat16",
    steps=20,
    batch_size=2,
    optimizer="adamw",
    learning_rate=2e-3,
    clip_norm=5.0,
    score_threshold=0.0,
)
MASKS = RECIPE.changed(builder="mask_rcnn_small")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("data")
    write_objects(path, 4, seed=28, size=(96, 120))
    write_objects(path, 2, seed=34, split="val", size=(96, 120))
    return path


class Copy(keras.callbacks.Callback):
    """Copies the checkpoint of step 15, as a run that is killed in step 16 leaves it."""

    def __init__(self, run, copy):
        super().__init__()
        self._run, self._copy = run, copy

    def on_train_batch_end(self, batch, logs=None):
        if self.model.optimizer.iterations == 16:
            self._copy.mkdir()
            for name in ("recipe.json", "checkpoint.npz"):
                shutil.copy(self._run / name, self._copy / name)


OPTIONS = {"checkpoint_every_n_steps": 5, "deterministic": True, "verbose": 0}


@pytest.fixture(scope="module")
def run(folder, tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "run"
    callbacks = [Copy(path, path.with_name("killed"))]
    subsets = {"split": "train", "validation_subset": "val"}
    train(RECIPE, folder, path, **subsets, callbacks=callbacks, **OPTIONS)
    return path


def test_a_run_has_the_terms_of_the_loss_metrics_and_a_report(run):
    rows = list(csv.DictReader((run / "metrics.csv").open()))
    assert int(rows[-1]["step"]) == RECIPE.steps
    terms = [name for name in rows[-1] if name.endswith("_loss")]
    assert len(terms) == 5
    total = sum(float(rows[-1][name]) for name in terms)
    assert float(rows[-1]["loss"]) == pytest.approx(total, rel=1e-4)
    assert 0 <= float(rows[-1]["val_keypoint_ap"]) <= float(rows[-1]["val_keypoint_ap50"]) <= 1
    page = (run / "report.html").read_text()
    for words in ("AP of keypoints of each class", "2 images were evaluated", "Keypoint loss"):
        assert words in page
    assert (run / "precision.png").exists()
    assert (run / "best.weights.h5").exists()


def test_losses_of_four_images_fall_in_half_precision(run):
    rows = [json.loads(line) for line in (run / "metrics.jsonl").open()]
    assert all(np.isfinite(value) for row in rows for value in row.values())
    shares = {"loss": 0.9, "rpn_logits_loss": 0.5, "box_logits_loss": 0.7, "keypoint_loss": 0.97}
    for name, share in shares.items():
        assert rows[-1][name] < share * rows[0][name], name


def test_a_run_knows_its_classes_and_keypoints(run, folder):
    detector, objects = load_run(run), read_object_set(folder, split="train")
    assert isinstance(detector, Detector)
    assert detector.class_names == CLASSES
    assert detector.keypoint_names == objects.keypoint_names
    assert detector.skeleton == objects.skeleton
    assert detector.image == RECIPE.testing_image
    assert detector.model.output["keypoints"].shape[2:] == (13, 3)
    assert detector.model.get_layer("detections").score_threshold == 0.0


def test_a_killed_run_resumes_to_the_same_bits(folder, run):
    """The random samples of the losses, too: the state of their generator is in the checkpoint."""
    killed = run.with_name("killed")
    before, whole = (np.load(path / "checkpoint.npz") for path in (killed, run))
    (seed,) = (name for name in whole.files if "seed" in name)
    assert (before[seed] != whole[seed]).any()
    fit(Detection(RECIPE, folder, split="train"), killed, **OPTIONS)
    resumed = np.load(killed / "checkpoint.npz")
    for name in set(whole.files) - {"metadata"}:
        np.testing.assert_array_equal(resumed[name], whole[name], err_msg=name)


def test_frozen_stages_do_not_move(run, folder):
    """The kernel of the stem is the one that the seed of the recipe draws."""
    keras.utils.set_random_seed(RECIPE.seed)
    drawn = Detection(RECIPE, folder, split="train").build().inference
    trained = read_run(run).model
    for name, moves in (("conv1_conv", False), ("res2_0_1_conv", True)):
        one, other = (model.get_layer(name).get_weights()[0] for model in (drawn, trained))
        assert (one != other).any() == moves, name


def test_other_classes_start_from_a_run(run, folder):
    recipe = RECIPE.changed(weights=str(run), class_names=("car", "figure"))
    task = Detection(recipe, folder, split="train")
    assert task.data.class_names == ("car", "figure")
    model, trained = task.build().inference, read_run(run).model
    for layer in ("res5_1_2_conv", "box_dense_1", "keypoint_conv_1", "keypoint_deconv"):
        np.testing.assert_array_equal(
            model.get_layer(layer).get_weights()[0], trained.get_layer(layer).get_weights()[0]
        )
    assert model.get_layer("box_logits").output.shape[-1] == 3


def test_the_plan_counts_the_heads_once_for_each_box(folder):
    few, many = (
        plan_training(MASKS.changed(boxes=boxes), folder, split="train", measure=False)
        for boxes in (32, 64)
    )
    assert (few.examples, few.classes, few.shape) == (4, 6, (64, 80, 3))
    box = 7 * 7 * 64 * 128 + 128 * 128 + 128 * (7 + 24)
    convolutions = 4 * 14 * 14 * 9 * 64 * 64
    mask = convolutions + 14 * 14 * 4 * 64 * 64 + 28 * 28 * 64 * 6
    assert many.macs - few.macs == 32 * box + 8 * mask
    model = Detection(MASKS, folder, split="train").build().inference
    assert few.parameters == sum(np.prod(w.shape) for w in model.weights if not _is_state(w))
    assert "4 images of 6 classes" in str(few)


def _is_state(weight):
    return "moving" in weight.path or "seed" in weight.path


def test_data_without_keypoints_is_refused_by_networks_of_keypoints(folder):
    with pytest.raises(ValueError, match=r"needs images with labeled keypoints.*4 images without"):
        Detection(RECIPE.changed(class_names=("car", "cup", "boat")), folder, split="train")
