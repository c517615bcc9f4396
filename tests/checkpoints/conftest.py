"""Reading bytes as a file, and the reason why it is refused."""

import os
import tracemalloc

import pytest
from checkpoints.tables import ALLOWANCE

from keras_nonlocal.checkpoints import read_checkpoint


@pytest.fixture
def read(tmp_path):
    """What a file with these bytes holds."""

    def read(data):
        (tmp_path / "file.pth").write_bytes(data)
        return read_checkpoint(tmp_path / "file.pth")

    return read


@pytest.fixture
def refused(tmp_path):
    """Why a file with these bytes is not read, which takes little memory and leaves no trace."""

    def refused(data, allowance=ALLOWANCE):
        path = tmp_path / "hostile.pth"
        path.write_bytes(data)
        tracemalloc.start()
        try:
            with pytest.raises(ValueError, match=r"hostile\.pth is no checkpoint") as error:
                read_checkpoint(path)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < len(data) + allowance
        assert os.listdir(tmp_path) == ["hostile.pth"]
        return str(error.value)

    return refused
