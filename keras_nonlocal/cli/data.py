"""`keras-nonlocal data`: what there is to do with a set of videos; one file an action."""

from __future__ import annotations

from . import data_scan, data_shard, data_show


def add_parser(commands) -> None:
    parser = commands.add_parser(
        "data",
        help="scan sets of videos, draw clips of them, write them as shards",
        description="Sets of videos: which files can be used, what clips look like, shards.",
    )
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    for action in (data_scan, data_show, data_shard):
        action.add_parser(actions)
