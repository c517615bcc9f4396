"""Peak memory, each case in a process of its own: extra over what was there before the call.

python tests/benchmarks/memory.py
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from harness import Row, table

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
MEGABYTE = 1e6


def status(field):
    """A line of this process's /proc status, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1]) * 1024


def peak(call):
    """Bytes that `call` takes at most, beyond what the process holds already."""
    Path("/proc/self/clear_refs").write_text("5")  # the high-water mark starts anew
    before = status("VmRSS")
    call()
    return status("VmHWM") - before


def pairwise(method, backward):
    import pairwise
    import tensorflow as tf

    tf.matmul(tf.ones((512, 512)), tf.ones((512, 512))).numpy()  # thread pools and buffers
    arrays = pairwise.tensors(25088, 6272, 256)
    run = (pairwise.both_ways if backward else pairwise.forward)(
        "embedded_gaussian", arrays, method
    )
    return peak(run)


def long_clip():
    """The resident peak of a whole training process: 128 frames, one clip."""
    import numpy as np

    from keras_nonlocal import models

    model = models.nl_i3d_r50(variant="official_long")
    model.compile("sgd", "sparse_categorical_crossentropy")
    clip = np.random.default_rng(0).normal(size=(1, 128, 224, 224, 3)).astype("float32")
    model.train_on_batch(clip, np.array([3]))
    return status("VmHWM")


CASES = {
    "softmax forward, N=25088 M=6272": (lambda: pairwise("auto", False), 150),
    "  dense": (lambda: pairwise("dense", False), None),
    "softmax forward and backward": (lambda: pairwise("auto", True), 400),
    "  dense and backward": (lambda: pairwise("dense", True), None),
    "NL-I3D R50, 128 frames, training step": (long_clip, 12_000),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", choices=CASES, help="measure one case in this process")
    arguments = parser.parse_args()
    if arguments.case:
        print(json.dumps(CASES[arguments.case][0]()))
        return
    rows = []
    for name, (_, limit) in CASES.items():
        command = [sys.executable, __file__, "--case", name]
        result = subprocess.run(command, capture_output=True, text=True, check=True)
        used = json.loads(result.stdout)
        if limit is None:
            print(f"{name}: {used / MEGABYTE:,.0f} MB")
        else:
            rows.append(Row(name, [used], [limit * MEGABYTE], 1.0, unit="MB"))
    print(table(rows))


if __name__ == "__main__":
    main()
