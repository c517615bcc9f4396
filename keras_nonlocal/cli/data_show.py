"""`keras-nonlocal data show`: a contact sheet of the clips that a model would see."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .arguments import add_source

SUFFIX = ".png"


def add_parser(actions) -> None:
    parser = actions.add_parser(
        "show",
        help="draw clips and their labels, as a model would see them",
        description="Draw some of the clips, a row each, with their labels, to a PNG.",
    )
    add_source(parser)
    parser.add_argument(
        "-o", "--out", metavar=f"SHEET{SUFFIX}", type=Path, required=True, help="the picture"
    )
    for name, default, text in (
        ("num-frames", 32, "frames of a clip"),
        ("frame-stride", 2, "their distance in the video"),
        ("size", 224, "height and width of a clip"),
        ("num-clips", 16, "how many videos to draw a clip of"),
        ("seed", 0, "of what is drawn by chance"),
    ):
        parser.add_argument(
            f"--{name}", metavar="N", type=int, default=default, help=f"{text} (%(default)s)"
        )
    parser.add_argument(
        "--augment",
        action="store_true",
        help="as in training: clips from anywhere in a video, mirrored and of other colors",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Draw clips of videos chosen at random; 1 if some of them cannot be read."""
    from ..augmentation.flip import RandomFlip
    from ..augmentation.random_color_jitter import RandomColorJitter
    from ..data.sources.read import read_source
    from ..video.clip_spec import ClipSpec
    from ..video.contact_sheets import contact_sheet
    from ..video.dataset import video_dataset
    from ..video.shards.index import holds_shards

    if arguments.out.suffix.lower() != SUFFIX:
        raise ValueError(f"The picture must end in {SUFFIX}. Received: {arguments.out}")
    how = {
        "clip": ClipSpec(
            arguments.num_frames, arguments.frame_stride, size=(arguments.size, arguments.size)
        ),
        "augment": [RandomFlip(), RandomColorJitter(0.4, 0.4, 0.4)] if arguments.augment else None,
        "batch_size": 1,
        "training": arguments.augment,
        "seed": arguments.seed,
    }
    if holds_shards(arguments.source):
        dataset, wanted = video_dataset(arguments.source, split=arguments.split, **how), 0
    else:
        source = read_source(arguments.source, split=arguments.split, root=arguments.root)
        some = source.sample(arguments.num_clips, seed=arguments.seed)
        dataset, wanted = video_dataset(some, on_error="skip", **how), len(some)
    drawn = contact_sheet(dataset, arguments.out, num_clips=arguments.num_clips)
    print(f"{arguments.out}: {drawn} clips")
    if drawn >= wanted:
        return 0
    print(f"{wanted - drawn} more cannot be read; `data scan` says why", file=sys.stderr)
    return 1
