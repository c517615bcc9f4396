"""How soon the package answers where it needs no TensorFlow, each time in a new process.

python tests/benchmarks/imports.py [--rounds ROUNDS]
"""

import argparse
import subprocess
import sys

from harness import Row, alternate, stopwatch, table

COMMAND = ["-m", "keras_nonlocal"]
# By name: arguments of Python, the status it ends with, and the most seconds it may take.
CASES = {
    "import keras_nonlocal": (["-c", "import keras_nonlocal"], 0, 0.15),
    "keras-nonlocal --help": ([*COMMAND, "--help"], 0, 0.5),
    "wrong arguments": ([*COMMAND, "train"], 2, 0.5),
    "keras-nonlocal --version": ([*COMMAND, "--version"], 0, 0.5),
    "keras-nonlocal zoo list": ([*COMMAND, "zoo", "list"], 0, 0.5),
    "keras-nonlocal zoo show": ([*COMMAND, "zoo", "show", "nl_i3d_small_weizmann"], 0, 0.5),
}


def process(arguments, status):
    """Runs Python to its end."""
    result = subprocess.run([sys.executable, *arguments], capture_output=True, text=True)
    assert result.returncode == status, result.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    calls = {
        name: stopwatch(lambda command=command, status=status: process(command, status))
        for name, (command, status, _) in CASES.items()
    }
    seconds = alternate(calls, arguments.rounds)
    print(table([Row(name, seconds[name], [limit], 1.0) for name, (_, _, limit) in CASES.items()]))


if __name__ == "__main__":
    main()
