"""Bundles that answer wrong do not get their name; those that do hold each weight once."""

import json
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_nonlocal.export import Served, Signature, saved_model
from keras_nonlocal.export.saved_model import compare
from keras_nonlocal.export.signature import checked, decoded_jpegs
from keras_nonlocal.export.warm_up import FILE, prediction_log

SPEC = {"x": tf.TensorSpec((None, 3), tf.float32)}
ROWS = [{"x": np.ones((rows, 3), "float32") * rows} for rows in (1, 2, 5)]


class Doubler:
    """A predictor whose network is one matrix."""

    class_names = ("a", "b", "c", "d")

    def __init__(self):
        x = keras.Input((3,))
        self.model = keras.Model(x, keras.layers.Dense(4, name="dense")(x))

    def served(self, **changes):
        def function(x):
            some = checked(x, "x", (tf.shape(x)[0] > 0, "at least one row"))
            return {"y": self.model(some, training=False), "name": tf.repeat("b", tf.shape(x)[0])}

        def answer(x):
            names = np.array(["b"] * len(x))
            return {"y": x @ self.model.get_layer("dense").kernel.numpy(), "name": names}

        options = {"refused": {"x": np.zeros((0, 3), "float32")}, "batching": True, **changes}
        signature = Signature(options.pop("function", function), SPEC, ROWS, answer, **options)
        return Served(self.model, {"serving_default": signature}, {"task": "double"})


def _padded(x):
    return {"y": tf.pad(x, [[0, 0], [0, 1]]), "name": tf.repeat("b", tf.shape(x)[0])}


@pytest.fixture(scope="module")
def predictor():
    return Doubler()


@pytest.fixture(scope="module")
def root(predictor, tmp_path_factory):
    root = tmp_path_factory.mktemp("serving") / "double"
    assert saved_model(predictor, root, batch_sizes=(1, 4)) == root / "1"
    return root


def test_a_bundle_has_facts_about_itself(root):
    facts = json.loads((root / "1" / "manifest.json").read_text())
    assert (facts["name"], facts["task"]) == ("double", "double")
    signature = facts["signatures"]["serving_default"]
    assert signature["inputs"] == {"x": {"dtype": "float32", "shape": [None, 3]}}
    assert signature["outputs"]["y"] == {"dtype": "float32", "shape": [None, 4]}
    assert 0 <= signature["differences"]["y"] <= 1e-5
    assert facts["files"]["saved_model.pb"]["bytes"] > 0
    assert 'name: "double"' in (root / "models.config").read_text()
    assert "-e MODEL_NAME=double" in (root / "README.md").read_text()
    assert "batching.config" in (root / "README.md").read_text()
    assert sorted(each.name for each in root.iterdir()) == [
        "1",
        "README.md",
        "batching.config",
        "models.config",
    ]


def test_the_warm_up_requests_are_those_of_each_batch_size(root):
    records = [bytes(each.numpy()) for each in tf.data.TFRecordDataset(str(root / "1" / FILE))]
    x = ROWS[0]["x"][:1]
    assert records == [
        prediction_log("double", "serving_default", {"x": np.concatenate([x] * size)})
        for size in (1, 4)
    ]


def test_warm_up_requests_are_those_of_the_servers_own_package():
    apis = pytest.importorskip(
        "tensorflow_serving.apis", reason="tensorflow-serving-api is not installed"
    )
    from tensorflow_serving.apis import prediction_log_pb2

    requests = {
        "numbers": {"b": np.arange(600, dtype="uint8").reshape(2, 300), "a": np.float32([1.5])},
        "files": {"jpegs": np.array([[b"\xff\xd8\xff", b"x" * 200]])},
    }
    for signature, inputs in requests.items():
        log = prediction_log_pb2.PredictionLog()
        request = log.predict_log.request
        request.model_spec.name, request.model_spec.signature_name = "model", signature
        for name, array in inputs.items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(array))
        expected = log.SerializeToString(deterministic=True)
        assert prediction_log("model", signature, inputs) == expected, apis


def test_each_weight_is_stored_once(root, predictor):
    stored = sum(each.stat().st_size for each in (root / "1" / "variables").iterdir())
    names = [name for name, _ in tf.train.list_variables(str(root / "1" / "variables/variables"))]
    assert len([name for name in names if name.startswith("weights/")]) == 2
    assert stored < 1200  # 16 numbers and the index


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"function": _padded, "refused": None},
            r"answers something else.*'serving_default', request 0, output 'y'",
        ),
        ({"refused": ROWS[0]}, "cannot be answered was not refused"),
    ],
)
def test_a_bundle_that_answers_wrong_is_not_written(tmp_path, predictor, changes, message):
    class Wrong:
        def served(self):
            return predictor.served(**changes)

    with pytest.raises(ValueError, match=f"was not written.*{message}"):
        saved_model(Wrong(), tmp_path / "wrong")
    assert not (tmp_path / "wrong").exists()


def test_a_bundle_is_compared_with_the_network_of_today(root, predictor):
    """The weights have changed after the export, and the bundle has those of before."""
    kernel = predictor.model.get_layer("dense").kernel
    before = kernel.numpy()
    kernel.assign(before + 0.01)
    try:
        with pytest.raises(ValueError, match="answers something else"):
            compare(predictor.served(), root / "1")
    finally:
        kernel.assign(before)


def test_wrong_arguments_are_told(root, predictor, tmp_path):
    with pytest.raises(FileExistsError, match="take another version"):
        saved_model(predictor, root, version=1)
    with pytest.raises(ValueError, match="`version` must be a positive integer"):
        saved_model(predictor, root, version=0)
    with pytest.raises(ValueError, match=r"`predictor` must be a predictor.*Received: Functional"):
        saved_model(predictor.model, tmp_path)
    with pytest.raises(ValueError, match="`name` must be of letters"):
        saved_model(predictor, tmp_path / "a", name='double"\n}')
    with pytest.raises(ValueError, match="`batch_sizes` must be a positive integer"):
        saved_model(predictor, root, batch_sizes=[0])
    assert not list(tmp_path.iterdir())
    signature = predictor.served().signatures["serving_default"]
    with pytest.raises(ValueError, match=r"'serving_default'.*Received: views"):
        Served(predictor.model, {"views": signature}, {})
    with pytest.raises(ValueError, match="`requests` must be dictionaries of x, at least one"):
        replace(signature, requests=[{"y": ROWS[0]["x"]}])


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], "at least one JPEG file"),
        ([b""], "complete JPEG files only"),
        ([b"\x89PNG\r\n"], "complete JPEG files only"),
        ([b"\xff\xd8\xff broken"], "jpegs"),
        (["long", "wide"], "pictures of one size"),
    ],
)
def test_files_that_cannot_be_decoded_are_told(files, message):
    sizes = {"long": (9, 8), "wide": (8, 9)}
    encoded = [
        tf.io.encode_jpeg(np.zeros((*sizes[each], 3), "uint8")).numpy() if each in sizes else each
        for each in files
    ]
    signature = [tf.TensorSpec((None,), tf.string)]

    @tf.function(input_signature=signature, autograph=False)
    def decode(files):
        return decoded_jpegs(files, "jpegs")

    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        decode(tf.constant(encoded, tf.string, (len(files),)))
