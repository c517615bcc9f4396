"""`keras-nonlocal data shard`: videos written as JPEG frames in TFRecord files."""

from __future__ import annotations

import argparse

from .arguments import add_source


def add_parser(actions) -> None:
    parser = actions.add_parser(
        "shard",
        help="write videos as JPEG frames in TFRecord files, for fast reading by many machines",
        description="Write videos as JPEG frames in TFRecord files. Call it again to go on.",
    )
    add_source(parser)
    parser.add_argument("out", metavar="OUT", help="the folder to write: a path or gs://...")
    for option, kind, default, text in _NUMBERS:
        parser.add_argument(
            option, metavar="N", type=kind, default=default, help=text + " (%(default)s)"
        )
    parser.add_argument("--shards", metavar="N", type=int, help="files (one for 64 videos)")
    parser.add_argument("--num-processes", metavar="N", type=int, help="processes (one a core)")
    parser.add_argument(
        "--on-error",
        choices=("raise", "skip"),
        default="raise",
        help="stop at a video that cannot be read, or leave it out",
    )
    parser.add_argument(
        "--error-log", metavar="F.jsonl", help="a line of JSON for each video that cannot be read"
    )
    parser.set_defaults(run=run)


_NUMBERS = (
    ("--short-side", int, 256, "what the shorter side of frames is scaled to"),
    ("--quality", int, 95, "of the JPEG files, 1 to 100"),
    ("--frame-step", int, 1, "keep one frame out of so many"),
    ("--seed", int, 0, "of the order of the videos"),
    ("--time-limit", float, 600.0, "seconds that a video may take"),
)


def run(arguments: argparse.Namespace) -> int:
    """Write, and say what there is now."""
    from ..data.sources.read import read_source
    from ..video.shards.writing import write_shards

    written = write_shards(
        read_source(arguments.source, split=arguments.split, root=arguments.root),
        arguments.out,
        shards=arguments.shards,
        short_side=arguments.short_side,
        quality=arguments.quality,
        frame_step=arguments.frame_step,
        seed=arguments.seed,
        num_processes=arguments.num_processes,
        error_log=arguments.error_log,
        on_error=arguments.on_error,
        time_limit=arguments.time_limit,
        progress=True,
    )
    left_out = sum(shard.left_out for shard in written.shards if shard)
    print(f"{arguments.out}: {written.clips} videos in {len(written.shards)} shards")
    if left_out:
        print(
            f"{left_out} videos left out"
            + (f": see {arguments.error_log}" if arguments.error_log else "")
        )
    return 0 if written.clips else 1
