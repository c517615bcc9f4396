"""`keras-nonlocal export`: writes a trained network for a server or for another runtime."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from .arguments import MODEL_HELP, count

FORMATS = ("saved_model", "onnx", "openvino", "litert")


def add_parser(commands) -> None:
    parser = commands.add_parser(
        "export",
        help="write a network for TensorFlow Serving, ONNX, OpenVINO or LiteRT",
        description="Write a trained network as a SavedModel with its preprocessing for TensorFlow "
        "Serving, or the network alone for another runtime. Before it gets its name, it must "
        "answer in a new process as the network itself does.",
    )
    add = parser.add_argument
    add("model", metavar="MODEL", help=MODEL_HELP)
    add(
        "out",
        metavar="PATH",
        type=Path,
        help="for saved_model the folder of the model, in which each version is a folder; for "
        "openvino a new folder; for onnx and litert a new file",
    )
    add(
        "--format", choices=FORMATS, default=FORMATS[0], help="what to write (default: %(default)s)"
    )
    served = parser.add_argument_group("for saved_model")
    add = served.add_argument
    add("--version", type=count, metavar="N", help="number of the version (default: the next one)")
    add("--name", metavar="NAME", help="how clients call the model (default: the name of PATH)")
    add(
        "--batch-sizes",
        type=count,
        nargs="+",
        metavar="N",
        help="numbers of examples in the requests that warm up the server (default: 1)",
    )
    other = parser.add_argument_group("for onnx, openvino and litert")
    other.add_argument(
        "--shape",
        type=_size,
        nargs="+",
        metavar="N",
        help="sizes of the input before its channels, such as 1 32 224 224 for batch, frames, "
        "height and width; `any` is any size (default: those of the network)",
    )
    other.add_argument(
        "--precision",
        choices=("float32", "float16"),
        help="in which a litert file stores weights (default: float32)",
    )
    parser.set_defaults(run=run)


def _size(text: str) -> int | None:
    return None if text == "any" else count(text)


def run(arguments: argparse.Namespace) -> int:
    """Runs `export`."""
    _check(arguments)
    if arguments.format == "saved_model":
        return _bundle(arguments)
    from ..export.litert import litert, litert_facts
    from ..export.onnx import onnx, onnx_facts
    from ..export.openvino import openvino, openvino_facts
    from ..zoo.loading import load

    functions = {
        "onnx": (onnx, onnx_facts),
        "openvino": (openvino, openvino_facts),
        "litert": (litert, litert_facts),
    }
    write, read = functions[arguments.format]
    shape = arguments.shape and tuple(arguments.shape)
    options = {"precision": arguments.precision} if arguments.precision else {}
    path = write(load(arguments.model), arguments.out, shape=shape, **options)
    files = [each for each in [path, *path.glob("*")] if each.is_file()]
    print(f"{path}: {sum(each.stat().st_size for each in files) / 1e6:.1f} MB")
    for name, difference in read(path)["differences"].items():
        print(f"  {name:<18}differs by at most {difference['largest']:.1e}")
    return 0


def _check(arguments: argparse.Namespace) -> None:
    """Refuses options of another format."""
    is_bundle, is_litert = arguments.format == "saved_model", arguments.format == "litert"
    for option, fits in {
        "version": is_bundle,
        "name": is_bundle,
        "batch_sizes": is_bundle,
        "shape": not is_bundle,
        "precision": is_litert,
    }.items():
        if getattr(arguments, option) is not None and not fits:
            raise ValueError(
                f"--{option.replace('_', '-')} is not an option of --format {arguments.format}. "
                "Leave it out, or choose another format."
            )


def _bundle(arguments: argparse.Namespace) -> int:
    from ..export.saved_model import saved_model
    from ..zoo.loading import load

    folder = saved_model(
        load(arguments.model),
        arguments.out,
        version=arguments.version,
        name=arguments.name,
        batch_sizes=arguments.batch_sizes or [1],
    )
    facts = json.loads((folder / "manifest.json").read_text("utf-8"))
    total = sum(file["bytes"] for file in facts["files"].values())
    print(f"{folder}: {total / 1e6:.1f} MB, of which {facts['weights'] / 1e6:.1f} MB are weights")
    for name, signature in facts["signatures"].items():
        largest = max(signature["differences"].values())
        print(f"  {name:<18}{', '.join(signature['inputs']):<10}differs by at most {largest:.1e}")
    print(f"How to start a server, and how to ask it: {arguments.out / 'README.md'}")
    return 0
