"""Exported models answer alike in a process that knows neither Keras nor this package."""

import subprocess
import sys

import numpy as np
import pytest

from keras_nonlocal import models

BUILDERS = {
    "c2d_r50": {"variant": "official_8x8"},
    "c2d_r101": {"variant": "official_8x8"},
    "i3d_r50": {"variant": "official_8x8"},
    "i3d_r101": {"variant": "official_8x8"},
    "nl_c2d_r50": {"variant": "official_8x8"},
    "nl_c2d_r101": {"variant": "official_8x8"},
    "nl_i3d_r50": {"variant": "official_8x8"},
    "nl_i3d_r101": {"variant": "official_8x8"},
    "c2d_small": {},
    "i3d_small": {},
    "nl_c2d_small": {"instantiation": "concatenation"},
    "nl_i3d_small": {"instantiation": "dot_product"},
    "fcn_r50": {},
    "fcn_r101": {},
    "nl_fcn_r50": {},
    "nl_fcn_r101": {},
}

# As TF Serving loads a bundle: the graph of tag `serve`, its default signature, a session.
_SERVE = """
import sys
import numpy as np
import tensorflow as tf
folder = sys.argv[1]
with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    bundle = tf.compat.v1.saved_model.load(session, ["serve"], folder)
    signature = bundle.signature_def["serving_default"]
    (source,), (result,) = signature.inputs.values(), signature.outputs.values()
    for index in range(2):
        x = np.load(f"{folder}_x{index}.npy")
        np.save(f"{folder}_y{index}.npy", session.run(result.name, {source.name: x}))
assert "keras_nonlocal" not in sys.modules
"""


@pytest.mark.parametrize("builder", BUILDERS)
def test_bundles_answer_as_the_model_at_two_shapes(builder, tmp_path):
    model = getattr(models, builder)(**BUILDERS[builder], classes=3)
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if "nonlocal" in weight.path:  # blocks that do something
            weight.assign(np.abs(rng.normal(0.1, 0.05, weight.shape)))
    folder = str(tmp_path / "bundle")
    model.export(folder, format="tf_saved_model", verbose=False)
    shapes = [(1, 32, 40, 3), (2, 48, 32, 3)]
    if "fcn" not in builder:
        shapes = [(batch, 8 * batch, *rest) for batch, *rest in shapes]
    clips = [rng.normal(size=shape).astype("float32") for shape in shapes]
    for index, x in enumerate(clips):
        np.save(f"{folder}_x{index}.npy", x)
    result = subprocess.run(
        [sys.executable, "-c", _SERVE, folder], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr[-2000:]
    for index, x in enumerate(clips):
        served = np.load(f"{folder}_y{index}.npy")
        np.testing.assert_allclose(served, model.predict(x, verbose=0), rtol=1e-5, atol=1e-6)
