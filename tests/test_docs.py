"""Code of the documentation runs, its commands exist, and its reference lists what is public."""

import importlib
import inspect
import re
import shlex
import shutil
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import keras
import pytest
from backend import eagerly
from images.folders import write_folders

import keras_nonlocal
from keras_nonlocal.cli.main import _parser
from keras_nonlocal.data import read_source, write_manifest
from keras_nonlocal.tasks import find_recipe, train
from keras_nonlocal.video.samples import sample_video, synthetic_task

pytestmark = pytest.mark.usefixtures("unoptimized_graphs")
CHECKOUT = Path(__file__).resolve().parents[1]
PAGES = sorted([CHECKOUT / "README.md", *CHECKOUT.glob("docs/**/*.md")])
REFERENCE = sorted((CHECKOUT / "docs" / "reference").glob("*.md"))
FENCE = re.compile(r"(?:<!-- not run: (.+) -->\n)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


# Their graphs take half a minute to trace; tests/tasks runs graphs of the same networks.
EAGER = ("docs/guides/detection", "docs/guides/segmentation")


class Block(NamedTuple):
    """A fenced block of a page, and why it is not run, if it is not."""

    skipped: str | None
    language: str
    text: str


def blocks(page, *languages):
    found = (Block(*match) for match in FENCE.findall(page.read_text("utf-8")))
    return [block for block in found if block.language in languages]


def name_of(page):
    return str(page.relative_to(CHECKOUT).with_suffix(""))


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """What the pages call `actions`, `actions.csv`, `clip.mp4`, `runs/actions` and `streets`.

    Pages that train `runs/actions` find it done, as they give the same recipe.
    """
    folder = tmp_path_factory.mktemp("docs")
    synthetic_task.write_videos(folder / "actions", 12, num_frames=40, size=(64, 64))
    sample_video.write_sample(folder / "clip.mp4")
    listed = read_source(folder / "actions")
    splits = ("train", "train", "val")
    entries = [replace(entry, split=splits[i % 3]) for i, entry in enumerate(listed)]
    write_manifest(replace(listed, entries=tuple(entries)), folder / "actions.csv")
    write_folders(folder / "streets", size=(60, 80))
    shutil.copy(folder / "streets" / "images" / "val" / "0.png", folder / "street.jpg")
    recipe = find_recipe("finetune_nl_i3d_small")
    train(recipe, folder / "actions", folder / "runs" / "actions", verbose=0)
    return folder


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=name_of)
def test_every_python_block_runs(page, videos, tmp_path, monkeypatch):
    shutil.copytree(videos, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    keras.utils.clear_session()
    names = {"__name__": "docs"}
    with eagerly() if name_of(page) in EAGER else nullcontext():
        for block in blocks(page, "python"):
            if not block.skipped:
                exec(compile(block.text, name_of(page), "exec"), names)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_has_the_arguments_that_it_is_given(page):
    for block in blocks(page, "", "bash"):
        for line in block.text.replace("\\\n", " ").splitlines():
            _, found, arguments = line.partition("keras-nonlocal ")
            if found:
                _parser().parse_args(shlex.split(arguments, comments=True))


def public_names():
    for file in sorted(Path(keras_nonlocal.__file__).parent.glob("*/__init__.py")):
        room = file.parent.name
        module = importlib.import_module(f"keras_nonlocal.{room}")
        if room in ("utils", "cli"):
            continue
        for name in dir(module):
            if not name.startswith("_") and not inspect.ismodule(getattr(module, name)):
                yield f"keras_nonlocal.{room}.{name}"


def exists(name):
    room, _, last = name.rpartition(".")
    return hasattr(importlib.import_module(room), last)


def test_the_reference_lists_every_public_name():
    text = "".join(page.read_text("utf-8") for page in REFERENCE)
    listed = set(re.findall("^::: (.+)$", text, re.MULTILINE))
    assert not set(public_names()) - listed
    assert not [name for name in listed if not exists(name)]


def test_few_blocks_are_not_run():
    all_blocks = [block for page in PAGES for block in blocks(page, "python")]
    assert sum(bool(block.skipped) for block in all_blocks) <= len(all_blocks) / 5
