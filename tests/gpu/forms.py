"""Every form of the pairwise functions against the definition in float64, on one GPU.

`tests/gpu.sh` starts it, by KERAS_BACKEND=jax and by KERAS_BACKEND=torch. It prints one line for
each form, instantiation, case, precision and mode: the largest errors of the values and of the
gradients beside their tolerance. An error above it, or a form that fails, makes the exit status 1.
"""

from __future__ import annotations

import argparse
import functools
import sys
from dataclasses import dataclass, replace

import device
import keras
import ml_dtypes
import numpy as np
import oracle
import torch

from keras_nonlocal import ops

# The tolerance of float32 is that of tests/ops; the others are eight times the largest rounding
# error of a number: half of 2 ** -10 in float16 and TensorFloat-32, half of 2 ** -7 in bfloat16.
TOLERANCES = {"float32": 1e-5, "tensorfloat32": 2.0**-8, "float16": 2.0**-8, "bfloat16": 2.0**-5}
EXACT, HALVES = ("float32",), ("float16", "bfloat16")
NETWORK = (2, 784, 196, 512, 512)  # res4 of NL-I3D R50 with 8 frames


@dataclass(frozen=True)
class Case:
    """Sizes, numbers and precisions of one comparison.

    Attributes:
        sizes: Samples, positions, keys, and channels of theta and phi and of g.
        precisions: Of `TOLERANCES`.
        masked: Whether some keys do not count.
        constant: The value of all of theta and phi; drawn at random if `None`.
        eager: Backends that run it without a compiler.
        compiled: Backends that run it through theirs: XLA, or Inductor.
    """

    sizes: tuple[int, int, int, int, int]
    precisions: tuple[str, ...]
    masked: bool = False
    constant: float | None = None
    eager: tuple[str, ...] = ("torch",)
    compiled: tuple[str, ...] = ("jax",)


CASES = {
    "network": Case(NETWORK, tuple(TOLERANCES)),
    "masked": Case((3, 150, 77, 9, 5), EXACT + HALVES, masked=True, eager=("jax", "torch")),
    "blocks": Case((1, 3136, 1568, 64, 64), EXACT + HALVES),  # more than one block of queries
    "large": Case((1, 40, 30, 512, 4), HALVES, constant=12.0),  # logits beyond float16's 65504
    "inductor": Case(NETWORK, EXACT + HALVES, eager=(), compiled=("torch",)),  # slow, so last
}


def small(case: Case) -> Case:
    """The same with few positions, to try this script on a CPU."""
    batch, positions, keys, depth, channels = case.sizes
    if case.constant is not None:
        return case
    return replace(case, sizes=(batch, min(positions, 70), min(keys, 45), min(depth, 16), channels))


@functools.cache
def drawn(instantiation: str, case: Case, half: bool):
    """theta, phi, g, dy and the key mask; for half precision, numbers that bfloat16 has."""
    batch, positions, keys, depth, channels = case.sizes
    depth = 1 if instantiation == "concatenation" else depth
    rng = np.random.default_rng(0)
    shapes = (positions, depth), (keys, depth), (keys, channels), (positions, channels)
    arrays = [rng.normal(size=(batch, *shape)).astype("float32") for shape in shapes]
    for index in (0, 1):
        arrays[index] *= depth**-0.25  # so that a softmax has logits of about one
        if case.constant is not None:
            arrays[index][:] = case.constant
    if case.constant is not None:
        arrays[2] *= 2.0**-7  # so that the results fit into float16
    if half:
        arrays = [array.astype(ml_dtypes.bfloat16).astype("float32") for array in arrays]
    return *arrays, rng.random((batch, keys)) < 0.7 if case.masked else None


@functools.cache
def reference(instantiation: str, case: Case, half: bool):
    """The values and the three gradients in float64, by NumPy."""
    theta, phi, g, dy, mask = drawn(instantiation, case, half)
    return oracle.pairwise(instantiation, theta, phi, g, dy, mask)


def by_jax(function, arrays, dy, compiled):
    """How it ran, the values, and the gradients of `sum(values * dy)`."""
    import jax

    def run(arrays, dy):
        y, pullback = jax.vjp(function, *arrays)
        return y, pullback(dy)

    return "XLA" if compiled else "eager", *(jax.jit(run) if compiled else run)(arrays, dy)


def by_torch(function, arrays, dy, compiled):
    """The same; a form that Keras's operations keep from being one graph is compiled in parts."""
    if not compiled:
        return "eager", *_torch_gradients(function, arrays, dy)
    torch.compiler.reset()  # or it would stop to compile after some versions of a function
    try:
        whole = torch.compile(function, fullgraph=True)
        return "Inductor", *_torch_gradients(whole, arrays, dy)
    except torch._dynamo.exc.Unsupported:
        torch.compiler.reset()
        return "Inductor, in parts", *_torch_gradients(torch.compile(function), arrays, dy)


def _torch_gradients(function, arrays, dy):
    leaves = [array.detach().requires_grad_() for array in arrays]
    y = function(*leaves)
    return y.detach(), torch.autograd.grad(y, leaves, dy)


RUNS = {"jax": by_jax, "torch": by_torch}


def errors(instantiation, method, case, precision, compiled):
    """How it ran, and the largest errors of values and gradients over the largest of each."""
    half = precision in HALVES
    *arrays, mask = drawn(instantiation, case, half)
    dtype = precision if half else "float32"
    *tensors, dy = (keras.ops.convert_to_tensor(array, dtype) for array in arrays)
    mask = None if mask is None else keras.ops.convert_to_tensor(mask)

    def function(theta, phi, g):
        return ops.attend(instantiation, theta, phi, g, mask, method)

    with device.float32_products(exact=precision != "tensorfloat32"):
        mode, y, slopes = RUNS[device.NAME](function, tensors, dy, compiled)
    given = {keras.backend.standardize_dtype(tensor.dtype) for tensor in (y, *slopes)}
    if given != {dtype}:
        raise TypeError(f"results in {given}")
    expected, expected_slopes = reference(instantiation, case, half)
    return mode, _error([y], [expected]), _error(slopes, expected_slopes)


def _error(tensors, expected):
    """Largest difference over the largest number; NaN if one is not a number."""
    scale = max(np.abs(array).max() for array in expected)
    host = (keras.ops.convert_to_numpy(keras.ops.cast(x, "float32")) for x in tensors)
    pairs = zip(host, expected, strict=True)
    return max((np.abs(actual - array).max() / scale for actual, array in pairs), key=_nan_last)


def _nan_last(number):
    return np.inf if np.isnan(number) else number


def runs(cases):
    """Every form of this backend, in all that is asked of it."""
    for name, case in cases.items():
        modes = [mode for mode in ("eager", "compiled") if device.NAME in getattr(case, mode)]
        for instantiation, methods in ops.METHODS.items():
            for method in methods:
                if method == "fused" and device.NAME != "torch":
                    continue  # said at the end
                for precision in case.precisions:
                    for mode in modes:
                        yield name, instantiation, method, case, precision, mode == "compiled"


def line(name, instantiation, method, case, precision, compiled) -> bool:
    """Run it and print its line; whether it held."""
    tolerance = TOLERANCES[precision]
    what = f"| {name:8} | {instantiation:17} | {method:10} | {precision:13} | "
    try:
        mode, value, slope = errors(instantiation, method, case, precision, compiled)
    except Exception as error:  # the other forms are still worth knowing
        reason = str(error).partition("\n")[0]
        print(f"{what}FAILED: {type(error).__name__}: {reason} |", flush=True)
        return False
    held = bool(value <= tolerance and slope <= tolerance)
    numbers = f"{mode:18} | {value:9.1e} | {slope:9.1e} | {tolerance:9.1e}"
    print(f"{what}{numbers} | {'yes' if held else 'NO'} |", flush=True)
    return held


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="few positions, also without a GPU")
    arguments = parser.parse_args()
    device.require_gpu(arguments.small)
    cases = {name: small(case) if arguments.small else case for name, case in CASES.items()}
    print(
        "| case | instantiation | form | precision | mode | values | gradients | tolerance | held |"
    )
    print("|---" * 9 + "|")
    held = [line(*run) for run in runs(cases)]
    print(f"{len(held)} lines, {held.count(False)} of them broken.")
    if device.NAME != "torch":
        print(f"The form 'fused' is PyTorch's: it was not run on {device.NAME}.")
    sys.exit(0 if held and all(held) else 1)


if __name__ == "__main__":
    main()
