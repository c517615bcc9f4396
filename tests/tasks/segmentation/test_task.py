"""A segmentation network is trained, resumed, loaded and used like those of other tasks."""

import csv
import json
from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from images.folders import write_folders
from PIL import Image
from training.helpers import eagerly

from keras_nonlocal.cli.main import main
from keras_nonlocal.cli.segment import SAMPLE_SEED
from keras_nonlocal.images import read_mask_set
from keras_nonlocal.images.samples.scenes import scene
from keras_nonlocal.tasks import load_run, plan_training, read_recipe, read_run, train
from keras_nonlocal.tasks.segmentation import Segmentation, SegmentationRecipe
from keras_nonlocal.training import fit, write_recipe

RECIPE = SegmentationRecipe(
    "nl_fcn_small",
    size=(24, 32),
    augmentation=(
        {"layer": "JointRandomScale", "minimum": 0.8, "maximum": 1.2},
        {"layer": "JointRandomCrop", "size": [24, 32]},
        {"layer": "JointRandomFlip"},
    ),
    steps=6,
    batch_size=2,
    schedule="poly",
    final_rate=1e-4,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_folders(tmp_path_factory.mktemp("data"), size=(30, 40))


@pytest.fixture(scope="module")
def run(folder, tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "run"
    with eagerly():
        train(RECIPE, folder, path, split="train", validation_subset="val", verbose=0)
    return path


def test_a_run_has_metrics_weights_and_a_report(run):
    rows = list(csv.DictReader((run / "metrics.csv").open()))
    assert int(rows[-1]["step"]) == 6
    assert 0 < float(rows[-1]["val_mean_iou"]) < 1
    page = (run / "report.html").read_text()
    for words in ("Mean IoU", "IoU of each class", "2 images with"):
        assert words in page
    assert (run / "per_class.png").exists()
    assert (run / "confusion.png").exists()


def test_a_run_is_loaded_without_its_auxiliary_head(run, folder):
    loaded = read_run(run)
    assert not isinstance(loaded.model.output, dict)
    segmenter = load_run(run)
    assert segmenter.class_names == ("sky", "road", "car")
    image, _ = read_mask_set(folder, split="val").read(0)
    labels = segmenter.predict(image)
    assert (labels.shape, labels.dtype) == ((30, 40), np.uint8)
    np.testing.assert_array_equal(labels, segmenter.predict(folder / "images" / "val" / "0.png"))
    with pytest.raises(ValueError, match=r"RGB pixels, uint8 \(H, W, 3\)"):
        segmenter.predict(image.astype("float32"))


def test_a_stopped_run_resumes_to_the_same_bits(folder, run, tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if self.model.optimizer.iterations == 4:
                raise KeyboardInterrupt

    task = Segmentation(RECIPE, folder, split="train", validation_subset="val")
    options = {"checkpoint_every_n_steps": 1, "verbose": 0}
    with eagerly():
        with pytest.raises(KeyboardInterrupt):
            fit(task, tmp_path / "run", callbacks=[Stop()], **options)
        resumed = fit(task, tmp_path / "run", **options)
    whole = read_run(run, weights="last").model
    for one, other in zip(resumed.model.weights, whole.weights, strict=True):
        if "seed" not in one.path:
            np.testing.assert_array_equal(one, other, err_msg=one.path)


def test_other_classes_and_heads_start_from_a_run(run, folder):
    names = ("a", "b", "c", "d")
    masks = read_mask_set(folder, class_names=names)
    recipe = RECIPE.changed(builder="dnl_fcn_small", weights=str(run), auxiliary_weight=0.0)
    model = Segmentation(recipe, masks).build().inference
    trained = read_run(run).model
    for layer in ("res5_1_2_conv", "head_2_conv"):
        np.testing.assert_array_equal(
            model.get_layer(layer).get_weights()[0], trained.get_layer(layer).get_weights()[0]
        )
    assert model.output_shape[-1] == 4


def test_the_colors_of_the_data_stay_with_the_network(folder, tmp_path):
    colors = ((70, 130, 180), (128, 64, 128), (0, 0, 142))
    masks = replace(read_mask_set(folder), palette=colors)
    write_recipe(Segmentation(RECIPE, masks).recipe, tmp_path / "recipe.json")
    recipe = read_recipe(tmp_path / "recipe.json")
    assert recipe.palette == colors
    run = SimpleNamespace(model=None, class_names=masks.class_names, recipe=recipe)
    assert Segmentation.predictor(run).palette == colors
    with pytest.raises(ValueError, match="`palette` must have an entry for each of the 3 classes"):
        Segmentation(RECIPE.changed(palette=colors[:2]), masks)


def test_the_plan_counts_windows(folder):
    plan = plan_training(RECIPE, folder, split="train", measure=False)
    assert (plan.examples, plan.classes, plan.shape) == (4, 3, (24, 32, 3))
    assert "4 images of 3 classes" in str(plan)


def test_recipes_are_written_and_read(tmp_path):
    write_recipe(RECIPE, tmp_path / "recipe.json")
    assert read_recipe(tmp_path / "recipe.json") == RECIPE


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"builder": "nl_i3d_small"}, "builder"),
        ({"augmentation": ({"layer": "JointRandomFlip"},)}, "must crop to `size`"),
        ({"augmentation": ({"layer": "CutMix"},)}, "JointRandomCrop"),
        ({"divide_by": "some"}, "divide_by"),
        ({"test_window": (8, 8)}, "window_stride"),
    ],
)
def test_wrong_recipes_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        RECIPE.changed(**changes)


def test_data_that_does_not_fit_is_refused(folder):
    with pytest.raises(ValueError, match="an entry for each of the 3 classes"):
        Segmentation(RECIPE.changed(class_weights=(1.0,)), folder)
    with pytest.raises(ValueError, match="takes no `service`"):
        Segmentation(RECIPE, folder, service="grpc://host:5000")


def test_the_command_segments_images_and_says_what_it_cannot_read(run, folder, tmp_path, capsys):
    image, out = folder / "images" / "val" / "0.png", tmp_path / "out"
    bad = tmp_path / "bad.png"
    bad.write_text("no image")
    command = ["segment", str(image), str(bad), "--model", str(run), "-o", str(out)]
    assert main([*command, "--json"]) == 1
    printed = capsys.readouterr()
    (result,) = json.loads(printed.out)["results"]
    assert sum(result["areas"].values()) == pytest.approx(1)
    assert "bad.png" in printed.err
    labels = np.asarray(Image.open(out / "0_labels.png"))
    assert labels.shape == (30, 40)
    assert Image.open(out / "0_overlay.png").size[0] > 40  # with a legend
    assert main(["segment"]) == 2
    assert "at least one image or video" in capsys.readouterr().err


def test_the_command_segments_a_video(run, tmp_path, capsys):
    from keras_nonlocal.video import probe, write_video

    frames = np.random.default_rng(0).integers(0, 256, (3, 24, 32, 3), "uint8")
    write_video(tmp_path / "a.mp4", frames, fps=5)
    out = tmp_path / "out"
    assert main(["segment", str(tmp_path / "a.mp4"), "--model", str(run), "-o", str(out)]) == 0
    info = probe(out / "a_overlay.mp4")
    assert (info.frames, info.fps, info.width, info.height) == (3, 5.0, 32, 24)
    assert "a_overlay.mp4" in capsys.readouterr().out


def test_networks_of_videos_are_refused(tmp_path, capsys):
    image = tmp_path / "a.png"
    assert main(["segment", str(image), "--model", "nl_i3d_small_weizmann", "-o", "out"]) == 2
    assert "keras-nonlocal predict" in capsys.readouterr().err


def test_the_sample_is_segmented_by_the_embedded_network(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["segment", "--sample", "--json"]) == 0
    (result,) = json.loads(capsys.readouterr().out)["results"]
    assert next(iter(result["areas"])) == "sky"
    labels = np.asarray(Image.open(tmp_path / result["labels"]))
    image, true = scene(SAMPLE_SEED, (240, 320))
    np.testing.assert_array_equal(
        np.asarray(Image.open(tmp_path / "keras_nonlocal_scene.png")), image
    )
    assert (labels == true).mean() > 0.85


def test_the_command_evaluates_a_run(run, folder, capsys):
    command = ["evaluate", str(run), "--data", str(folder), "--split", "val"]
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    rows = list(csv.DictReader((run / "metrics.csv").open()))
    assert found["mean_iou"] == pytest.approx(float(rows[-1]["val_mean_iou"]))
    assert found["iou"].keys() == {"sky", "road", "car"}
    assert main(command) == 0
    assert "IoU of each class" in capsys.readouterr().out
    assert main([*command, "--num-clips", "3"]) == 2
    assert "labels images" in capsys.readouterr().err
    assert main(["predict", str(folder), "--model", str(run)]) == 2


def test_the_command_takes_folders_and_refuses_a_file_as_out(run, folder, tmp_path, capsys):
    images, out = folder / "images" / "val", tmp_path / "out"
    assert main(["segment", str(images), "--model", str(run), "-o", str(out), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["results"]) == 2
    file = tmp_path / "file"
    file.touch()
    assert main(["segment", str(images), "--model", str(run), "-o", str(file)]) == 2
    assert "--out must be a folder" in capsys.readouterr().err
    assert main(["segment", str(folder), "--model", str(run), "-o", str(out)]) == 2
    assert "no image or video directly" in capsys.readouterr().err
