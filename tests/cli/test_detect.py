"""`keras-nonlocal detect` draws objects; `evaluate` takes the same networks, and others refuse."""

import json
from dataclasses import asdict

import keras
import numpy as np
import pytest
from PIL import Image

from keras_nonlocal.cli.main import main
from keras_nonlocal.images import read_object_set
from keras_nonlocal.images.samples.objects import CLASSES, write_objects
from keras_nonlocal.metrics import coco_average_precision
from keras_nonlocal.tasks import load_run
from keras_nonlocal.tasks.detection import Detection, DetectionRecipe
from keras_nonlocal.training import TrainingData, write_recipe
from keras_nonlocal.utils.run_lengths import decode
from keras_nonlocal.video import probe, write_video

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


def test_files_are_drawn_and_written_as_results_of_coco(place, tmp_path, capsys):
    frames = np.random.default_rng(0).integers(0, 256, (2, 48, 64, 3), "uint8")
    write_video(tmp_path / "a.mp4", frames, fps=5)
    bad = tmp_path / "bad.png"
    bad.write_text("no image")
    image = place / "data" / "val" / "000031.png"
    files = [str(image), str(bad), str(tmp_path / "a.mp4")]
    out, results = tmp_path / "out", tmp_path / "coco.json"
    options = ["--model", str(place / "run"), "-o", str(out), "--json", str(results)]
    assert main(["detect", *files, *options, "--min-score", "0.0"]) == 1
    printed = capsys.readouterr()
    assert "bad.png" in printed.err
    assert "per frame" in printed.out
    drawn = np.asarray(Image.open(out / "000031_objects.png"))
    assert drawn.shape == (96, 120, 3)
    assert (drawn != np.asarray(Image.open(image))).any()
    info = probe(out / "a_objects.mp4")
    assert (info.frames, info.fps, info.width, info.height) == (2, 5.0, 64, 48)
    rows = json.loads(results.read_text())
    assert {row["image_id"] for row in rows} == {1}
    for row in rows[:5]:
        x, y, width, height = row["bbox"]
        mask = decode(row["segmentation"])
        assert mask.shape == (96, 120)
        rows_of, columns = np.nonzero(mask)
        assert len(columns) == 0 or (columns.min() >= x - 2 and columns.max() <= x + width + 2)
        assert len(rows_of) == 0 or (rows_of.min() >= y - 2 and rows_of.max() <= y + height + 2)
        assert 1 <= row["category_id"] <= len(CLASSES)


def test_a_network_is_evaluated_as_its_detections_are_by_hand(place, capsys):
    """With masks of all pixels, where the command has run lengths."""
    command = ["evaluate", str(place / "run"), "--data", str(place / "data"), "--split", "val"]
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    objects, detector = read_object_set(place / "data"), load_run(place / "run")
    detections = [detector.predict(image.path) for image in objects.images]
    for each in detections:
        each.pop("names")
    expected = coco_average_precision(objects, detections)
    assert found["images"] == 2
    assert expected.summary().items() <= found.items()
    assert found["class_ap"]["masks"].keys() == set(CLASSES)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["detect", "--model", "RUN"], "at least one image or video"),
        (["detect", "a.png", "--model", "RUN", "--min-score", "2"], "from 0 to 1"),
        (["detect", "a.png", "--model", "nl_fcn_small_scenes"], "use `keras-nonlocal segment`"),
        (["segment", "a.png", "--model", "RUN"], "use `keras-nonlocal detect`"),
        (["predict", "VAL", "--model", "RUN"], "no video"),
        (["evaluate", "RUN", "--data", "DATA", "--num-clips", "3"], "detects objects: of the"),
        (["detect", "DATA", "--model", "RUN"], "no image or video directly"),
    ],
)
def test_wrong_use_is_explained(command, message, place, capsys):
    words = {"RUN": place / "run", "DATA": place / "data", "VAL": place / "data" / "val"}
    assert main([str(words.get(word, word)) for word in command]) == 2
    assert message in capsys.readouterr().err
