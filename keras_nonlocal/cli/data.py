"""`keras-nonlocal data`: what there is to do with a set of videos; one file an action."""

from __future__ import annotations

from . import data_scan, data_show


def add_parser(commands) -> None:
    parser = commands.add_parser(
        "data",
        help="scan sets of videos, and draw clips of them",
        description="Sets of videos: find out which files can be used, and look at clips.",
    )
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    for action in (data_scan, data_show):
        action.add_parser(actions)
