"""NL-I3D R50 against mmaction2 in PyTorch: inference and a training step, in turns.

python tests/benchmarks/networks.py --peer-python PYTHON [--bfloat16] [--only infer]
"""

import argparse
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from harness import Peer, Row, alternate, fastest, stopwatch, table

import keras_nonlocal

CLIP = (32, 224, 224, 3)


def network():
    """The peer's network: same stem, pooling and block; parameters are counted to be sure."""
    model = keras_nonlocal.models.nl_i3d_r50(variant="mmaction2")
    assert sum(np.prod(weight.shape) for weight in model.trainable_weights) == 35_397_840
    return model


def with_statistics(model):
    """Norms as after training."""
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if weight.path.endswith(("beta", "bias", "moving_mean")):
            weight.assign(rng.normal(0, 0.1, weight.shape))


def inference_rows(peer, rounds, dtype):
    clip = tf.constant(np.random.default_rng(0).normal(size=(1, *CLIP)), "float32")
    model = network()
    with_statistics(model)  # or zeros that TensorFlow folds away would make constants too fast
    plain, frozen = tf.function(model, autograph=False), keras_nonlocal.export.freeze(model)
    folded = tf.function(keras_nonlocal.export.fold_batch_norm(model), autograph=False)
    calls = {
        "plain": stopwatch(lambda: plain(clip).numpy()),
        "folded": stopwatch(lambda: folded(clip).numpy()),
        "frozen": stopwatch(lambda: frozen(clip).numpy()),
    }
    modes = ("eager", "traced_frozen", "compiled")
    for mode in modes:
        calls[mode] = peer.stopwatch("i3d_infer", mode=mode, dtype=dtype)
    seconds = alternate(calls, rounds)
    best = fastest(seconds, "traced_frozen", "compiled")
    bars = {"float32": (1.9, 1.25), "bfloat16": (1.2, 1.2)}[dtype]
    for form in ("frozen", "folded", "plain"):
        yield Row(f"{dtype} inference, {form} / eager", seconds[form], seconds["eager"], bars[0])
        yield Row(f"{dtype} inference, {form} / {best}", seconds[form], seconds[best], bars[1])


def training_rows(peer, rounds, dtype):
    model = network()
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), "sparse_categorical_crossentropy")
    clips = np.random.default_rng(0).normal(size=(2, *CLIP)).astype("float32")
    labels = np.array([1, 2])
    calls = {"ours": stopwatch(lambda: model.train_on_batch(clips, labels))}
    for layout in ("channels_last", "contiguous"):
        calls[layout] = peer.stopwatch("i3d_train", dtype=dtype, layout=layout, batch=2)
    seconds = alternate(calls, rounds)
    best = fastest(seconds, "channels_last", "contiguous")
    bar = {"float32": 1.45, "bfloat16": 1.3}[dtype]
    yield Row(f"{dtype} training step / {best}", seconds["ours"], seconds[best], bar)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--bfloat16", action="store_true", help="against autocast, not float32")
    parser.add_argument("--only", choices=("infer", "train"))
    arguments = parser.parse_args()
    dtype = "bfloat16" if arguments.bfloat16 else "float32"
    if arguments.bfloat16:
        keras.config.set_dtype_policy("mixed_bfloat16")
    with Peer(arguments.peer_python, log=os.devnull) as peer:
        if arguments.only != "train":
            print(table(list(inference_rows(peer, arguments.rounds, dtype))), flush=True)
        if arguments.only != "infer":
            print(table(list(training_rows(peer, arguments.rounds, dtype))), flush=True)


if __name__ == "__main__":
    main()
