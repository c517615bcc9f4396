"""`keras-nonlocal zoo`: trained networks listed, shown, fetched, verified and converted."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any


def add_parser(commands) -> None:
    parser = commands.add_parser(
        "zoo",
        help="list, show, fetch, verify and convert trained networks",
        description="Trained networks: list them, show their cards, fetch, verify, convert.",
    )
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    for add in (_add_list, _add_show, _add_fetch, _add_verify, _add_convert, _add_path):
        action = add(actions)
        action.add_argument("--json", action="store_true", help="print JSON and nothing else")


def _add_list(actions) -> argparse.ArgumentParser:
    parser = _add(actions, "list", "one line a card")
    parser.set_defaults(run=_list, needs_tensorflow=False)
    return parser


def _add_show(actions) -> argparse.ArgumentParser:
    return _add_named(actions, "show", "everything a card says", _show)


def _add_fetch(actions) -> argparse.ArgumentParser:
    parser = _add_named(actions, "fetch", "fetch the weights of a card", _fetch)
    parser.add_argument(
        "--accept-license", metavar="LICENSE", help="agree to this license, if it restricts use"
    )
    return parser


def _add_verify(actions) -> argparse.ArgumentParser:
    return _add_named(actions, "verify", "compare outputs with those that a card stores", _verify)


def _add_path(actions) -> argparse.ArgumentParser:
    return _add_named(actions, "path", "where the weights of a card lie, or would lie", _path)


def _add_convert(actions) -> argparse.ArgumentParser:
    parser = _add(actions, "convert", "convert a checkpoint of another code base")
    parser.add_argument("file", metavar="FILE", help="of PyTorch, Caffe2 or safetensors")
    parser.add_argument(
        "--as",
        dest="builder",
        metavar="BUILDER",
        required=True,
        help="the network that the file is of, such as nl_i3d_r50",
    )
    parser.add_argument(
        "--variant",
        required=True,
        help="how its code base builds that network, such as mmaction2; an unknown one lists all",
    )
    parser.add_argument(
        "--source", help="whose names its weights have, such as torchvision; found by default"
    )
    parser.add_argument(
        "--set",
        action="append",
        type=_setting,
        default=[],
        metavar="NAME=VALUE",
        help="a further argument of the builder, such as instantiation=dot_product or blocks=10",
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        required=True,
        help="a folder to make, for model.weights.h5, model.keras and card.json",
    )
    parser.add_argument("--report", action="store_true", help="print a line for every tensor")
    parser.set_defaults(run=_convert)
    return parser


def _add(actions, action: str, text: str) -> argparse.ArgumentParser:
    return actions.add_parser(action, help=text, description=f"{text[0].upper()}{text[1:]}.")


def _add_named(actions, action: str, text: str, run) -> argparse.ArgumentParser:
    parser = _add(actions, action, text)
    parser.add_argument("name", metavar="NAME", help="of a card; `zoo list` shows them")
    parser.set_defaults(run=run, needs_tensorflow=run is _verify)
    return parser


def _list(arguments: argparse.Namespace) -> int:
    from ..pretrained.cards import read_card
    from ..pretrained.entries import card_names
    from ..zoo.card_table import markdown_table

    if arguments.json:
        cards = [asdict(read_card(name)) for name in card_names()]
        for card in cards:
            del card["classes"]  # hundreds a card; `zoo show` has them
        print(json.dumps({"cards": cards}, indent=2))
    else:
        print(markdown_table())
        print("\n* what the name of the data set stands for; frames x stride, clips x crops,")
        print("accuracy in percent as published: `zoo show` says how it was measured.")
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
    found = {"path": str(path), "exists": path.is_file()}
    print(json.dumps(found) if as_json else path)
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    from ..zoo.golden import verify

    result = verify(arguments.name)
    if arguments.json:
        print(json.dumps(asdict(result)))
    else:
        verdict = "as stored" if result.passed else "NOT as stored"
        print(f"{result.name}: {verdict}, largest difference {result.difference:.1e}")
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
        print(
            f"{arguments.out}: {', '.join(sorted(p.name for p in Path(arguments.out).iterdir()))}"
        )
    return 0


def _setting(text: str) -> tuple[str, Any]:
    """`NAME=VALUE`, whose value is JSON or plain text."""
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, received {text!r}")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Rows of nested fields, such as `clip.num_frames`; a list of records is numbered."""
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
    more = [f"... {len(value)} in all"] if len(value) > len(shown) else []
    return ", ".join(shown + more) or "none"
