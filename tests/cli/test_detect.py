"""`keras-nonlocal detect` draws objects; `evaluate` takes the same networks, and others refuse."""

import json
from dataclasses import asdict

import keras
import numpy as np
import pytest
from backend import eagerly
from PIL import Image
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from keras_nonlocal import models
from keras_nonlocal.cli.detect import draw_block
from keras_nonlocal.cli.main import main
from keras_nonlocal.images.samples.objects import CLASSES, KEYPOINTS, objects_image, write_objects
from keras_nonlocal.tasks.detection import Detection, DetectionRecipe, Detector
from keras_nonlocal.training import TrainingData, write_recipe
from keras_nonlocal.utils.run_lengths import decode_mask
from keras_nonlocal.video import probe, write_video

pytestmark = pytest.mark.usefixtures("unoptimized_graphs")
RECIPE = DetectionRecipe(
    "mask_rcnn_small", short_side=64, max_side=96, steps=1, score_threshold=0.0
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with images and objects, and a run of a network with its initial weights."""
    folder = tmp_path_factory.mktemp("place")
    write_objects(folder / "data", 2, seed=30, split="val", size=(96, 120))
    data = TrainingData("drawn", 2, CLASSES, False, "drawn")
    keras.utils.set_random_seed(0)
    (folder / "run").mkdir()
    Detection.networks(RECIPE, data).inference.save_weights(folder / "run" / "last.weights.h5")
    write_recipe(RECIPE, folder / "run" / "recipe.json")
    (folder / "run" / "data.json").write_text(json.dumps(asdict(data)))
    return folder


@pytest.fixture(scope="module")
def results(place):
    """What `detect` writes for both images, a video, and a file that is no image."""
    frames = np.random.default_rng(0).integers(0, 256, (2, 48, 64, 3), "uint8")
    write_video(place / "a.mp4", frames, fps=5)
    (place / "bad.png").write_text("no image")
    files = [place / "data" / "val", place / "bad.png", place / "a.mp4"]
    options = ["--model", place / "run", "-o", place / "out", "--json", place / "coco.json"]
    command = ["detect", *files, *options, "--min-score", "0.0"]
    with eagerly():
        assert main([str(word) for word in command]) == 1  # for the file that is no image
    return json.loads((place / "coco.json").read_text())


def test_images_and_videos_are_drawn(place, results):
    drawn = np.asarray(Image.open(place / "out" / "000031_objects.png"))
    image = np.asarray(Image.open(place / "data" / "val" / "000031.png"))
    assert drawn.shape == image.shape
    assert (drawn != image).any()
    info = probe(place / "out" / "a_objects.mp4")
    assert (info.frames, info.fps, info.width, info.height) == (2, 5.0, 64, 48)
    assert not (place / "out" / "bad_objects.png").exists()


def test_masks_lie_in_their_boxes(results):
    for row in results[:10]:
        x, y, width, height = row["bbox"]
        mask = decode_mask(row["segmentation"])
        assert mask.shape == (96, 120)
        outside = mask.copy()
        outside[int(y) : int(y + height) + 1, int(x) : int(x + width) + 1] = 0
        assert outside.sum() <= 2 * (width + height)  # pixels at the border
        assert 1 <= row["category_id"] <= len(CLASSES)


def test_evaluate_gives_the_numbers_of_the_written_results(place, results, capsys):
    """Those of pycocotools itself, for the file that `detect` writes."""
    command = ["evaluate", str(place / "run"), "--data", str(place / "data"), "--split", "val"]
    with eagerly():
        assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    truth = COCO(str(place / "data" / "annotations" / "instances_val.json"))
    rows = [{**row, "image_id": row["image_id"] + 29} for row in results]
    for kind, name in (("bbox", "box"), ("segm", "mask")):
        evaluator = COCOeval(truth, truth.loadRes([dict(row) for row in rows]), kind)
        evaluator.evaluate()
        evaluator.accumulate()
        evaluator.summarize()
        assert found[f"{name}_ap"] == pytest.approx(evaluator.stats[0], abs=1e-6)
        assert found[f"{name}_ar100"] == pytest.approx(evaluator.stats[8], abs=1e-6)
    assert found["images"] == 2
    assert found["class_ap"]["masks"].keys() == set(CLASSES)


def test_the_sample_is_detected_without_a_download(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["detect", "--sample", "--json", "coco.json"]) == 0
    drawn = Image.open("keras_nonlocal_objects_objects.png")
    assert drawn.size == Image.open("keras_nonlocal_objects.png").size == (480, 320)
    _, objects = objects_image(100_011, (160, 240))
    rows = json.loads((tmp_path / "coco.json").read_text())
    assert sorted(row["category_id"] - 1 for row in rows) == sorted(o["label"] for o in objects)
    truth = {each["label"]: each["mask"] for each in objects}
    for row in rows:
        found = decode_mask(row["segmentation"])[::2, ::2] > 0
        mask = truth[row["category_id"] - 1]
        assert (found & mask).sum() > 0.7 * (found | mask).sum()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["detect", "--model", "RUN"], "at least one image or video"),
        (["detect", "VAL", "--model", "RUN", "--min-score", "2"], "from 0 to 1"),
        (["detect", "VAL", "--model", "nl_fcn_small_scenes"], "use `keras-nonlocal segment`"),
        (["segment", "VAL", "--model", "RUN"], "use `keras-nonlocal detect`"),
        (["predict", "VAL", "--model", "RUN"], "no video"),
        (["evaluate", "RUN", "--data", "DATA", "--num-clips", "3"], "detects objects: of the"),
        (["detect", "DATA", "--model", "RUN"], "no image or video directly"),
    ],
)
def test_wrong_use_is_explained(command, message, place, capsys):
    words = {"RUN": place / "run", "DATA": place / "data", "VAL": place / "data" / "val"}
    assert main([str(words.get(word, word)) for word in command]) == 2
    assert message in capsys.readouterr().err


def test_what_a_block_of_the_head_attends_to_is_drawn(place, tmp_path, capsys):
    keras.utils.set_random_seed(0)
    model = models.nl_keypoint_rcnn_small(classes=6, keypoints=13)
    detector = Detector(model, CLASSES, RECIPE.testing_image, tuple(KEYPOINTS))
    image, picture = place / "data" / "val" / "000031.png", tmp_path / "attention.png"
    draw_block(detector, image, picture)
    pixels = np.asarray(Image.open(picture).convert("RGB")).astype(int)
    assert (abs(pixels - (255, 59, 48)).max(axis=-1) < 10).sum() > 100  # the query
    command = ["detect", image, "--model", place / "run", "-o", tmp_path / "out", "--explain"]
    assert main([str(word) for word in command]) == 1
    assert "has no non-local block" in capsys.readouterr().err
