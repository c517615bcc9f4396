"""The test of the paper: many views of each video, their probabilities averaged."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np

from ...data.error_log import ErrorLog
from ...data.manifest import Manifest
from ...data.sources.check import check_manifest
from ...data.sources.read import read_source
from ...data.workers.pool import cores
from ...metrics.scores import Scores
from ...utils.checks import PathLike, one_of, positive_int
from ...utils.progress import progress_bar
from ...video.clip_reader import ClipReader
from ...video.clip_spec import ClipSpec, a_clip
from ...video.decoding.container import VideoError
from .batch_by_shape import Buckets
from .evaluation_checks import check_classes, check_fits, check_shard_index
from .prefetch import ahead
from .score_store import ScoreStore
from .traced_network import TracedNetwork, digest


class Evaluator:
    """Tests a network on whole videos.

    Of each video, `clip.num_clips` clips spread over it are cut, and `clip.num_crops` crops of
    each along the longer side; the network's probabilities for all these views are averaged. With
    `fully_convolutional=True` it sees whole frames of any shape instead of crops, as in the paper;
    the network's own head then averages over positions.

    Threads read videos while the network is at work. Views of the same shape, whosever they are,
    pass together, as many as fit into `memory`. The results do not depend on it.

    Args:
        clip: How a video becomes the network's input: frames, size, views, normalization. Without
            `mean` and `std` the network gets float32 pixels.
        fully_convolutional: Whole frames in place of crops, scaled until their shorter side is
            `clip.short_side`, or else the smaller side of `clip.size`.
        memory: Bytes that the network may take for its views, by
            `keras_nonlocal.cost.inference_bytes`, and that views may take that wait for it.
        on_error: What becomes of a video that cannot be read: `"raise"` stops with its name,
            `"skip"` leaves it out. No clip ever stands in for another.
        error_log: A JSON lines file to which each such video is added.
        num_parallel_calls: Videos that are read at once; as many as there are cores if `None`.

    Raises:
        ValueError: A value is out of range, or two contradict each other.

    Example:

    >>> evaluator = Evaluator(ClipSpec(8, size=(64, 64), num_clips=2, num_crops=3))
    >>> model = keras_nonlocal.models.nl_i3d_small(classes=2)
    >>> names = ("bend", "jack")
    >>> scores = evaluator.evaluate(model, [("jumping.mp4", "jack")], class_names=names)
    >>> scores.probabilities.shape, scores.ranks.shape
    ((1, 2), (1, 6))

    Source: Non-local Neural Networks (arXiv:1711.07971), section 4.1: "fully-convolutional
    inference", 10 clips, softmax scores averaged.
    """

    def __init__(
        self,
        clip: ClipSpec,
        *,
        fully_convolutional: bool = False,
        memory: int = 2**30,
        on_error: Literal["raise", "skip"] = "raise",
        error_log: PathLike | None = None,
        num_parallel_calls: int | None = None,
    ):
        self.clip = _whole_frames(a_clip(clip)) if fully_convolutional else a_clip(clip)
        self.fully_convolutional = fully_convolutional
        self.memory = positive_int("memory", memory)
        self.on_error = one_of("on_error", on_error, ("raise", "skip"))
        self.error_log = ErrorLog(error_log)
        self.num_parallel_calls = positive_int(
            "num_parallel_calls", cores() if num_parallel_calls is None else num_parallel_calls
        )
        self._network: TracedNetwork | None = None

    @property
    def views(self) -> int:
        """How many views a video has."""
        return self.clip.views * (2 if self.clip.flip else 1)

    def evaluate(
        self,
        model: keras.Model,
        source: Any,
        *,
        folder: PathLike | None = None,
        shard: tuple[int, int] = (0, 1),
        split: str | None = None,
        class_names: Sequence[str] | None = None,
        root: PathLike | None = None,
        progress: bool = True,
        check: bool = True,
    ) -> Scores:
        """Scores each video of a source.

        Args:
            model: A functional model from prepared clips to probabilities.
            source: Videos and what is in them: whatever `keras_nonlocal.data.read_source` reads.
            folder: Where the scores are kept, each process's in a file of its own. A second call
                with the same arguments goes on where the first was stopped, and tries again what
                could not be read. A call that is killed loses the video at work and what was
                scored in the last ten seconds.
            shard: `(index, count)`: this process takes every `count`-th video from `index` on.
                `read_scores(folder)` merges what all of them wrote.
            split: Only the videos of this split.
            class_names: Of the network's outputs, in order; labels of the source are looked up in
                them. By default the names of the source.
            root: Where the videos lie, as in `read_source`.
            progress: Whether to show how far it is, if standard error is a terminal.
            check: Whether to look first, by `check`, whether all fits and all files are there.

        Returns:
            The scores of this process's videos, in the order of the source.

        Raises:
            ValueError: The source, its classes and the network do not fit each other, or the
                folder holds scores that were made in another way.
            VideoError, OSError: A video cannot be read, and `on_error` is `"raise"`. What was
                scored is kept.
        """
        check_shard_index(shard)
        manifest = read_source(source, split=split, class_names=class_names, root=root)
        if check:
            self.check(model, manifest)
        record = self._record(model, manifest, folder, shard)
        if record.left:
            self._score(model, manifest, record, progress)
        else:
            record.save()
        if record.skipped:
            warnings.warn(
                f"{record.skipped} of {len(manifest)} videos could not be read and are missing "
                f"from the scores{_listed(self.error_log)}.",
                stacklevel=2,
            )
        return record.scores()

    def check(self, model: keras.Model, manifest: Manifest) -> None:
        """Looks whether network, classes, views and files fit each other.

        Raises:
            ValueError: They do not; it says what was expected.
        """
        check_classes(model, manifest)
        check_fits(model, self.clip.input_shape)
        check_manifest(manifest)

    def _record(self, model, manifest: Manifest, folder: PathLike | None, shard) -> ScoreStore:
        index, count = shard
        settings, file = {}, None
        if folder is not None:
            file = Path(folder) / f"scores-{index:05d}-of-{count:05d}.npz"
            settings = {
                **asdict(self.clip),
                "fully_convolutional": self.fully_convolutional,
                "weights": digest(model),
                "videos": manifest.digest,
                "shards": count,
            }
        return ScoreStore(manifest, range(index, len(manifest), count), self.views, file, settings)

    def _score(self, model: keras.Model, manifest: Manifest, record: ScoreStore, progress: bool):
        """From videos to the record: read, put together by shape, pass through the network."""
        network = self._network_for(model)
        buckets = Buckets(network.chunk, self.memory)
        read = ClipReader(
            manifest,
            self.clip,
            training=False,
            on_error=self.on_error,
            error_log=self.error_log,
            by_clip=False,
        )
        left = record.left
        bar = progress_bar(len(left), shown=progress)

        def pass_on(chunks):
            for rows, views in chunks:
                record.add(rows, network(views))

        try:
            for row, (views, _) in ahead(lambda row: read(row, 0), left, self.num_parallel_calls):
                record.skipped += not len(views)
                if len(views):
                    pass_on(buckets.add(row, self._with_mirror_images(views)))
                if record.is_due:
                    pass_on(buckets.rest())
                    record.save()
                bar.update()
            pass_on(buckets.rest())
        except (VideoError, OSError):
            pass_on(buckets.rest())
            raise
        finally:
            record.save()
            bar.close()

    def _with_mirror_images(self, views: np.ndarray) -> np.ndarray:
        return np.concatenate([views, views[:, :, :, ::-1]]) if self.clip.flip else views

    def _network_for(self, model: keras.Model) -> TracedNetwork:
        """The one of the last call, if it was of the same model: it is traced."""
        if self._network is None or self._network.model is not model:
            self._network = TracedNetwork(model, self.clip, self.memory)
        return self._network


def _whole_frames(clip: ClipSpec) -> ClipSpec:
    """The same clips, of which the whole of each frame is seen."""
    if clip.track_motion:
        raise ValueError(
            "`fully_convolutional=True` shows whole frames, and `track_motion` of `clip` a "
            "crop. Choose one of them."
        )
    short_side = clip.short_side or (clip.size and min(clip.size))
    if short_side is None:
        raise ValueError(
            "`fully_convolutional=True` needs to know how large frames are: give `clip` a "
            "`short_side` or a `size`. Received: neither"
        )
    return replace(clip, num_crops=1, size=None, short_side=short_side)


def _listed(error_log: ErrorLog) -> str:
    return "" if error_log.path is None else f"; {os.fspath(error_log.path)!r} tells which and why"
