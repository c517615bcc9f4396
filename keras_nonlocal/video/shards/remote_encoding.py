"""Videos that lie at an address, encoded from a copy. It loads TensorFlow; `encoding` does not."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...data.manifest import Entry
from ...utils.remote_files import local_file
from .encoding import ENCODING_TIME_LIMIT, Encoded, EncodingTask, ShardOptions, encode


def encode_remote(
    entry: Entry,
    options: ShardOptions,
    class_names: Sequence[str] = (),
    time_limit: float = ENCODING_TIME_LIMIT,
) -> Encoded:
    """As `encode`, of a path or an address that `tf.io.gfile` opens."""
    with local_file(entry.path) as path:
        return encode(entry, options, class_names, time_limit, path=path)


def encode_remote_task(
    task: EncodingTask, options: ShardOptions, class_names: Sequence[str]
) -> Encoded:
    """What a worker process does, for as long as its parent lets it."""
    return encode_remote(task[2], options, class_names, math.inf)
