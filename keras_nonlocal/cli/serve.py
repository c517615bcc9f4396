"""`keras-nonlocal serve`: a page on which one drops a file and sees the answer."""

from __future__ import annotations

import argparse
import sys

from .arguments import MODEL_HELP, add_numbers, count

_MODEL = "nl_i3d_small_weizmann"


def add_parser(commands) -> None:
    parser = commands.add_parser(
        "serve",
        help="show a network on a page in the browser",
        description="Serve a page on which one drops a video or an image and sees what the network "
        "answers, and `POST /predict`, which answers the bytes of a file with JSON. It needs "
        '`pip install "keras_nonlocal[serve]"`.',
    )
    add = parser.add_argument
    model = {"nargs": "?", "default": _MODEL, "metavar": "MODEL"}
    add("model", help=f"{MODEL_HELP} (default: %(default)s)", **model)
    add(
        "--host",
        default="127.0.0.1",
        help="address to listen on; 0.0.0.0 is that of all networks (default: %(default)s, which "
        "only this machine reaches)",
    )
    add_numbers(
        parser,
        ("--port", int, 8000, "port; 0 takes a free one (default: 8000)"),
        ("--max-mb", count, 64, "largest file in megabytes (default: 64)"),
        ("--time-limit", float, 30.0, "seconds for a file (default: 30)"),
        ("--max-requests", count, 8, "files that are taken at a time (default: 8)"),
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Runs `serve`, until Ctrl-C."""
    from ..serving.web import serve
    from ..zoo.loading import load

    def started(address: str) -> None:
        print(f"Open {address} in a browser. Ctrl-C ends the server.", file=sys.stderr, flush=True)

    serve(
        load(arguments.model),
        host=arguments.host,
        port=arguments.port,
        started=started,
        max_bytes=arguments.max_mb * 1_000_000,
        time_limit=arguments.time_limit,
        max_requests=arguments.max_requests,
    )
    return 0
