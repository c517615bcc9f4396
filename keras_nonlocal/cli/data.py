"""`keras-nonlocal data`: checks a set of videos, draws its clips, and writes it as shards."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .arguments import INTERRUPTED, add_numbers, add_on_error, add_source, check_image, given

# What `data show` draws without a recipe.
_SHOWN = {"num_frames": 32, "frame_stride": 2, "size": 224, "seed": 0}


def add_parser(commands) -> None:
    parser = commands.add_parser(
        "data",
        help="check a set of videos, draw its clips, or write it as shards",
        description="Check a set of videos, draw its clips, or write it as shards.",
    )
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    for add in (_add_scan, _add_show, _add_shard):
        add(actions)


def _add_scan(actions) -> None:
    parser = actions.add_parser(
        "scan",
        help="find the files that cannot be decoded",
        description="Decode every video once. Write a table of the videos that can be used, and "
        "an error log of the files that cannot.",
    )
    add_source(parser)
    parser.add_argument(
        "--manifest", metavar="OUT.csv", required=True, help="table of usable videos to write"
    )
    parser.add_argument(
        "--error-log",
        metavar="OUT.jsonl",
        type=Path,
        required=True,
        help="error log to write: one line of JSON for each file that is unusable or cut off",
    )
    add_numbers(
        parser,
        ("--num-processes", int, None, "number of processes (default: one for each core)"),
        ("--time-limit", float, None, "seconds that one file may take (default: 120)"),
    )
    parser.set_defaults(run=scan_videos)


def scan_videos(arguments: argparse.Namespace) -> int:
    """Runs `data scan`; the status is 1 if no video can be used."""
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
    print(f"{arguments.manifest}: {len(usable)} of {len(source)} videos can be used")
    print(f"{arguments.error_log}: {lines} of {len(source)} files are unusable or cut off")
    return 0 if len(usable) else 1


def _add_show(actions) -> None:
    parser = actions.add_parser(
        "show",
        help="draw clips with their labels",
        description="Draw randomly chosen clips with their labels, one clip in each row, as a "
        "model would receive them.",
    )
    add_source(parser)
    parser.add_argument(
        "-o", "--out", metavar="SHEET.png", type=Path, required=True, help="image to write"
    )
    parser.add_argument(
        "--recipe",
        metavar="RECIPE",
        help="draw clips exactly as the training by this recipe gets them, and mark where a video "
        "that is shorter than its clip starts again: name of a recipe, or path of a JSON file",
    )
    add_numbers(
        parser,
        ("--num-frames", int, None, "frames in a clip (default: 32)"),
        ("--frame-stride", int, None, "distance between the frames of a clip (default: 2)"),
        ("--size", int, None, "height and width of a clip in pixels (default: 224)"),
        ("--num-clips", int, 16, "number of clips, each from another video (default: 16)"),
        ("--seed", int, None, "random seed (default: 0, or that of the recipe)"),
    )
    parser.add_argument(
        "--augment",
        action="store_true",
        help="draw clips as in training: at random times, flipped and with jittered colors",
    )
    parser.set_defaults(run=show_clips)


def show_clips(arguments: argparse.Namespace) -> int:
    """Runs `data show`; the status is 1 if some of the videos cannot be read."""
    from ..augmentation.flip import RandomFlip
    from ..augmentation.random_color_jitter import RandomColorJitter
    from ..data.sources.read import read_source
    from ..video.clip_spec import ClipSpec
    from ..video.contact_sheets import contact_sheet
    from ..video.dataset import video_dataset
    from ..video.shards.index import holds_shards

    check_image(arguments.out)
    if arguments.recipe is not None:
        return show_recipe(arguments)
    chosen = {**_SHOWN, **given(arguments, *_SHOWN)}
    options = {
        "clip": ClipSpec(
            chosen["num_frames"], chosen["frame_stride"], size=(chosen["size"], chosen["size"])
        ),
        "augment": [RandomFlip(), RandomColorJitter(0.4, 0.4, 0.4)] if arguments.augment else None,
        "batch_size": 1,
        "training": arguments.augment,
        "seed": chosen["seed"],
    }
    if holds_shards(arguments.source):
        dataset, expected = video_dataset(arguments.source, split=arguments.split, **options), 0
    else:
        source = read_source(arguments.source, split=arguments.split, root=arguments.root)
        videos = source.sample(arguments.num_clips, seed=chosen["seed"])
        dataset, expected = video_dataset(videos, on_error="skip", **options), len(videos)
    drawn = contact_sheet(dataset, arguments.out, num_clips=arguments.num_clips)
    print(f"{arguments.out}: {drawn} clips")
    if drawn >= expected:
        return 0
    print(
        f"{expected - drawn} of {expected} videos cannot be read. "
        "Run `keras-nonlocal data scan` to list the causes.",
        file=sys.stderr,
    )
    return 1


def show_recipe(arguments: argparse.Namespace) -> int:
    """Runs `data show --recipe`."""
    from ..data.sources.read import read_source
    from ..tasks.recipes import find_recipe
    from ..tasks.video_classification.recipe import VideoRecipe
    from ..tasks.video_classification.shown_clips import draw_training_clips
    from ..video.shards.index import holds_shards

    others = [
        *given(arguments, "num_frames", "frame_stride", "size"),
        *["augment"][: arguments.augment],
    ]
    if others:
        raise ValueError(
            "With --recipe, the recipe says how clips are made. Leave out "
            f"{', '.join('--' + name.replace('_', '-') for name in others)}."
        )
    recipe = find_recipe(arguments.recipe)
    if not isinstance(recipe, VideoRecipe):
        raise ValueError(
            "--recipe must be a recipe of the task 'video_classification'. "
            f"Received: {arguments.recipe!r} of the task {recipe.task!r}"
        )
    recipe = recipe.changed(**given(arguments, "seed"))
    source, split = arguments.source, arguments.split
    if not holds_shards(source):
        source, split = read_source(source, split=split, root=arguments.root), None
    drawn = draw_training_clips(
        recipe, source, arguments.out, split=split, num_clips=arguments.num_clips
    )
    print(f"{arguments.out}: {drawn.clips} clips")
    print(drawn.text)
    return 0


def _add_shard(actions) -> None:
    parser = actions.add_parser(
        "shard",
        help="write videos to TFRecord files, which are faster to read",
        description="Write videos as JPEG frames to TFRecord files, which are faster to read. Run "
        "the same command again to resume after an interruption.",
    )
    add_source(parser)
    parser.add_argument(
        "out",
        metavar="OUT",
        help="folder to write to: a path or gs://...; each split gets a folder in it",
    )
    add_numbers(
        parser,
        ("--short-side", int, 256, "scale frames to a shorter side of N pixels (default: 256)"),
        ("--quality", int, 95, "quality of the JPEG images, 1 to 100 (default: 95)"),
        ("--frame-step", int, 1, "keep every Nth frame (default: 1)"),
        ("--seed", int, 0, "random seed of the order of the videos (default: 0)"),
        ("--time-limit", float, 600.0, "seconds that one video may take (default: 600)"),
        ("--shards", int, None, "number of files (default: one for every 64 videos)"),
        ("--num-processes", int, None, "number of processes (default: one for each core)"),
    )
    add_on_error(parser)
    parser.set_defaults(run=shard_videos)


def shard_videos(arguments: argparse.Namespace) -> int:
    """Runs `data shard`; the status is 1 if no video was written."""
    from ..data.sources.read import read_source
    from ..video.shards.writing import write_shards

    names = "shards short_side quality frame_step seed num_processes error_log on_error time_limit"
    source = read_source(arguments.source, split=arguments.split, root=arguments.root)
    splits = sorted({entry.split or "" for entry in source})
    folders = {arguments.out: source}
    if len(splits) > 1 and all(splits):  # shards have no splits, so each gets a folder
        out = arguments.out.rstrip("/")
        folders = {f"{out}/{name}": read_source(source, split=name) for name in splits}
    clips = 0
    for folder, videos in folders.items():
        written = write_shards(videos, folder, progress=True, **given(arguments, *names.split()))
        skipped = sum(shard.left_out for shard in written.shards if shard)
        print(f"{folder}: {written.clips} videos in {len(written.shards)} shards")
        if skipped:
            log = f" (see {arguments.error_log})" if arguments.error_log else ""
            print(f"skipped videos: {skipped}{log}")
        clips += written.clips
    return 0 if clips else 1
