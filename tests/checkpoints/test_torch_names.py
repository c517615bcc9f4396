"""PyTorch tensors with a wrong storage, offset, shape or strides are refused."""

import tracemalloc

import numpy as np
import pytest
from checkpoints import writers
from checkpoints.hostile_files import ALLOWANCE, each
from checkpoints.writers import Called, Named

ONES = np.ones(4, "f4")
HUGE, BEYOND = 1 << 40, 1 << 100


class FakeCount(writers.Storage):
    """A storage whose stated count is wrong."""

    count = None


def storage(kind="FloatStorage"):
    return writers.Storage(ONES, kind, "0")


def fake_count(count):
    storage = FakeCount(ONES, "FloatStorage", "0")
    storage.count = count
    return storage


def tensor(*arguments, of=None, name="_rebuild_tensor_v2"):
    of = storage() if of is None else of
    filled = tuple(of if argument is Ellipsis else argument for argument in arguments)
    return {"w": Called(Named("torch._utils", name), filled)}


def placed(offset, shape, strides, of=None):
    return tensor(..., offset, shape, strides, False, {}, of=of)


TENSORS = {
    "with arguments of other types": {
        "text for a storage": tensor("0", 0, (4,), (1,), False, {}),
        "no arguments": tensor(),
        "too few": tensor(..., 0, (4,)),
        "too many": tensor(..., 0, (4,), (1,), False, {}, {}, 1, 2),
        "text for the offset": placed("0", (4,), (1,)),
        "list for the shape": placed(0, [4], (1,)),
        "hooks that are none": tensor(..., 0, (4,), (1,), False, "hooks"),
        "parameter of a dict": tensor({}, True, {}, name="_rebuild_parameter"),
        "parameter of a storage": tensor(..., True, {}, name="_rebuild_parameter"),
    },
    "sizes must be integers": {
        "offset -1": placed(-1, (4,), (1,)),
        "huge offset": placed(BEYOND, (1,), (1,)),
        "negative stride": placed(3, (4,), (-1,)),
        "stride that wraps": placed(0, (5,), (1 << 62,)),
        "huge stride of one": placed(0, (1,), (BEYOND,)),
        "negative size": placed(0, (-4,), (1,)),
        "two negative sizes": placed(0, (-2, -2), (1, 1)),
        "size of zero and huge": placed(0, (0, BEYOND), (1, 1)),
        "doubles": placed(0, (4.0,), (1,)),
        "truth": placed(0, (True,), (1,)),
        "doubled lists": placed(0, ([[]] * 9,), (1,)),
    },
    "does not fit the 4 elements": {
        "offset beyond": placed(4, (1,), (1,)),
        "stride beyond": placed(0, (4,), (2,)),
        "size beyond": placed(0, (5,), (1,)),
        "huge size": placed(0, (HUGE,), (1,)),
        "huge repetition": placed(0, (HUGE, HUGE), (0, 0)),
        "large repetition": placed(0, ((1 << 16) + 1,), (0,)),
    },
    "array is too big": {"size of zero and large": placed(0, (0, HUGE, HUGE), (1, 1, 1))},
    "dimensions": {
        "more strides": placed(0, (4,), (1, 1)),
        "more sizes": placed(0, (2, 2), (1,)),
        "33": placed(0, (1,) * 33, (1,) * 33),
        "100,000": placed(0, (HUGE,) * 100_000, (1,) * 100_000),
    },
    "it refers to torch.load,": {"another type": placed(0, (4,), (1,), storage("load"))},
    "it holds no arrays": {"only a storage": {"w": writers.storage(ONES)}},
}
SIZES = {
    "another type": (storage("DoubleStorage"), "4 elements of 8", "it announces 32 bytes"),
    "-4 numbers": (fake_count(-4), "-4 elements of 4", "sizes must be integers"),
    "huge": (fake_count(HUGE), f"{HUGE} elements", "it announces 4,398,046,511,104 bytes"),
}


@each(TENSORS)
def test_hostile_tensors_are_refused(refused, reason, data):
    assert reason in refused(writers.torch_zip(data))
    assert reason in refused(writers.torch_legacy(data))


@pytest.mark.parametrize("name", SIZES)
def test_hostile_storages_are_refused(refused, name):
    of, in_zip, in_old = SIZES[name]
    assert in_zip in refused(writers.torch_zip(placed(0, (2,), (1,), of)))
    assert in_old in refused(writers.torch_legacy(placed(0, (2,), (1,), of)))


def test_the_valid_tensor_is_read(read):
    for write in (writers.torch_zip, writers.torch_legacy):
        np.testing.assert_array_equal(read(write(placed(0, (4,), (1,))))["w"], ONES)


@pytest.mark.parametrize("write", [writers.torch_zip, writers.torch_legacy])
def test_many_tensors_share_the_memory_of_one_storage(read, write):
    numbers = np.ones(1 << 22, "f4")
    one = writers.view(writers.storage(numbers), 0, numbers.shape, (1,))
    data = write({str(n): Called(one.function, one.arguments) for n in range(10_000)})
    tracemalloc.start()
    found = read(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found) == 10_000
    assert peak < len(data) + ALLOWANCE
