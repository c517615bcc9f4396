"""`keras-nonlocal export`: writes a trained network as a bundle for TensorFlow Serving."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from .arguments import MODEL_HELP, count


def add_parser(commands) -> None:
    parser = commands.add_parser(
        "export",
        help="write a network for TensorFlow Serving",
        description="Write a trained network with its preprocessing as a SavedModel. Before it "
        "gets its name, it must answer in a new process as the network itself does.",
    )
    add = parser.add_argument
    add("model", metavar="MODEL", help=MODEL_HELP)
    add("out", metavar="DIR", type=Path, help="folder of the model; each version is a folder in it")
    add("--version", type=count, metavar="N", help="number of the version (default: the next one)")
    add("--name", metavar="NAME", help="how clients call the model (default: the name of DIR)")
    add(
        "--batch-sizes",
        type=count,
        nargs="+",
        default=[1],
        metavar="N",
        help="numbers of examples in the requests that warm up the server (default: 1)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Runs `export`."""
    from ..export.saved_model import saved_model
    from ..zoo.loading import load

    folder = saved_model(
        load(arguments.model),
        arguments.out,
        version=arguments.version,
        name=arguments.name,
        batch_sizes=arguments.batch_sizes,
    )
    facts = json.loads((folder / "manifest.json").read_text("utf-8"))
    total = sum(file["bytes"] for file in facts["files"].values())
    print(f"{folder}: {total / 1e6:.1f} MB, of which {facts['weights'] / 1e6:.1f} MB are weights")
    for name, signature in facts["signatures"].items():
        largest = max(signature["differences"].values())
        print(f"  {name:<18}{', '.join(signature['inputs']):<10}differs by at most {largest:.1e}")
    print(f"How to start a server, and how to ask it: {arguments.out / 'README.md'}")
    return 0
