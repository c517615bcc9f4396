"""Evaluation as in the paper: the probabilities of many views of each video are averaged."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np

from ...data.error_log import ErrorLog
from ...data.manifest import Manifest
from ...data.sources.check import check_class_numbers, check_manifest
from ...data.workers.pool import cores
from ...metrics.scores import Scores
from ...utils.checks import PathLike, one_of, positive_int
from ...utils.progress import progress_bar
from ...video.clip_reader import ClipReader
from ...video.clip_spec import ClipSpec, a_clip
from ...video.decoding.container import VideoError
from ...video.shards.evaluation import ShardManifest, ShardReader, read_videos
from ...weights.assign import check_weights
from .evaluation_checks import check_classes, check_input_shape, check_shard_index
from .score_store import ScoreStore
from .traced_network import TracedNetwork, digest
from .view_batches import Batch, ShapeBatcher, prefetch


class Evaluator:
    """Evaluates a network on whole videos.

    Each video is cut into `clip.num_clips` clips at regular intervals, and each clip into
    `clip.num_crops` crops along its longer side. The probabilities of all these views are averaged.
    With `fully_convolutional=True` the network receives whole frames of any shape instead of
    crops, as in the paper, and its head averages over positions.

    Threads read the next videos while the network runs. Views of equal shape are batched across
    videos, as many as fit into `memory`; the result does not depend on the batches.

    Args:
        clip: How a video becomes the input of the network: frames, size, views, normalization.
            Without `mean` and `std` the network receives float32 pixels.
        fully_convolutional: Whether to evaluate whole frames, scaled to a shorter side of
            `clip.short_side` pixels, or else to the smaller side of `clip.size`.
        memory: Number of bytes that the network may use for its features, as estimated by
            `keras_nonlocal.cost.inference_bytes`, and that waiting views may use.
        on_error: `"raise"` stops at a video that cannot be read, `"skip"` skips it. A skipped
            video is never replaced by another one.
        error_log: A JSON lines file to which each such video is added.
        num_parallel_calls: Number of videos to read in parallel; `None` for one for each core.

    Raises:
        ValueError: A value is out of range, or two values contradict each other.

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
        """Number of views of a video: clips x crops, and their mirror images."""
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
        """Computes the scores of each video of a source.

        Args:
            model: A functional model from preprocessed clips to probabilities.
            source: Labeled videos, in any form that `keras_nonlocal.data.read_source` reads, or a
                folder of shards.
            folder: Folder where each process saves its scores in a file of its own. A second call
                with the same arguments resumes, and reads skipped videos again. A call that is
                killed loses the scores of the last ten seconds.
            shard: `(index, count)`: this process evaluates every `count`-th video, starting with
                `index`. `read_scores(folder)` merges the scores of all processes.
            split: Name of the split to evaluate on; `None` for all videos.
            class_names: Classes of the network's outputs, in order, with which the labels of the
                source are looked up. By default the classes of the source.
            root: Folder of the videos, as in `read_source`.
            progress: Whether to show a progress bar, if standard error is a terminal.
            check: Whether to call `check` before the first video is read.

        Returns:
            The scores of this process's videos, in the order of the source.

        Raises:
            ValueError: The source, its classes and the network do not fit each other, a weight is
                not finite, or the folder holds scores with other settings.
            VideoError, OSError: A video cannot be read, and `on_error` is `"raise"`. The scores so
                far are saved.
        """
        check_shard_index(shard)
        manifest = read_videos(source, split=split, class_names=class_names, root=root)
        if check:
            self.check(model, manifest)
        check_weights(model)
        store = self._score_store(model, manifest, folder, shard)
        if store.remaining:
            self._score(model, manifest, store, progress)
        else:
            store.save()
        if store.skipped:
            path = self.error_log.path
            details = "" if path is None else f"; {os.fspath(path)!r} lists them with the causes"
            warnings.warn(
                f"{store.skipped} of {len(manifest)} videos could not be read and are missing "
                f"from the scores{details}.",
                stacklevel=2,
            )
        return store.scores()

    def check(self, model: keras.Model, manifest: Manifest) -> None:
        """Checks that the network, the classes and the views fit, and that all files exist.

        Raises:
            ValueError: Something does not fit, or a file is missing.
        """
        check_classes(model, manifest)
        check_input_shape(model, self.clip.input_shape)
        if isinstance(manifest, ShardManifest):
            check_class_numbers(manifest)
        else:
            check_manifest(manifest)

    def _score_store(self, model, manifest: Manifest, folder: PathLike | None, shard) -> ScoreStore:
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

    def _score(self, model: keras.Model, manifest: Manifest, store: ScoreStore, progress: bool):
        """Reads the remaining videos, batches their views and stores the probabilities."""
        network = self._network_for(model)
        batcher = ShapeBatcher(network.batch_size, self.memory)
        reader = self._reader(manifest)
        remaining = store.remaining
        bar = progress_bar(len(remaining), shown=progress)

        def read_views(row: int) -> np.ndarray:
            views, _ = reader(row, 0)
            return views

        def predict(batches: Iterable[Batch]) -> None:
            for rows, views in batches:
                store.add(rows, network(views))

        try:
            for row, views in prefetch(read_views, remaining, self.num_parallel_calls):
                store.skipped += not len(views)
                if len(views):
                    predict(batcher.add(row, self._with_mirror_images(views)))
                if store.is_due:
                    predict(batcher.flush())
                    store.save()
                bar.update()
            predict(batcher.flush())
        except (VideoError, OSError):
            predict(batcher.flush())
            raise
        finally:
            store.save()
            bar.close()

    def _reader(self, manifest: Manifest) -> ClipReader | ShardReader:
        if isinstance(manifest, ShardManifest):
            return ShardReader(manifest, self.clip)
        return ClipReader(
            manifest,
            self.clip,
            training=False,
            on_error=self.on_error,
            error_log=self.error_log,
            by_clip=False,
        )

    def _with_mirror_images(self, views: np.ndarray) -> np.ndarray:
        return np.concatenate([views, views[:, :, :, ::-1]]) if self.clip.flip else views

    def _network_for(self, model: keras.Model) -> TracedNetwork:
        """The network of the last call if it has the same model, because tracing is slow."""
        if self._network is None or self._network.model is not model:
            self._network = TracedNetwork(model, self.clip, self.memory)
        return self._network


def _whole_frames(clip: ClipSpec) -> ClipSpec:
    """The same clips with whole frames instead of crops."""
    if clip.track_motion:
        raise ValueError(
            "`fully_convolutional=True` needs whole frames, but `track_motion` of `clip` crops "
            "them. Use only one of the two."
        )
    short_side = clip.short_side or (clip.size and min(clip.size))
    if short_side is None:
        raise ValueError(
            "`fully_convolutional=True` needs a `clip` with a `short_side` or a `size`. "
            "Received: neither"
        )
    return replace(clip, num_crops=1, size=None, short_side=short_side)
