"""The light predictor says what the predictor of Keras says, and loads no TensorFlow."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from keras_nonlocal import export, zoo
from keras_nonlocal.cli.main import main
from keras_nonlocal.video.samples import sample_video
from keras_nonlocal.video.samples.sample_video import jumping_jacks

openvino = pytest.importorskip("openvino", reason="OpenVINO is not installed (extra `openvino`)")
PROGRAM = """
import json, sys
import keras_nonlocal
light = keras_nonlocal.zoo.load(sys.argv[1], runtime="openvino")
print(json.dumps(light.predict(sys.argv[2])))
sys.exit(", ".join({"tensorflow", "keras"} & set(sys.modules)) or 0)
"""


@pytest.fixture(scope="module")
def classifier():
    return zoo.load("nl_i3d_small_weizmann")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("openvino") / "actions"
    assert main(["export", "nl_i3d_small_weizmann", str(path), "--format", "openvino"]) == 0
    return path


def test_the_light_predictor_answers_without_tensorflow(classifier, folder, tmp_path):
    sample_video.write_sample(tmp_path / "clip.mp4")
    command = [sys.executable, "-c", PROGRAM, folder, tmp_path / "clip.mp4"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    found, expected = json.loads(result.stdout), classifier.predict(tmp_path / "clip.mp4")
    assert list(found)[:2] == list(expected)[:2]
    assert max(abs(found[name] - expected[name]) for name in expected) <= 1e-5


def test_the_light_predictor_has_the_parts_of_the_other(classifier, folder):
    light = zoo.load(folder, runtime="openvino")
    assert (light.class_names, light.clip) == (classifier.class_names, classifier.clip)
    frames = jumping_jacks(50)
    np.testing.assert_array_equal(light.read(frames), classifier.read(frames))
    assert light.facts["card"] == "nl_i3d_small_weizmann"
    plain, left = replace(light.clip, flip=not light.clip.flip), frames[:, :, :100]
    found = replace(light, clip=plain).predict(left)
    assert found != light.predict(left)
    expected = replace(classifier, clip=plain).predict(left)
    assert max(abs(found[name] - expected[name]) for name in expected) <= 1e-5
    half = zoo.load(folder, runtime="openvino", precision="bfloat16").predict(frames)
    assert next(iter(half)) == next(iter(light.predict(frames)))


def test_a_wrong_folder_is_told(folder, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"model.xml does not exist.*--format openvino"):
        zoo.load("nl_i3d_small_weizmann", runtime="openvino")
    with pytest.raises(ValueError, match="`runtime` must be one of 'keras', 'openvino'"):
        zoo.load(folder, runtime="torch")
    with pytest.raises(ValueError, match="`precision` must be one of 'float32'"):
        zoo.load("nl_i3d_small_weizmann", precision="bfloat16")
    model = openvino.Core().read_model(folder / "model.xml")
    facts = json.loads(model.get_rt_info("keras_nonlocal").astype(str))
    for changes, message in (
        ({"task": "segmentation"}, r"runs video classifiers.*'segmentation'"),
        ({"clip": {"frames": 8}}, "`clip` of "),
    ):
        path = tmp_path / "other" / "model.xml"
        model.set_rt_info(json.dumps({**facts, **changes}), "keras_nonlocal")
        openvino.save_model(model, path)
        with pytest.raises(ValueError, match=message):
            zoo.load(path.parent, runtime="openvino")


def test_a_file_for_other_clips_or_of_others_is_told(classifier, tmp_path):
    export.openvino(classifier, tmp_path / "pairs", shape=(2, 12, 64, 64))
    with pytest.raises(ValueError, match=r"must take one clip \(1, 12, 64, 64, 3\).*\[2,12"):
        zoo.load(tmp_path / "pairs", runtime="openvino")
    export.openvino(classifier.model, tmp_path / "model", shape=(1, 12, 64, 64))
    with pytest.raises(ValueError, match=r"runs video classifiers.*the task None"):
        zoo.load(tmp_path / "model", runtime="openvino")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "onnx", "--version", "2"], "--version is not an option of --format onnx"),
        (["--shape", "1", "12"], "--shape is not an option of --format saved_model"),
        (["--format", "openvino", "--precision", "float16"], "--precision is not an option of"),
    ],
)
def test_options_of_other_formats_are_refused(arguments, message, tmp_path, capsys):
    assert main(["export", "nl_i3d_small_weizmann", str(tmp_path / "a"), *arguments]) == 2
    assert message in capsys.readouterr().err
