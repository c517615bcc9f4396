#!/usr/bin/env bash
# The checks that need a GPU, by JAX and by PyTorch, within 8 minutes after anything is installed.
#
#   bash tests/gpu.sh                   # makes a new virtual environment and installs into it
#   PYTHON=python3 bash tests/gpu.sh    # uses this Python as it is and installs nothing
#   PYTHON=python3 bash tests/gpu.sh --small    # tries the scripts at tiny sizes on the CPU
#
# Exit status 0: all of it held, or there is no GPU and nothing was run, which it then says.
set -euo pipefail
cd "$(dirname "$0")/.."
small=${1:-}
if [ -n "$small" ] && [ "$small" != --small ]; then
  echo "Usage: [PYTHON=python3] bash tests/gpu.sh [--small]"
  exit 2
fi

if [ -n "$small" ]; then
  echo "Tiny sizes on the CPU: this tries the scripts and says nothing about any GPU."
  export CUDA_VISIBLE_DEVICES="" JAX_PLATFORMS=cpu
elif ! gpus=$(nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>&1) ||
  [ -z "$gpus" ]; then
  echo "No GPU was found (nvidia-smi lists none), so nothing was run and nothing was checked."
  exit 0
else
  echo "GPU: $gpus"
fi

if [ -z "${PYTHON:-}" ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  python3 -m venv "$work/gpu"
  PYTHON=$work/gpu/bin/python
  "$PYTHON" -m pip install --quiet ".[test]" torch
  # Both share a process, so JAX takes the CUDA that PyTorch was built for.
  cuda=$("$PYTHON" -c 'import torch; print((torch.version.cuda or "").partition(".")[0] or 12)')
  "$PYTHON" -m pip install --quiet "jax[cuda$cuda]"
fi

# Each script ends with a word of its own where JAX or PyTorch does not see the GPU.
export PYTHONPATH=$PWD:$PWD/tests:$PWD/tests/benchmarks PYTHONUNBUFFERED=1 TF_CPP_MIN_LOG_LEVEL=3
export XLA_PYTHON_CLIENT_PREALLOCATE=false # JAX leaves PyTorch its part of the memory
SECONDS=0
limit=470 # seconds for all that follows
failed=0

check() { # name of a script, backend, most seconds of it
  local seconds=$(($3 < limit - SECONDS ? $3 : limit - SECONDS)) status=0
  printf '\n== %s by %s, at most %d seconds\n' "$1" "$2" "$seconds"
  if [ "$seconds" -lt 10 ]; then
    echo "NOT RUN: no time was left."
    failed=1
    return
  fi
  KERAS_BACKEND=$2 timeout --kill-after=5 "$seconds" \
    "$PYTHON" "tests/gpu/$1.py" ${small:+"$small"} || status=$?
  if [ "$status" = 124 ] || [ "$status" = 137 ]; then
    echo "NOT FINISHED after $seconds seconds: what is not printed above was not run."
  fi
  if [ "$status" != 0 ]; then failed=1; fi
}

# The compiled peer is kept between the two: the second finds what the first has compiled.
check forms torch 100
check forms jax 100
networks=$(((limit - SECONDS) * 55 / 100))
check networks torch "$networks"
check networks jax "$limit"

printf '\n%d seconds. ' "$SECONDS"
if [ "$failed" = 0 ]; then
  echo "Everything ran and held."
else
  echo "Something was broken or was not run: see NO, FAILED, NOT above."
fi
exit "$failed"
