"""No file runs code, wherever it holds a pickle and whatever its protocol is."""

import pickle
import re

import numpy as np
import pytest
from checkpoints import writers
from checkpoints.payloads import named, payloads

NAMES = list(payloads("canary"))
# Names that look like allowed ones, that other unpicklers allow, or that contain a dot.
FORBIDDEN = [
    ("os", "system"),
    ("posix", "system"),
    ("nt", "system"),
    ("builtins", "eval"),
    ("__builtin__", "eval"),
    ("builtins", "getattr"),
    ("__builtin__", "apply"),
    ("builtins", "__import__"),
    ("copyreg", "_reconstructor"),
    ("copy_reg", "_reconstructor"),
    ("operator", "attrgetter"),
    ("functools", "partial"),
    ("importlib", "import_module"),
    ("collections", "OrderedDict.__init__"),
    ("collections", "_sys.modules"),
    ("collections.OrderedDict", ""),
    ("collections", "OrderedDict "),
    ("Collections", "OrderedDict"),
    ("", ""),
    ("numpy", "load"),
    ("numpy", "core.multiarray._reconstruct"),
    ("numpy", "dtype.__class__"),
    ("numpy", "memmap"),
    ("numpy", "fromfile"),
    ("numpy", "matrix"),
    ("numpy.core.multiarray", "fromstring"),
    ("numpy.core", "multiarray"),
    ("numpy.testing._private.utils", "runstring"),
    ("numpy.f2py.crackfortran", "myeval"),
    ("torch", "load"),
    ("torch", "FloatStorage.from_file"),
    ("torch", "UntypedStorage"),
    ("torch._utils", "_rebuild_tensor_v2.__globals__"),
    ("torch._utils", "_import_dotted_name"),
    ("torch._utils", "_rebuild_sparse_tensor"),
    ("torch.hub", "load"),
    ("torch.jit", "load"),
    ("torch._tensor", "_rebuild_from_type_v2"),
    ("torch.serialization", "_get_restore_location"),
    ("_codecs", "decode"),
    ("codecs", "encode"),
    ("mmengine.logging.history_buffer", "HistoryBuffer"),
]
NO_STORAGES = pickle.dumps([], 2)
PLACES = {
    "caffe2": lambda data: data,
    "zip": lambda data: writers.zip_bytes({"archive/data.pkl": data}),
    "old torch": lambda data: writers.torch_legacy([])[: _old_head()] + data + NO_STORAGES,
    "old torch, first": lambda data: pickle.dumps(writers.MAGIC, 2) + data,
}
each_place = pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)


def _old_head():
    """Returns the number of bytes of a legacy file before its content."""
    return len(writers.torch_legacy([])) - 2 * len(NO_STORAGES)


@pytest.mark.parametrize("name", NAMES)
def test_payloads_run_code_in_the_unpickler_of_python(tmp_path, name):
    canary = tmp_path / "canary"
    pickle.loads(pickle.dumps(payloads(canary)[name]))
    assert canary.exists()


@each_place
@pytest.mark.parametrize("name", NAMES)
def test_no_payload_runs_code(tmp_path, refused, place, name):
    canary = tmp_path / "canary"
    for protocol in range(6):
        reason = refused(place(pickle.dumps(payloads(canary)[name], protocol=protocol)))
        assert re.search(
            r"it refers to [\w.]+, which could run code|is not a pickle instruction", reason
        )
        assert not canary.exists()


@pytest.mark.parametrize("place", list(PLACES.values())[:-1], ids=list(PLACES)[:-1])
@pytest.mark.parametrize("name", NAMES)
def test_no_payload_beside_weights_runs_code(tmp_path, read, place, name):
    canary = tmp_path / "canary"
    weights = {"state_dict": {"w": np.arange(3.0)}, "rest": payloads(canary)[name]}
    for protocol in range(1, 6):
        found = read(place(pickle.dumps(weights, protocol=protocol)))
        np.testing.assert_array_equal(found["w"], np.arange(3.0))
        assert len(found) == 1
        assert not canary.exists()


@pytest.mark.parametrize("protocol", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("name", ["os.system", "eval", "getattr of a module", "partial"])
def test_the_error_names_the_function(tmp_path, refused, name, protocol):
    data = pickle.dumps(payloads(tmp_path / "canary")[name], protocol=protocol)
    module = {"eval": r"(builtins|__builtin__)\.eval", "partial": r"functools\.partial"}
    module |= {"os.system": r"posix\.system", "getattr of a module": r"\.getattr"}
    assert re.search(rf"it refers to \S*{module[name]},", refused(data))


@each_place
@pytest.mark.parametrize("protocol", [2, 4])
def test_only_exact_names_are_allowed(refused, place, protocol):
    for module, name in FORBIDDEN:
        reason = refused(place(named(module, name, "a", protocol)))
        assert f"it refers to {module}.{name}, which could run code" in reason
