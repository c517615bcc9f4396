"""Asks a bundle in a process that knows nothing of this library, as a server would.

python replay.py BUNDLE REQUESTS.npz ANSWERS.npz

Requests are arrays named `signature/number/input`; those with `refused` instead of a number must
fail. Answers are named `loader/signature/number/output`. The exit status is not zero if anything
else happens.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

_REFUSED = "refused"


def requests_of(path):
    """The requests by signature and number, as dictionaries of arrays."""
    requests: dict[tuple[str, str], dict[str, np.ndarray]] = {}
    with np.load(path) as arrays:
        for key, array in arrays.items():
            signature, number, name = key.split("/")
            requests.setdefault((signature, number), {})[name] = array
    return requests


def by_session(bundle):
    """As TensorFlow Serving loads a bundle: a session, the tag, and names of tensors."""
    session = tf.compat.v1.Session(graph=tf.Graph())
    with session.graph.as_default():
        meta = tf.compat.v1.saved_model.load(session, ["serve"], bundle)

    def ask(signature, inputs):
        named = meta.signature_def[signature]
        feed = {named.inputs[name].name: array for name, array in inputs.items()}
        return session.run({name: each.name for name, each in named.outputs.items()}, feed)

    return ask


def by_functions(bundle):
    """As a program loads a bundle by `tf.saved_model.load`."""
    loaded = tf.saved_model.load(bundle)

    def ask(signature, inputs):
        tensors = {name: tf.constant(array) for name, array in inputs.items()}
        answers = loaded.signatures[signature](**tensors)
        return {name: each.numpy() for name, each in answers.items()}

    return ask


def main():
    if any(name.startswith("keras_nonlocal") for name in sys.modules):
        sys.exit("keras_nonlocal was imported, so this process is not like a server")
    bundle, requests, answers_file = sys.argv[1:]
    answers = {}
    for loader, load in {"session": by_session, "functions": by_functions}.items():
        ask = load(bundle)
        for (signature, number), inputs in requests_of(requests).items():
            if number == _REFUSED:
                try:
                    ask(signature, inputs)
                except tf.errors.InvalidArgumentError:
                    continue
                sys.exit(f"{signature}: a request that cannot be answered was not refused")
            for name, value in ask(signature, inputs).items():
                plain = value.astype("S") if value.dtype == object else value
                answers[f"{loader}/{signature}/{number}/{name}"] = plain
    np.savez(answers_file, **answers)


if __name__ == "__main__":
    main()
