"""`keras-nonlocal zoo`: lists, downloads, verifies and converts pretrained models."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..utils.schema import parse_json


def add_parser(commands) -> None:
    parser = commands.add_parser(
        "zoo",
        help="list, download, verify and convert pretrained models",
        description="List, download, verify and convert pretrained models. A model is described by "
        "its card.",
    )
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    _add(actions, "list", "list the pretrained models, one in each line", _list, named=False)
    _add(actions, "show", "print the card of a model", _show)
    fetch = _add(actions, "fetch", "download the weights of a model", _fetch)
    fetch.add_argument(
        "--accept-license",
        metavar="LICENSE",
        help="name of the license that you accept, if it restricts the use of the weights",
    )
    verify = _add(
        actions, "verify", "compare the outputs of a model with those on its card", _verify
    )
    verify.set_defaults(needs_tensorflow=True)
    convert = _add(
        actions, "convert", "convert a checkpoint of another code base", _convert, named=False
    )
    convert.set_defaults(needs_tensorflow=True)
    _add_convert_arguments(convert)
    _add(actions, "path", "print the path of a model's weights, downloaded or not", _path)


def _add(actions, name: str, text: str, run, *, named: bool = True) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    if named:
        parser.add_argument(
            "name", metavar="NAME", help="name of the model, from `keras-nonlocal zoo list`"
        )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run, needs_tensorflow=False)
    return parser


def _add_convert_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("file", metavar="FILE", help="checkpoint of PyTorch or Caffe2, or a safetensors file")
    add(
        "--as",
        dest="builder",
        metavar="BUILDER",
        required=True,
        help="network of the checkpoint, such as nl_i3d_r50",
    )
    add(
        "--variant",
        required=True,
        help="code base by whose design the network is built, such as mmaction2; an unknown name "
        "lists all variants",
    )
    add(
        "--source",
        help="code base whose weight names the checkpoint has, such as torchvision (default: found "
        "by the names)",
    )
    add(
        "--set",
        action="append",
        type=_setting,
        default=[],
        metavar="NAME=VALUE",
        help="further argument of the builder, such as instantiation=dot_product or blocks=10; may "
        "be given several times",
    )
    add(
        "--out",
        metavar="DIR",
        required=True,
        help="new folder for model.weights.h5, model.keras and card.json",
    )
    add("--report", action="store_true", help="print one line for each tensor of the checkpoint")


def _list(arguments: argparse.Namespace) -> int:
    from ..pretrained.cards import read_card
    from ..utils.entries import card_names
    from ..zoo.card_table import markdown_table

    if arguments.json:
        cards = [asdict(read_card(name)) for name in card_names()]
        for card in cards:
            del card["classes"]  # a card has hundreds of them; `zoo show` prints them
        print(json.dumps({"cards": cards}, indent=2))
    else:
        print(markdown_table())
        print(
            "\n* is the default model of its data set. Frames are frames x stride, views are clips"
        )
        print("x crops, and top-1 and top-5 are published accuracies in percent: `zoo show` tells")
        print("how they were measured.")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from ..pretrained.cards import read_card

    card = asdict(read_card(arguments.name))
    if arguments.json:
        print(json.dumps(card, indent=2))
        return 0
    rows = [(name, _cell(value)) for name, value in _flat(card)]
    width = max(len(name) for name, _ in rows)
    for name, cell in rows:
        print(f"{name:<{width}}  {cell}")
    return 0


def _fetch(arguments: argparse.Namespace) -> int:
    from ..pretrained.card_weights import fetch_weights

    path = fetch_weights(arguments.name, accept_license=arguments.accept_license)
    return _print_path(path, arguments.json)


def _path(arguments: argparse.Namespace) -> int:
    from ..pretrained.card_weights import cached_path
    from ..pretrained.cards import read_card

    return _print_path(cached_path(read_card(arguments.name)), arguments.json)


def _print_path(path: Path, as_json: bool) -> int:
    result = {"path": str(path), "exists": path.is_file()}
    print(json.dumps(result) if as_json else path)
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    from ..zoo.golden import verify

    result = verify(arguments.name)
    if arguments.json:
        print(json.dumps(asdict(result)))
    else:
        verdict = "as on the card" if result.passed else "NOT as on the card"
        print(f"{result.name}: outputs {verdict}, largest difference {result.difference:.1e}")
    return 0 if result.passed else 1


def _convert(arguments: argparse.Namespace) -> int:
    from ..zoo.conversion import convert_checkpoint

    report = convert_checkpoint(
        arguments.file,
        arguments.builder,
        out=arguments.out,
        source=arguments.source,
        **{"variant": arguments.variant, **dict(arguments.set)},
    )
    if arguments.json:
        print(json.dumps(asdict(report), indent=2))
    else:
        print(report if arguments.report else str(report).splitlines()[-1])
        names = sorted(path.name for path in Path(arguments.out).iterdir())
        print(f"{arguments.out}: {', '.join(names)}")
    return 0


def _setting(text: str) -> tuple[str, Any]:
    """Parses `NAME=VALUE`, where the value is JSON or plain text."""
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, received {text!r}")
    try:
        return name, parse_json(value, name)
    except ValueError:
        return name, value


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yields nested fields, such as `clip.num_frames` or `accuracy.0.top1`."""
    if isinstance(value, tuple) and value and isinstance(value[0], dict):
        value = dict(enumerate(value))
    if not isinstance(value, dict):
        yield name, value
        return
    for key, inner in value.items():
        yield from _flat(inner, f"{name}.{key}" if name else str(key))


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if not isinstance(value, list | tuple):
        return str(value)
    shown = [str(item) for item in value[:10]]
    more = [f"... ({len(value)} in total)"] if len(value) > len(shown) else []
    return ", ".join(shown + more) or "none"
