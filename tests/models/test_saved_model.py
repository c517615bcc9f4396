"""Exported SavedModels give the same outputs in a process without Keras and this package."""

import subprocess
import sys
from functools import cache

import keras
import numpy as np
import pytest

from keras_nonlocal import models
from keras_nonlocal.backbones.placement import DEPTHS

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
    "nl_fcn_small": {},
    "gc_fcn_small": {"align_corners": True},
    "dnl_fcn_small": {},
    "cc_fcn_small": {},
}

# As TF Serving loads a SavedModel: the graph of tag `serve` and its default signature.
_SERVE = """
import sys
import numpy as np
import tensorflow as tf
for folder in sys.argv[1:]:
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        bundle = tf.compat.v1.saved_model.load(session, ["serve"], folder)
        signature = bundle.signature_def["serving_default"]
        (source,), (result,) = signature.inputs.values(), signature.outputs.values()
        for index in range(2):
            x = np.load(f"{folder}_x{index}.npy")
            np.save(f"{folder}_served{index}.npy", session.run(result.name, {source.name: x}))
assert "keras_nonlocal" not in sys.modules
"""


# The other networks have no further operations, and take twenty times as long.
QUICK = [name for name in BUILDERS if name.endswith("_small") and "_" in name[:-6]]
CASES = [
    pytest.param(builder, marks=[] if builder in QUICK else [pytest.mark.slow])
    for builder in BUILDERS
]


def export(builder, folder):
    """Exports a model, and stores two inputs of different shapes with the expected outputs."""
    keras.utils.clear_session()
    model = getattr(models, builder)(**BUILDERS[builder], classes=3)
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if "nonlocal/norm/gamma" in weight.path:  # so that blocks are not the identity
            weight.assign(rng.normal(0, 0.5, weight.shape))
    model.export(folder, format="tf_saved_model", verbose=False)
    shapes = [(1, 8, 32, 40, 3), (2, 16, 48, 32, 3)]
    for index, (batch, frames, *rest) in enumerate(shapes):
        shape = (batch, *rest) if "fcn" in builder else (batch, frames, *rest)
        x = rng.normal(size=shape).astype("float32")
        np.save(f"{folder}_x{index}.npy", x)
        np.save(f"{folder}_expected{index}.npy", keras.ops.convert_to_numpy(model(x)))


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Exports models, all quick or all slow ones at once, and runs them in a new process."""

    @cache
    def bundles(quick):
        wanted = [builder for builder in BUILDERS if (builder in QUICK) == quick]
        folders = {builder: str(tmp_path_factory.mktemp("bundles") / builder) for builder in wanted}
        with pytest.MonkeyPatch.context() as patch:
            if quick:  # residual blocks that repeat others have no further operations either
                patch.setitem(DEPTHS, 18, (1, 2, 1, 1))
            for builder, folder in folders.items():
                export(builder, folder)
        command = [sys.executable, "-c", _SERVE, *folders.values()]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr[-2000:]
        return folders

    return lambda builder: bundles(builder in QUICK)[builder]


@pytest.mark.parametrize("builder", CASES)
@pytest.mark.parametrize("index", [0, 1])
def test_saved_model_equals_the_model_at_two_shapes(served, builder, index):
    bundle = served(builder)
    actual = np.load(f"{bundle}_served{index}.npy")
    expected = np.load(f"{bundle}_expected{index}.npy")
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())
