"""A page on which one clicks a position of a clip and sees where a block looks."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jinja2
import keras
import numpy as np
from markupsafe import Markup
from PIL import Image

from ..utils.atomic_files import replacing
from ..utils.checks import PathLike, positive_int
from ..utils.text import printable
from .frames import as_frames, grid_for_frames
from .health import BlockHealth, health_table
from .positions import TopPositions, top_positions
from .queries import grid_in_pixels
from .recording import blocks_of, record

_FOLDER = Path(__file__).parent
_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_FOLDER),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def write_page(
    model: keras.Model,
    inputs: Any,
    frames: np.ndarray,
    path: PathLike,
    *,
    title: str,
    facts: Iterable[tuple[str, object]] = (),
    health: Iterable[BlockHealth] = (),
    k: int = 20,
) -> Path:
    """Writes a page that shows where the blocks of a network look in one clip or image.

    The page has the frames, a slider over them, and a choice of the block. A click on a position
    shows what it attends to, in all frames. The arrow keys move the position, too. The page is one
    HTML file that fetches nothing. Its only script is the one that comes with this package: the
    policy of the page names it by its hash, so no text can bring another one.

    Args:
        model: A functional model with non-local blocks.
        inputs: A batch of one clip or image, preprocessed, as the model takes it.
        frames: uint8 `(T, H, W, 3)`, the same before normalization, or an image `(H, W, 3)`.
        path: Path of the HTML file. It is replaced only when the page is complete.
        title: The heading of the page.
        facts: Names and values for a table, such as the most probable classes.
        health: A result of `report`, for a table; empty for none.
        k: Number of positions that are shown for a query.

    Returns:
        The path of the page.

    Raises:
        ValueError: The model has no block for clips or images, `inputs` is not one clip or image,
            or the frames have another size than it.
        OSError: The file cannot be written.

    Example:
        clips = classifier.read("clip.mp4")[:1]
        inputs, frames = classifier.preprocess(clips), classifier.seen(clips[0])
        write_page(classifier.model, inputs, frames, "clip.html", title="A clip")
    """
    positive_int("k", k)
    frames = as_frames(frames)
    blocks = list(_blocks(model, inputs, k))
    if not blocks:
        raise ValueError(
            f"{model.name!r} has no block on clips or images. The blocks of regions are drawn by "
            "`draw_region_attention`."
        )
    script = (_FOLDER / "page.js").read_text("utf-8")
    data = {"size": list(frames.shape[:3]), "blocks": [_as_json(*each) for each in blocks]}
    page = _TEMPLATES.get_template("page.html").render(
        title=title,
        facts=list(facts),
        health=health_table(health),
        frames=[_jpeg(frame) for frame in frames],
        data=data,
        script=Markup(script),
        digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )
    path = Path(path)
    with replacing(path) as partial:
        partial.write_text(printable(page), "utf-8")  # names of files may not be UTF-8
    return path


def _blocks(model: keras.Model, inputs: Any, k: int) -> Iterable[tuple[TopPositions, np.ndarray]]:
    """The attention of all positions of each block, and the query that is shown first."""
    for name in blocks_of(model):
        call = record(model, inputs, name)
        cells = tuple(int(size) for size in call.x.shape[1:-1])
        if len(cells) == 1 or grid_in_pixels(model, inputs, call) is None:
            continue
        if len(call.x) != 1:
            raise ValueError(
                f"`inputs` must be a batch of one clip or image. Received: {len(call.x)} of them"
            )
        everywhere = np.moveaxis(np.indices(cells), 0, -1).reshape(-1, len(cells))
        found = top_positions(model, inputs, name, everywhere, k)
        yield found, top_positions(model, inputs, name, k=1).queries[0, 0]


def _as_json(found: TopPositions, query: np.ndarray) -> dict[str, Any]:
    """What the script reads: positions as indices into the flat grid, and weights."""
    grid = grid_for_frames(found.pixels, found.block)
    weights = found.weights[0].astype("<f4")
    positions = np.maximum(found.positions[0], 0)  # the weight is zero where there is none
    flat = np.ravel_multi_index(tuple(np.moveaxis(positions, -1, 0)), found.cells)
    image = [(0.0, 1.0, 1)] * (3 - len(found.cells))  # an image is a clip of one cell in time
    starts, steps, cells = (
        [each[place] for each in image] + list(values)
        for place, values in ((0, grid.starts), (1, grid.steps), (2, found.cells))
    )
    return {
        "name": found.block,
        "starts": starts,
        "steps": steps,
        "cells": cells,
        "k": weights.shape[-1],
        "query": int(np.ravel_multi_index(tuple(query), found.cells)),
        "positions": _base64(flat.astype("<u4")),
        "weights": _base64(weights),
    }


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode()


def _jpeg(frame: np.ndarray) -> str:
    content = io.BytesIO()
    Image.fromarray(frame).save(content, "JPEG", quality=92)
    return base64.b64encode(content.getvalue()).decode()
