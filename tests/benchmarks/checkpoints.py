"""Reading and converting a checkpoint of NL-I3D R50 (35 M parameters), against `torch.load`.

python tests/benchmarks/checkpoints.py --peer-python PYTHON
"""

import argparse
import importlib
import multiprocessing
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from harness import Peer, Row, alternate, stopwatch, table
from memory import peak

from keras_nonlocal.checkpoints import read_checkpoint

CONVERSION_SECONDS = 10.0
MEMORY_LIMIT = 3.0  # times the file
READING_LIMIT = 1.5  # times the peer's time


def convert(path):
    """Reads the file, builds the network and fills it."""
    from keras_nonlocal import models, weights

    model = models.nl_i3d_r50(variant="mmaction2")
    return weights.convert(read_checkpoint(path), model, "mmaction2")


def conversion_bytes(path):
    """Peak memory of a conversion in this process, beyond the imports."""
    for room in ("models", "weights"):  # before memory is looked at
        importlib.import_module(f"keras_nonlocal.{room}")
    return peak(lambda: convert(path))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Peer(arguments.peer_python) as peer:
        path = Path(folder) / "nl_i3d_r50.pth"
        peer.time("save", path=str(path))
        size = path.stat().st_size
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            memory = pool.apply(conversion_bytes, (path,))

        calls = {
            "ours": stopwatch(lambda: read_checkpoint(path)),
            "torch.load": peer.stopwatch("load", path=str(path)),
            "torch.load, unchecked": peer.stopwatch("load", path=str(path), checked=False),
            "convert": stopwatch(lambda: convert(path)),
        }
        seconds = alternate(calls, arguments.rounds)
    rows = [
        *(
            Row(f"reading / {name}", seconds["ours"], seconds[name], 1 / READING_LIMIT)
            for name in ("torch.load", "torch.load, unchecked")
        ),
        Row("reading, building, converting", seconds["convert"], [CONVERSION_SECONDS], 1.0),
        Row("memory of that", [memory], [MEMORY_LIMIT * size], 1.0, "MB"),
    ]
    print(f"a file of {size / 1e6:.0f} MB\n{table(rows)}")


if __name__ == "__main__":
    main()
