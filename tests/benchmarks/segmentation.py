"""Segmentation networks and blocks against MMSegmentation in PyTorch, in turns; and peak memory.

python tests/benchmarks/segmentation.py --peer-python PYTHON [--only PART]
"""

import argparse
import json
import os
import subprocess
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from harness import Peer, Row, alternate, stopwatch, table
from memory import MEGABYTE, peak, status

from keras_nonlocal import layers, models
from keras_nonlocal.export import fold_batch_norm, freeze

BLOCKS = {
    "gc_fcn": lambda: layers.GlobalContext2D(128),
    "dnl_fcn": lambda: layers.DisentangledNonLocal2D(256, out_bias=False),
    "cc_fcn": lambda: layers.CrissCross2D(64),
    "nl_fcn": lambda: layers.NonLocal2D(256, scale=True, out_bias=False),
}


def image(height, width, channels=3):
    pixels = np.random.default_rng(0).normal(size=(1, height, width, channels))
    return tf.constant(pixels, "float32")


def network_rows(peer, rounds, size, forms):
    x, model = image(*size), models.nl_fcn_r50()
    makers = {
        "plain": lambda: tf.function(model, autograph=False),
        "frozen": lambda: freeze(model),
    }
    calls = {}
    for form in forms:
        run = makers[form]()
        calls[form] = stopwatch(lambda run=run: run(x).numpy())
    modes = ("eager", "traced_frozen") if "frozen" in forms else ("eager",)
    for mode in modes:
        calls[mode] = peer.stopwatch("segment", mode=mode, size=size)
    seconds = alternate(calls, rounds, warm_up=1)
    name = f"nl_fcn_r50, {size[0]}x{size[1]}"
    bar = 1.15 if "frozen" in forms else 1.2
    yield Row(f"{name}, plain / eager", seconds["plain"], seconds["eager"], bar, "s")
    if "frozen" in forms:
        row = seconds["frozen"], seconds["traced_frozen"]
        yield Row(f"{name}, frozen / traced and frozen", *row, 1.05, "s")


def half_rows(peer, rounds, size=(769, 769)):
    keras.config.set_dtype_policy("mixed_bfloat16")
    run, x = freeze(models.nl_fcn_r50()), image(*size)
    keras.config.set_dtype_policy("float32")
    calls = {
        "ours": stopwatch(lambda: run(x).numpy()),
        "peer": peer.stopwatch("segment", mode="traced_frozen", dtype="bfloat16", size=size),
    }
    row = alternate(calls, rounds, warm_up=1).values()
    yield Row("nl_fcn_r50, 769x769, bfloat16, frozen / traced and frozen", *row, 0.93, "s")


def block_rows(peer, rounds):
    x = image(97, 97, 512)
    for kind, make in BLOCKS.items():
        layer = make()
        layer.build(x.shape)
        for weight in layer.weights:
            if "gamma" in weight.path:
                weight.assign(keras.ops.full(weight.shape, 0.5))
        run = tf.function(layer, autograph=False)
        calls = {
            "ours": stopwatch(lambda run=run: run(x)),  # on a CPU a call waits for its result
            "peer": peer.stopwatch("block", kind=kind),
        }
        seconds = alternate(calls, rounds)
        yield Row(f"{kind} block, 97x97x512", seconds["ours"], seconds["peer"], 1.0)


def whole_process(size):
    """The resident peak of a process that segments one image."""
    tf.function(models.nl_fcn_r50(), autograph=False)(image(*size)).numpy()
    return status("VmHWM")


def freezing(form):
    """The peak of building a graph of 769x769 and calling it, over what was there before."""
    model, x = models.nl_fcn_r50(), image(769, 769)
    tf.matmul(tf.ones((512, 512)), tf.ones((512, 512))).numpy()  # thread pools and buffers
    if form != "folded":
        constant = form == "constants"
        return peak(lambda: freeze(model, constant_weights=constant)(x).numpy())
    return peak(lambda: tf.function(fold_batch_norm(model), autograph=False)(x).numpy())


CASES = {
    "whole": lambda: whole_process((1024, 2048)),
    "folded": lambda: freezing("folded"),
    "constants": lambda: freezing("constants"),
    "variables": lambda: freezing("variables"),
}


def in_process_of_its_own(case):
    command = [sys.executable, __file__, "--case", case]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(result.stdout.splitlines()[-1])


def memory_rows():
    _, folded, *frozen = map(in_process_of_its_own, CASES)
    for form, taken in zip(("constants", "variables"), frozen, strict=True):
        name = f"freeze with {form} at 769x769, peak over the folded graph"
        yield Row(name, [max(taken - folded, MEGABYTE)], [600 * MEGABYTE], 1.0, "MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("networks", "half", "large", "blocks", "memory"))
    parser.add_argument("--case", choices=CASES, help="measure memory in this process")
    arguments = parser.parse_args()
    if arguments.case:
        print(json.dumps(CASES[arguments.case]()))
        return
    wanted = arguments.only
    with Peer(arguments.peer_python, log=os.devnull) as peer:
        if wanted in (None, "blocks"):
            print(table(list(block_rows(peer, arguments.rounds))), flush=True)
        if wanted in (None, "networks"):
            rows = network_rows(peer, arguments.rounds, (769, 769), ("plain", "frozen"))
            print(table(list(rows)), flush=True)
        if wanted in (None, "half"):
            print(table(list(half_rows(peer, arguments.rounds))), flush=True)
        if wanted in (None, "large"):
            rows = list(network_rows(peer, arguments.rounds, (1024, 2048), ("plain",)))
            name, ours = "its peak of memory", in_process_of_its_own("whole")
            rows.append(Row(name, [ours], [peer.peak], 1 / 0.3, "MB"))
            print(table(rows), flush=True)
        if wanted in (None, "memory"):
            print(table(list(memory_rows())), flush=True)


if __name__ == "__main__":
    main()
