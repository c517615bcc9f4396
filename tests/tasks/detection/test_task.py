"""A detection network is trained, resumed, loaded and used like those of other tasks."""

import csv
import json
import shutil

import keras
import numpy as np
import pytest
from PIL import Image

from keras_nonlocal.images import read_object_set
from keras_nonlocal.images.samples.objects import CLASSES, write_objects
from keras_nonlocal.tasks import load_run, plan_training, read_run, train
from keras_nonlocal.tasks.detection import Detection, DetectionRecipe
from keras_nonlocal.training import fit

# Networks of few steps are sure of nothing, so all that they find is looked at.
RECIPE = DetectionRecipe(
    "mask_rcnn_small",
    short_side=64,
    max_side=96,
    augmentation=(
        {"layer": "JointRandomFlip"},
        {"layer": "JointResize", "short_side": [64, 72], "max_side": 96},
    ),
    frozen_stages=("conv1",),
    boxes=32,
    steps=5,
    batch_size=2,
    clip_norm=5.0,
    score_threshold=0.0,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("data")
    write_objects(path, 4, seed=20, size=(96, 120))
    write_objects(path, 2, seed=30, split="val", size=(96, 120))
    return path


class Copy(keras.callbacks.Callback):
    """Copies the checkpoint of step 3, as a run that is killed in step 4 leaves it."""

    def __init__(self, run, copy):
        super().__init__()
        self._run, self._copy = run, copy

    def on_train_batch_end(self, batch, logs=None):
        if self.model.optimizer.iterations == 4:
            self._copy.mkdir()
            for name in ("recipe.json", "checkpoint.npz"):
                shutil.copy(self._run / name, self._copy / name)


OPTIONS = {"checkpoint_every_n_steps": 1, "deterministic": True, "verbose": 0}


@pytest.fixture(scope="module")
def run(folder, tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "run"
    callbacks = [Copy(path, path.with_name("killed"))]
    subsets = {"split": "train", "validation_subset": "val"}
    train(RECIPE, folder, path, **subsets, callbacks=callbacks, **OPTIONS)
    return path


@pytest.fixture(scope="module")
def keypoint_run(folder, tmp_path_factory):
    """In half precision, on the same four images again and again."""
    path = tmp_path_factory.mktemp("runs") / "keypoints"
    recipe = RECIPE.changed(
        builder="nl_keypoint_rcnn_small",
        augmentation=(),
        frozen_stages=(),
        precision="mixed_bfloat16",
        steps=16,
        learning_rate=0.02,
    )
    train(recipe, folder, path, split="train", verbose=0)
    return path


def test_a_run_has_the_terms_of_the_loss_metrics_and_a_report(run):
    rows = list(csv.DictReader((run / "metrics.csv").open()))
    assert int(rows[-1]["step"]) == 5
    terms = [name for name in rows[-1] if name.endswith("_loss")]
    assert len(terms) == 5
    assert float(rows[-1]["loss"]) == pytest.approx(sum(float(rows[-1][name]) for name in terms))
    assert 0 <= float(rows[-1]["val_mask_ap"]) <= float(rows[-1]["val_mask_ap50"]) <= 1
    page = (run / "report.html").read_text()
    for words in ("AP of masks of each class", "2 images were evaluated", "Mask loss", "large"):
        assert words in page
    assert (run / "precision.png").exists()
    assert (run / "best.weights.h5").exists()


def test_a_run_is_loaded_as_a_detector(run, folder):
    detector = load_run(run)
    assert detector.class_names == CLASSES
    file = folder / "val" / "000030.png"
    found = detector.predict(file)
    number = len(found["boxes"])
    assert number > 10
    assert found["masks"].shape == (number, 96, 120)
    assert found["masks"].dtype == bool
    assert (np.diff(found["confidence"]) <= 0).all()
    assert (found["boxes"] >= 0).all()
    assert (found["boxes"] <= [120, 96, 120, 96]).all()
    assert found["names"] == [CLASSES[label] for label in found["labels"]]
    again = detector.predict(np.asarray(Image.open(file)), min_score=found["confidence"][4])
    assert len(again["boxes"]) >= 5
    np.testing.assert_array_equal(again["boxes"], found["boxes"][: len(again["boxes"])])
    with pytest.raises(ValueError, match=r"RGB pixels, uint8 \(H, W, 3\)"):
        detector.predict(np.zeros((8, 8, 3)))


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


def test_losses_of_images_that_are_seen_again_fall_in_half_precision(keypoint_run):
    rows = [json.loads(line) for line in (keypoint_run / "metrics.jsonl").open()]
    assert all(np.isfinite(value) for row in rows for value in row.values())
    first, last = (np.mean([row["loss"] for row in part]) for part in (rows[:3], rows[-3:]))
    assert last < 0.8 * first
    assert rows[-1]["keypoint_loss"] < 0.9 * rows[0]["keypoint_loss"]


def test_a_run_knows_its_keypoints(keypoint_run, folder):
    detector = load_run(keypoint_run)
    objects = read_object_set(folder, split="train")
    assert detector.keypoint_names == objects.keypoint_names
    assert detector.skeleton == objects.skeleton
    assert detector.model.output["keypoints"].shape[2:] == (13, 3)


def test_other_classes_start_from_a_run(keypoint_run, folder):
    recipe = RECIPE.changed(
        builder="nl_keypoint_rcnn_small", weights=str(keypoint_run), class_names=("car", "figure")
    )
    task = Detection(recipe, folder, split="train")
    assert task.data.class_names == ("car", "figure")
    model, trained = task.build().inference, read_run(keypoint_run).model
    for layer in ("res5_1_2_conv", "box_dense_1", "keypoint_conv_1", "keypoint_deconv"):
        np.testing.assert_array_equal(
            model.get_layer(layer).get_weights()[0], trained.get_layer(layer).get_weights()[0]
        )
    assert model.get_layer("box_logits").output.shape[-1] == 3


def test_the_plan_counts_the_heads_once_for_each_box(folder):
    few, many = (
        plan_training(RECIPE.changed(boxes=boxes), folder, split="train", measure=False)
        for boxes in (32, 64)
    )
    assert (few.examples, few.classes, few.shape) == (4, 6, (64, 80, 3))
    box = 7 * 7 * 64 * 128 + 128 * 128 + 128 * (7 + 24)
    convolutions = 4 * 14 * 14 * 9 * 64 * 64
    mask = convolutions + 14 * 14 * 4 * 64 * 64 + 28 * 28 * 64 * 6
    assert many.macs - few.macs == 32 * box + 8 * mask
    assert few.parameters == Detection(RECIPE, folder).build().inference.count_params() - (
        sum(np.prod(w.shape) for w in _statistics(Detection(RECIPE, folder).build().inference))
    )
    assert "4 images of 6 classes" in str(few)


def _statistics(model):
    return [w for w in model.weights if "moving" in w.path or "seed" in w.path]
