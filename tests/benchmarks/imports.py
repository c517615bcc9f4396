"""How long `import keras_nonlocal` takes beyond `import keras` with TensorFlow.

python tests/benchmarks/imports.py
"""

import json
import statistics
import subprocess
import sys

_MEASURE = """
import json, time
import keras
start = time.perf_counter()
import keras_nonlocal
print(json.dumps(time.perf_counter() - start))
"""


def main():
    command = [sys.executable, "-c", _MEASURE]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(7)]
    seconds = [json.loads(run.stdout) for run in runs]
    print(f"{statistics.median(seconds):.2f} s ({min(seconds):.2f}-{max(seconds):.2f}); bar 0.3 s")


if __name__ == "__main__":
    main()
