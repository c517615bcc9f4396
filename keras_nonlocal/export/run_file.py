"""Runs an exported file in a process that knows only the runtime of its format.

python run_file.py onnx|openvino|litert FILE REQUESTS.npz ANSWERS.npz

Requests are arrays named by numbers, and answers are named `number/output`.
"""

import sys
from typing import Any

import numpy as np


def load_onnx(file):
    """Loads an ONNX file into ONNX Runtime."""
    import onnxruntime

    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    (name,) = (each.name for each in session.get_inputs())
    names = [output.name for output in session.get_outputs()]
    return lambda array: dict(zip(names, session.run(names, {name: array}), strict=True))


def load_openvino(folder):
    """Loads a folder of OpenVINO; without the hint it computes in bfloat16 where this is fast."""
    import openvino

    settings = {"INFERENCE_PRECISION_HINT": "f32"}
    network = openvino.Core().compile_model(f"{folder}/model.xml", "CPU", settings)

    def ask(array):
        answers = network(array)
        return {output.get_any_name(): answers[output] for output in network.outputs}

    return ask


def load_litert(file):
    """Loads a LiteRT file."""
    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(file).get_signature_runner()
    (name,) = runner.get_input_details()
    return lambda array: runner(**{name: array})


LOADERS = {"onnx": load_onnx, "openvino": load_openvino, "litert": load_litert}


def main():
    runtime, file, requests, answers_file = sys.argv[1:]
    ask = LOADERS[runtime](file)
    answers: dict[str, Any] = {}
    with np.load(requests) as arrays:
        for number, request in arrays.items():
            for name, array in ask(request).items():
                answers[f"{number}/{name}"] = np.array(array)
    for name in ("keras_nonlocal", "keras", "tensorflow"):
        if name in sys.modules:
            sys.exit(
                f"{name} was imported, so this process does not prove that the file needs none"
            )
    np.savez(answers_file, **answers)


if __name__ == "__main__":
    main()
