"""`keras-nonlocal data`: what there is to do with a set of videos; one file an action."""

from __future__ import annotations

from . import data_scan


def add_parser(commands) -> None:
    parser = commands.add_parser(
        "data",
        help="look through sets of videos",
        description="Sets of videos: find out which files can be used.",
    )
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    for action in (data_scan,):
        action.add_parser(actions)
