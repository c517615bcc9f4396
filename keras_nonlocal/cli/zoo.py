"""`keras-nonlocal zoo`: which trained networks there are, and what is known of each."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from ..zoo import card_names, read_card, table


def add_parser(commands) -> None:
    parser = commands.add_parser(
        "zoo",
        help="list and show trained networks",
        description="List trained networks and show their cards.",
    )
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    for add in (_add_list, _add_show):
        action = add(actions)
        action.add_argument("--json", action="store_true", help="print JSON and nothing else")


def _add_list(actions) -> argparse.ArgumentParser:
    parser = actions.add_parser("list", help="one line a card")
    parser.set_defaults(run=_list)
    return parser


def _add_show(actions) -> argparse.ArgumentParser:
    parser = actions.add_parser("show", help="everything a card says")
    parser.add_argument("name", metavar="NAME", help="of a card; `zoo list` shows them")
    parser.set_defaults(run=_show)
    return parser


def _list(arguments: argparse.Namespace) -> int:
    if arguments.json:
        cards = [asdict(read_card(name)) for name in card_names()]
        for card in cards:
            del card["classes"]  # hundreds a card; `zoo show` has them
        print(json.dumps({"cards": cards}, indent=2))
    else:
        print(table())
        print("\n* what the name of the data set stands for; frames x stride, clips x crops,")
        print("accuracy in percent as published: `zoo show` says how it was measured.")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    card = asdict(read_card(arguments.name))
    if arguments.json:
        print(json.dumps(card, indent=2))
        return 0
    rows = [(name, _cell(value)) for name, value in _flat(card)]
    width = max(len(name) for name, _ in rows)
    for name, cell in rows:
        print(f"{name:<{width}}  {cell}")
    return 0


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Rows of nested fields, such as `clip.frames`; a list of records is numbered."""
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
