"""Fixtures that read bytes as a checkpoint, or return the error."""

import os
import tracemalloc

import pytest
from checkpoints.hostile_files import ALLOWANCE

from keras_nonlocal.checkpoints import read_checkpoint


@pytest.fixture
def read(tmp_path):
    """Returns the function `read(data)`, which reads bytes as a checkpoint."""

    def read(data):
        (tmp_path / "file.pth").write_bytes(data)
        return read_checkpoint(tmp_path / "file.pth")

    return read


@pytest.fixture
def refused(tmp_path):
    """Returns `refused(data)`: the error of a file that cannot be read.

    It also checks that the attempt needs little memory and leaves no file behind.
    """

    def refused(data, allowance=ALLOWANCE):
        path = tmp_path / "hostile.pth"
        path.write_bytes(data)
        tracemalloc.start()
        try:
            with pytest.raises(ValueError, match=r"hostile\.pth cannot be read") as error:
                read_checkpoint(path)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < len(data) + allowance
        assert os.listdir(tmp_path) == ["hostile.pth"]
        return str(error.value)

    return refused
