"""Videos in shards as a manifest, and the reader of their evaluation clips by index."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from ...data.manifest import Entry, Manifest
from ...data.sources.read import read_source
from ...utils.checks import PathLike
from ..clip_spec import ClipSpec
from .index import holds_shards, joined, read_set
from .reading import LABEL_FEATURES, evaluation_views


@dataclass(frozen=True)
class ShardManifest(Manifest):
    """The videos of a folder of shards, in the order of their records.

    Attributes:
        folder: The folder of shards.
    """

    folder: str = ""


def read_videos(source: Any, **selection: Any) -> Manifest:
    """Reads what `read_source` reads, or the labels of a folder of shards, as a manifest."""
    if holds_shards(source):
        source = _manifest_of(source)
    return read_source(source, **selection)


def _manifest_of(folder: PathLike) -> ShardManifest:
    shards = read_set(folder).complete()
    files = [joined(folder, shard.file) for shard in shards.shards if shard and shard.frames]
    entries = []
    for record in tf.data.TFRecordDataset(files):
        found, _ = tf.io.parse_single_sequence_example(record, LABEL_FEATURES)
        labels = found["clip/label/index"].values.numpy().tolist() if shards.class_names else ()
        path = found["clip/data_path"].numpy().decode("utf-8", "surrogateescape")
        entries.append(Entry(path, tuple(labels)))
    names, multi_label = shards.class_names, shards.multi_label
    return ShardManifest(tuple(entries), names, multi_label, os.fspath(folder))


class ShardReader:
    """Reads the evaluation clips of videos in shards, as `ClipReader` does from files.

    Args:
        manifest: The videos.
        clip: How clips are cut.
    """

    def __init__(self, manifest: ShardManifest, clip: ClipSpec):
        self._views = evaluation_views(manifest.folder, clip)

    def __call__(self, index: int, draw: int) -> tuple[np.ndarray, None]:
        """Reads the clips of a video, uint8 `(views, T, H, W, 3)`, without targets."""
        return self._views(index).numpy(), None
