"""NL-I3D R50 on one GPU: ours beside the same network in plain PyTorch, in turns, in one run.

`tests/gpu.sh` starts it, by KERAS_BACKEND=jax and by KERAS_BACKEND=torch. Each case runs in a
process of its own, so that its peak memory is its own. Both sides have the same weights and clips,
no dropout, clips that lie on the GPU, and float32 products that may be TensorFloat-32. The peer has
its channels last, mixed precision by autocast, and the algorithms that cuDNN's benchmark chooses.
What the first call gave is compared: logits, or the loss of the first training step. Later losses
are not: batch norms of few samples make much of what rounding has changed.

A case that fails, or that no time is left for, says so and makes the exit status 1.
"""

from __future__ import annotations

import argparse
import functools
import json
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

import device
import keras
import numpy as np
import torch
from harness import alternate, spread, stopwatch
from peer import NLI3D, copy_weights

import keras_nonlocal

RATE = 0.001
# Largest difference of answers over the largest of them: rounding, and no other network, is below.
AGREEMENT = 0.05
ROUNDS = 5


@dataclass(frozen=True)
class Case:
    """One line: a clip of 32 frames is for `official_32x2`, one of 8 for `official_8x8`."""

    task: str  # "inference" or "training"
    dtype: str  # "float32" or "bfloat16"
    frames: int
    size: int = 224
    batch: int = 8

    @property
    def variant(self) -> str:
        return {8: "official_8x8", 32: "official_32x2"}[self.frames]

    def __str__(self):
        shape = f"{self.batch} x {self.frames} x {self.size} x {self.size}"
        return f"{self.task}, {self.dtype}, {shape}"


CASES = (
    Case("inference", "bfloat16", 32),
    Case("training", "bfloat16", 32),
    Case("inference", "float32", 8),
    Case("training", "float32", 8),
)
SMALL = tuple(Case(task, "bfloat16", 8, 32, 2) for task in ("inference", "training"))


def clips_and_labels(case):
    """The same for both sides, as NumPy arrays."""
    rng = np.random.default_rng(0)
    shape = (case.batch, case.frames, case.size, case.size, 3)
    return rng.normal(size=shape).astype("float32"), np.arange(case.batch, dtype="int32")


def network(case):
    """Ours, as after training: no norm, and no non-local block, does nothing."""
    model = keras_nonlocal.models.nl_i3d_r50(
        variant=case.variant, classifier_activation=None, dropout=0.0
    )
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if weight.path.endswith(("beta", "bias", "moving_mean")):
            weight.assign(rng.normal(0, 0.1, weight.shape))
        elif weight.path.endswith("nonlocal/norm/gamma"):
            weight.assign(rng.normal(0, 0.3, weight.shape))
    model.compile(
        keras.optimizers.SGD(RATE, momentum=0.9),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=device.NAME == "jax",  # XLA; Keras's default on PyTorch is no compiler
    )
    return model


def ours(case, arrays):
    """One call of ours, that gives logits, or a training step's loss; weights into `arrays`."""
    model = network(case)
    arrays |= {weight.path: keras.ops.convert_to_numpy(weight) for weight in model.weights}
    clips, labels = map(keras.ops.convert_to_tensor, clips_and_labels(case))

    def train():
        loss = model.train_on_batch(clips, labels)
        device.wait()
        return float(loss)

    return train if case.task == "training" else lambda: model.predict_on_batch(clips)


def peer(case, arrays, compiled):
    """The same of the peer, which has the weights of `arrays`."""
    where = "cuda" if torch.cuda.is_available() else "cpu"
    clips, labels = clips_and_labels(case)
    x = torch.tensor(clips, device=where).permute(0, 4, 1, 2, 3)  # channels last in memory
    labels = torch.tensor(labels, dtype=torch.int64, device=where)
    model = NLI3D(case.variant).to(where, memory_format=torch.channels_last_3d)
    copy_weights(arrays, model)
    model.train(case.task == "training")
    forward = torch.compile(model) if compiled else model
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=0.9, foreach=True)

    def autocast():
        return torch.autocast(where, torch.bfloat16, enabled=case.dtype == "bfloat16")

    def train():
        optimizer.zero_grad()
        with autocast():
            loss = torch.nn.functional.cross_entropy(forward(x), labels)
        loss.backward()
        optimizer.step()
        device.wait()
        return loss.item()

    @torch.no_grad()
    def infer():
        with autocast():
            return forward(x).float().cpu().numpy()

    return train if case.task == "training" else infer


def measure(case):
    """Seconds and peak bytes of each side, and how far their first answers are apart."""
    torch.backends.cudnn.benchmark = True
    torch.set_float32_matmul_precision("high")
    if case.dtype == "bfloat16":
        keras.config.set_dtype_policy("mixed_bfloat16")
    arrays = {}
    sides = {"ours": device.ready(lambda: ours(case, arrays))}
    for name in ("eager", "compiled"):
        build = functools.partial(peer, case, arrays, compiled=name == "compiled")
        sides[name] = device.ready_by_torch(build)
    watches = {name: stopwatch(side.call) for name, side in sides.items()}
    return {
        "seconds": alternate(watches, ROUNDS, warm_up=1, timeout=0),
        "peaks": {name: side.peak for name, side in sides.items()},
        "apart": max(apart(sides["ours"], sides[name]) for name in ("eager", "compiled")),
    }


def apart(one, other):
    """The largest difference of their answers over the largest answer."""
    return float(np.abs(one.answer - other.answer).max() / np.abs(other.answer).max())


def row(case, found):
    """One line of the table, and whether both sides were the same network."""
    seconds, peaks = found["seconds"], found["peaks"]
    median = statistics.median(seconds["ours"])
    cells = [str(case)]
    for name in ("ours", "eager", "compiled"):
        peak = peaks[name]
        cells.append(spread(seconds[name], "ms"))
        cells.append("not counted" if peak is None else f"{peak / 1e9:.2f} GB")
        if name != "ours":
            cells.append(f"{statistics.median(seconds[name]) / median:.2f}x")
    same = found["apart"] <= AGREEMENT
    cells.append(f"{found['apart']:.1e} {'<=' if same else 'BUT NOT <='} {AGREEMENT:.1e}")
    return "| " + " | ".join(cells) + " |", same


def in_a_process(case, small, seconds):
    """What `measure` gives, from a new process; raises if it fails or outlasts `seconds`."""
    command = [sys.executable, __file__, "--case", json.dumps(asdict(case))]
    if small:
        command.append("--small")
    done = subprocess.run(command, capture_output=True, text=True, timeout=max(seconds, 1))
    if done.returncode:
        raise RuntimeError((done.stderr.strip() or "no reason was given").splitlines()[-1])
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="tiny clips, also without a GPU")
    parser.add_argument("--seconds", type=float, default=3600, help="for all cases together")
    parser.add_argument("--case", help="measure this one, as JSON, in this process")
    arguments = parser.parse_args()
    if arguments.case:
        print(json.dumps(measure(Case(**json.loads(arguments.case)))))
        return
    end = time.monotonic() + arguments.seconds
    device.require_gpu(arguments.small)
    print(
        "| case | ours | peak | PyTorch eager | peak | / ours | compiled | peak | / ours | apart |"
    )
    print("|---" * 10 + "|", flush=True)
    complete = True
    for case in SMALL if arguments.small else CASES:
        try:
            left = end - time.monotonic()
            line, same = row(case, in_a_process(case, arguments.small, left))
        except subprocess.TimeoutExpired:
            line, same = f"| {case} | NOT MEASURED: no time was left |", False
        except (RuntimeError, ValueError) as error:
            line, same = f"| {case} | NOT MEASURED: {error} |", False
        print(line, flush=True)
        complete = complete and same
    sys.exit(0 if complete else 1)


if __name__ == "__main__":
    main()
