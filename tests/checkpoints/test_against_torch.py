"""We read what PyTorch writes, and PyTorch reads what the writers of these tests write.

These tests are skipped where PyTorch is not installed.
"""

import io
import sys
from collections import OrderedDict

import numpy as np
import pytest
from checkpoints import writers

from keras_nonlocal.checkpoints import read_checkpoint

torch = pytest.importorskip("torch")

each_layout = pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
TYPES = [
    "float16",
    "bfloat16",
    "float32",
    "float64",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "bool",
]


@pytest.fixture
def both(tmp_path):
    """Returns `both(content)`, which saves, and gives what we read and what PyTorch reads."""

    def both(content, **options):
        torch.save(content, tmp_path / "file.pth", **options)
        expected = torch.load(tmp_path / "file.pth", weights_only=False)
        return read_checkpoint(tmp_path / "file.pth"), arrays(expected)

    return both


def arrays(tensors):
    return {name: as_array(value) for name, value in tensors.items() if torch.is_tensor(value)}


def as_array(tensor):
    tensor = tensor.detach()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()


def assert_same(found, expected):
    assert list(found) == list(expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name, strict=True)


def state():
    """Returns a state dict with all types, shapes and layouts."""
    generator = torch.Generator().manual_seed(0)
    random = torch.randn(6, 4, 3, generator=generator)
    tensors = {kind: (random * 9).to(getattr(torch, kind)) for kind in TYPES}
    tensors |= {
        "transposed": random.transpose(0, 2),
        "sliced": random[1::2, 1:, :2],
        "shared": random[3],
        "scalar": torch.tensor(3),
        "of_many": random[2, 3, 1],
        "none": torch.zeros(0, 5),
        "none_of_many": random[:0],
        "repeated": torch.arange(3.0).expand(4, 3),
        "parameter": torch.nn.Parameter(torch.ones(2, 2)),
        "step": 3,
    }
    return OrderedDict(tensors)


@each_layout
@pytest.mark.parametrize("protocol", [1, 2, 3, 4, 5])
def test_files_that_torch_saves_are_read(both, zipped, protocol):
    options = {"_use_new_zipfile_serialization": zipped, "pickle_protocol": protocol}
    assert_same(*both(state(), **options))


@each_layout
def test_a_checkpoint_with_an_optimizer_is_read(tmp_path, zipped):
    network = torch.nn.Sequential(
        torch.nn.Conv3d(3, 4, (1, 3, 3)), torch.nn.BatchNorm3d(4), torch.nn.ReLU()
    )
    optimizer = torch.optim.SGD(network.parameters(), 0.1, momentum=0.9)
    network(torch.randn(2, 3, 2, 8, 8)).sum().backward()
    optimizer.step()
    content = {
        "epoch": 2,
        "model_state": network.state_dict(),
        "optimizer_state": optimizer.state_dict(),
        "cfg": "TRAIN: true",
        "best": np.float64(0.5),
    }
    path = tmp_path / "file.pyth"
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    assert_same(read_checkpoint(path), arrays(network.state_dict()))


def test_a_pickled_module_is_refused_with_its_class(tmp_path):
    torch.save(torch.nn.Linear(2, 2), tmp_path / "file.pth")
    with pytest.raises(ValueError, match=r"file\.pth .* torch\.nn\.modules\.linear\.Linear"):
        read_checkpoint(tmp_path / "file.pth")


def test_complex_tensors_are_refused(tmp_path):
    torch.save({"w": torch.zeros(2, dtype=torch.complex64)}, tmp_path / "file.pth")
    with pytest.raises(ValueError, match=r"torch\.ComplexFloatStorage"):
        read_checkpoint(tmp_path / "file.pth")


@pytest.mark.skipif(sys.byteorder == "big", reason="swaps the bytes of a little endian file")
def test_torch_reads_our_big_endian_files():
    array = np.arange(12, dtype="f4").reshape(3, 4)
    data = writers.torch_zip({"w": writers.tensor(array)}, order="big")
    assert_same(arrays(torch.load(io.BytesIO(data))), {"w": array})


@pytest.mark.parametrize("write", [writers.torch_zip, writers.torch_legacy])
@pytest.mark.parametrize("protocol", [1, 2, 3, 4, 5])
def test_torch_reads_our_files(write, protocol):
    numbers = np.arange(24, dtype="f4")
    storage = writers.storage(numbers)
    expected = {kind: numbers.reshape(4, 6).astype(kind) for kind in writers.STORAGES}
    content = {kind: writers.tensor(array) for kind, array in expected.items()}
    content["view"] = writers.view(storage, 2, (3, 2), (1, 6))
    content["parameter"] = writers.parameter(writers.view(storage, 0, (24,), (1,)))
    expected |= {"view": numbers[2:14].reshape(2, 6)[:, :3].T, "parameter": numbers}
    data = write(OrderedDict(content), protocol)
    assert_same(arrays(torch.load(io.BytesIO(data), weights_only=False)), expected)


def test_torch_reads_parts_of_storages_in_our_legacy_files():
    numbers = np.arange(10, dtype="f4")
    part = writers.Storage(numbers, "FloatStorage", "0", (4, 5))
    data = writers.torch_legacy({"w": writers.view(part, 1, (2, 2), (2, 1))})
    found = torch.load(io.BytesIO(data), weights_only=False)
    assert_same(arrays(found), {"w": numbers[5:9].reshape(2, 2)})
