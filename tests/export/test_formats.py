"""Files for other runtimes answer as the network, or are not written and say why."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers

from keras_nonlocal import export
from keras_nonlocal.export.checked_file import require, run_file, write_checked
from keras_nonlocal.export.inference_graph import inference_graph
from keras_nonlocal.export.litert import litert_facts
from keras_nonlocal.export.onnx import onnx_facts
from keras_nonlocal.export.openvino import openvino_facts
from keras_nonlocal.layers import Conv3D, MaxPool3D, NonLocal3D
from keras_nonlocal.utils.atomic_files import replacing

MODULES = {
    "onnx": ("onnx", "tf2onnx", "onnxruntime"),
    "openvino": ("openvino",),
    "litert": ("ai_edge_litert",),
}
FACTS = {"onnx": onnx_facts, "openvino": openvino_facts, "litert": litert_facts}
FIXED = (1, 4, 16, 20)


def needs(runtime):
    for module in MODULES[runtime]:
        pytest.importorskip(module, reason=f"{module} is not installed (extra `{runtime}`)")


class Actions:
    """A predictor of a small network with all that exporting changes: norms, poolings, a block."""

    def __init__(self):
        keras.utils.set_random_seed(0)
        x = clip = keras.Input((None, None, None, 3), name="clip")
        x = Conv3D(8, (1, 3, 3), padding="same", use_bias=False, name="conv")(x)
        x = layers.ReLU()(layers.BatchNormalization(name="norm")(x))
        x = MaxPool3D((2, 3, 3), (2, 2, 2), "same", name="pool")(x)
        x = NonLocal3D(pool_size=(1, 2, 2), name="block")(x)
        x = layers.GlobalAveragePooling3D()(x)
        self.model = keras.Model(clip, layers.Dense(4, activation="softmax", name="classes")(x))
        random = np.random.default_rng(0)
        self.model.set_weights([random.uniform(0.2, 1, w.shape) for w in self.model.get_weights()])

    def about(self):
        return {"task": "actions", "classes": ["a", "b", "c", "d"]}


@pytest.fixture(scope="module")
def predictor():
    return Actions()


def clips(*sizes):
    return np.random.default_rng(1).normal(size=(*sizes, 3)).astype("float32")


@pytest.mark.parametrize("runtime", MODULES)
def test_a_file_answers_as_the_network(runtime, predictor, tmp_path):
    needs(runtime)
    shape = FIXED if runtime == "litert" else None
    path = getattr(export, runtime)(predictor, tmp_path / "actions", shape=shape)
    x = clips(*(shape or (3, 6, 24, 17)))  # not the sizes that were tried before
    (found,) = run_file(runtime, path, [x])
    np.testing.assert_allclose(found["classes"], predictor.model.predict(x, verbose=0), atol=1e-6)
    facts = FACTS[runtime](path)
    assert (facts["task"], facts["classes"]) == ("actions", ["a", "b", "c", "d"])
    named = ["batch", "frames", "height", "width", 3]
    assert facts["inputs"]["clip"]["shape"] == ([*shape, 3] if shape else named)
    assert facts["differences"]["classes"]["largest"] <= 1e-6
    assert [each.name for each in tmp_path.iterdir()] == ["actions"]
    with pytest.raises(FileExistsError, match="Take another path"):
        getattr(export, runtime)(predictor, path, shape=shape)


def test_open_sizes_have_names_in_onnx(predictor, tmp_path):
    needs("onnx")
    import onnx

    path = export.onnx(predictor.model, tmp_path / "a.onnx", shape=(None, 4, None, None))
    graph = onnx.load(str(path)).graph
    sizes = graph.input[0].type.tensor_type.shape.dim
    assert [size.dim_param or size.dim_value for size in sizes] == [
        "batch",
        4,
        "height",
        "width",
        3,
    ]
    assert graph.output[0].type.tensor_type.shape.dim[0].dim_param == "batch"


def test_open_sizes_have_names_in_openvino(predictor, tmp_path):
    needs("openvino")
    import openvino

    path = export.openvino(predictor.model, tmp_path / "a")
    model = openvino.Core().read_model(path / "model.xml")
    layout = model.input("clip").node.layout
    places = {name: layout.get_index_by_name(name) for name in ("batch", "frames", "channels")}
    assert places == {"batch": 0, "frames": 1, "channels": 4}


def test_half_precision_takes_half_of_the_bytes(predictor, tmp_path):
    needs("litert")
    wide = layers.Dense(30_000, name="wide")(predictor.model.get_layer("classes").output)
    model = keras.Model(predictor.model.input, wide)
    whole = export.litert(model, tmp_path / "a.tflite", shape=FIXED)
    half = export.litert(model, tmp_path / "b.tflite", shape=FIXED, precision="float16")
    assert half.stat().st_size < 0.55 * whole.stat().st_size
    assert 1e-7 < litert_facts(half)["differences"]["wide"]["relative"] < 1e-2


def test_integers_are_measured_with_the_clips_that_calibrate_them(predictor, tmp_path):
    needs("onnx")
    x = clips(5, 4, 16, 20)
    path = export.onnx(predictor, tmp_path / "a.onnx", shape=FIXED, calibration=x)
    facts = onnx_facts(path)
    assert facts["precision"] == "int8"
    answers = run_file("onnx", path, [clip[None] for clip in x])
    found = np.concatenate([each["classes"] for each in answers])
    largest = np.abs(found - predictor.model.predict(x, verbose=0)).max()
    assert 1e-6 < largest < 0.2
    assert facts["differences"]["classes"]["largest"] == pytest.approx(largest, rel=0.01)
    with pytest.raises(ValueError, match=r"`calibration` must be inputs.*Received: \(5, 4, 16\)"):
        export.onnx(predictor, tmp_path / "b.onnx", calibration=x[..., 0, 0])
    with pytest.raises(ValueError, match=r"`calibration` must be float32.*Received: float64"):
        export.onnx(predictor, tmp_path / "b.onnx", calibration=x.astype("float64"))
    assert not (tmp_path / "b.onnx").exists()


def test_litert_says_which_operations_it_lacks(predictor, tmp_path):
    needs("litert")
    with pytest.raises(ValueError, match=r"lacks operations.*TensorList.*Give a `shape` without"):
        export.litert(predictor, tmp_path / "a.tflite")
    assert not list(tmp_path.iterdir())


def test_a_file_that_answers_something_else_is_not_written(predictor, tmp_path):
    needs("onnx")
    from keras_nonlocal.export.onnx import _convert, _describe

    graph = inference_graph(predictor, FIXED)
    wrong = replace(graph, answers=[{"classes": graph.answers[0]["classes"] + 0.01}])
    with pytest.raises(ValueError, match=r"answers something else.*'classes' differs by"):
        write_checked(wrong, tmp_path / "a.onnx", "onnx", replacing, _convert, _describe)
    other = replace(graph, answers=[{"classes": graph.answers[0]["classes"][:, 1:]}])
    with pytest.raises(ValueError, match=r"another shape. Expected: \(1, 3\). Received: \(1, 4\)"):
        write_checked(other, tmp_path / "a.onnx", "onnx", replacing, _convert, _describe)

    def broken(graph, file):
        file.write_bytes(b"no model")

    with pytest.raises(ValueError, match=r"onnx cannot run it: .*INVALID_PROTOBUF"):
        write_checked(graph, tmp_path / "a.onnx", "onnx", replacing, broken, _describe)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("shape", "received"),
    [((1, 4), r"\(1, 4\)"), ((1, 4, 16, 0), "shape=0"), (5, "shape=5"), ((1, 4, 16.0, 16), "16.0")],
)
def test_a_wrong_shape_is_told(shape, received, predictor):
    with pytest.raises(ValueError, match=f"`shape` must be.*Received: .*{received}"):
        inference_graph(predictor, shape)


def test_a_shape_must_fit_what_is_fixed():
    x = keras.Input((8, 16, 16, 3), name="clip")
    model = keras.Model(x, layers.GlobalAveragePooling3D()(x), name="fixed")
    assert inference_graph(model, (None, 8, 16, 16)).input.shape == (None, 8, 16, 16, 3)
    with pytest.raises(ValueError, match=r"\(None, 8, 16, 16\) of 'fixed'.*shape=\(1, 4, 16, 16\)"):
        inference_graph(model, (1, 4, 16, 16))


def test_what_is_no_network_is_told():
    with pytest.raises(ValueError, match=r"A predictor is expected.*Received: str"):
        inference_graph("nl_i3d_small_weizmann", None)


def test_a_network_with_several_inputs_is_told():
    pair = [keras.Input((4,)), keras.Input((4,))]
    with pytest.raises(ValueError, match=r"networks with one input.*Received: 2 inputs"):
        inference_graph(keras.Model(pair, layers.Add()(pair)), None)


def test_a_missing_package_is_named():
    with pytest.raises(ImportError, match=r'needs no_such.*pip install "keras_nonlocal\[onnx\]"'):
        require("onnx", "numpy", "no_such")
