"""`keras-nonlocal data scan`: every file read once, a table of those that can be used."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .arguments import INTERRUPTED, add_source, given


def add_parser(actions) -> None:
    parser = actions.add_parser(
        "scan",
        help="read every file once; list what can be used, and what cannot and why",
        description="Read and decode every file once; list what can be used, and the rest.",
    )
    add_source(parser)
    parser.add_argument(
        "--manifest", metavar="OUT.csv", required=True, help="what can be used: a table to train on"
    )
    parser.add_argument(
        "--error-log",
        metavar="OUT.jsonl",
        type=Path,
        required=True,
        help="what cannot, or was cut off: a line of JSON a file",
    )
    parser.add_argument("--num-processes", metavar="N", type=int, help="processes (one a core)")
    parser.add_argument(
        "--time-limit",
        metavar="S",
        type=float,
        help="seconds that a file may take (120)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Scan, say what was written; 1 if nothing can be used."""
    from ..data.sources.read import read_source
    from ..video.scan_files import scan

    source = read_source(arguments.source, split=arguments.split, root=arguments.root)
    try:
        usable = scan(
            source,
            manifest=arguments.manifest,
            error_log=arguments.error_log,
            **given(arguments, "num_processes", "time_limit"),
        )
    except KeyboardInterrupt:
        print("\nInterrupted: nothing was written.", file=sys.stderr)
        return INTERRUPTED
    lines = len(arguments.error_log.read_text().splitlines())
    print(f"{arguments.manifest}: {len(usable)} of {len(source)} entries")
    print(f"{arguments.error_log}: {lines} files that cannot be used, or were cut off")
    return 0 if len(usable) else 1
