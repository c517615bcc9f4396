"""The pairwise functions: against the machine's matrix product, PyTorch, and our dense forms.

python tests/benchmarks/pairwise.py --peer-python PYTHON
"""

import argparse
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
from harness import Peer, Row, alternate, stopwatch, table

from keras_nonlocal import ops
from keras_nonlocal.ops import planner


def tensors(positions, keys, depth, channels=256, seed=0):
    rng = np.random.default_rng(seed)
    shapes = (1, positions, depth), (1, keys, depth), (1, keys, channels)
    scale = 0.3 if depth > 1 else 1.0
    return [tf.constant(scale * rng.normal(size=shape), "float32") for shape in shapes]


def forward(instantiation, arrays, method):
    run = tf.function(lambda *x: ops.attend(instantiation, *x, method=method), autograph=False)
    return stopwatch(lambda: run(*arrays).numpy())


def both_ways(instantiation, arrays, method):
    @tf.function(autograph=False)
    def run(*x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = ops.attend(instantiation, *x, method=method)
        return tape.gradient(y, x, output_gradients=y)

    return stopwatch(lambda: [gradient.numpy() for gradient in run(*arrays)])


def matrix_product(size=2048):
    a = tf.random.normal((size, size))
    run = tf.function(lambda: tf.matmul(a, a))
    return stopwatch(lambda: run().numpy()), 2 * size**3


def softmax_rows(peer, rounds):
    product, product_flops = matrix_product()
    for positions, keys, bar in ((3136, 784, 0.80), (25088, 6272, 0.85)):
        arrays = tensors(positions, keys, 256)
        calls = {
            "ours": forward("embedded_gaussian", arrays, "auto"),
            "product": product,
            "sdpa": peer.stopwatch("sdpa", n=positions, m=keys, c=256),
        }
        seconds = alternate(calls, rounds)
        name = f"softmax N={positions} M={keys}"
        limit = [s * 4 * positions * keys * 256 / product_flops for s in seconds["product"]]
        yield Row(f"{name}: share of the matrix-product rate", seconds["ours"], limit, bar)
        yield Row(f"{name} / torch sdpa", seconds["ours"], seconds["sdpa"], 1.8)


def against_dense(rounds):
    for name, instantiation, method, sizes, run, bar in (
        ("concatenation N=M=6272", "concatenation", "sorted", (6272, 6272, 1), forward, 3),
        ("  forward and backward", "concatenation", "sorted", (6272, 6272, 1), both_ways, 4),
        (
            "dot product N=25088 M=6272",
            "dot_product",
            "associated",
            (25088, 6272, 256),
            forward,
            10,
        ),
    ):
        arrays = tensors(*sizes)
        calls = {name: run(instantiation, arrays, name) for name in (method, "dense")}
        seconds = alternate(calls, rounds)
        yield Row(f"{name} / dense", seconds[method], seconds["dense"], bar)


GRID = [(64, 64), (196, 196), (784, 196), (784, 784), (1568, 392), (3136, 784), (3136, 3136)]


def planner_rows(rounds):
    """`auto` against the best single form: worse than 1.15x is a wrong plan."""
    for instantiation, depth in (
        ("embedded_gaussian", 256),
        ("dot_product", 256),
        ("concatenation", 1),
    ):
        for positions, keys in GRID:
            arrays = tensors(positions, keys, depth)
            names = [name for name in ops.METHODS[instantiation] if name != "fused"]
            chosen = planner.choose_method(
                instantiation, planner.Sizes(positions, keys, depth, 256)
            )
            seconds = alternate({n: forward(instantiation, arrays, n) for n in names}, rounds)
            best = min(names, key=lambda name: np.median(seconds[name]))
            what = f"{instantiation} N={positions} M={keys}: {chosen} / {best}"
            yield Row(what, seconds[chosen], seconds[best], 1 / 1.15)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", choices=("softmax", "dense", "planner"))
    arguments = parser.parse_args()
    if arguments.only in (None, "softmax"):
        with Peer(arguments.peer_python, log=os.devnull) as peer:
            print(table(list(softmax_rows(peer, arguments.rounds))), flush=True)
    if arguments.only in (None, "dense"):
        print(table(list(against_dense(arguments.rounds))), flush=True)
    if arguments.only in (None, "planner"):
        print(table(list(planner_rows(arguments.rounds))), flush=True)


if __name__ == "__main__":
    main()
