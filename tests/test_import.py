"""What importing the package does to TensorFlow, before that is imported, and to Python."""

import os
import subprocess
import sys

import pytest

NAME = "TF_ENABLE_ONEDNN_OPTS"
SCRIPT = """
import gc, sys
if sys.argv[1] == "False":
    gc.disable()
import keras_nonlocal
from tensorflow.python.util import _pywrap_util_port
print(_pywrap_util_port.IsMklEnabled(), gc.isenabled())
"""


@pytest.mark.parametrize(("said", "expected"), [({}, "True"), ({NAME: "0"}, "False")])
def test_fast_kernels_are_on_unless_somebody_says_no_and_garbage_is_collected_as_before(
    said, expected
):
    environment = {name: value for name, value in os.environ.items() if name != NAME}
    command = [sys.executable, "-c", SCRIPT, expected]  # of the collector, too
    result = subprocess.run(
        command, env=environment | said, capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == [expected, expected]
