"""The positions that chosen positions of a non-local block attend to most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from ..utils.checks import positive_int
from .evidence import record_with_gradient
from .pixel_grid import PixelGrid
from .queries import Box, Position, grid_in_pixels, resolve
from .recording import find_block, record
from .rows import rows_of_sample


@dataclass(frozen=True, eq=False)
class TopPositions:
    """The positions that some positions of a block attend to most.

    All positions are integers on the grid of the block, `(t, h, w)`, `(h, w)` or `(step,)`.

    Attributes:
        block: Name of the block.
        cells: The grid of the block.
        queries: The positions that attend, `(B, Q, rank)`.
        positions: What they attend to, strongest first, `(B, Q, k, rank)`. Where a position
            attends to fewer than k others, the rest is -1.
        weights: The weights of these, `(B, Q, k)`; zero for the rest.
        pixels: Where the cells are in the input: `pixels.centers(positions)`. It is `None` for
            blocks on regions of an image.

    Raises:
        ValueError: The arrays do not fit together.

    Example:

    >>> found = keras_nonlocal.explain.TopPositions(
    ...     "res3_1_nonlocal",
    ...     cells=(4, 8, 8),
    ...     queries=np.array([[(0, 3, 3)]]),
    ...     positions=np.array([[[(1, 3, 4), (2, 5, 5)]]]),
    ...     weights=np.array([[[0.2, 0.1]]]),
    ... )
    >>> found.positions[0, 0, 0].tolist()  # the strongest of the first query of the first clip
    [1, 3, 4]
    """

    block: str
    cells: tuple[int, ...]
    queries: np.ndarray
    positions: np.ndarray
    weights: np.ndarray
    pixels: PixelGrid | None = None

    def __post_init__(self):
        samples, queries, rank = self.queries.shape
        k = self.weights.shape[-1]
        fits = self.weights.shape == (samples, queries, k) and rank == len(self.cells)
        if not fits or self.positions.shape != (samples, queries, k, rank):
            raise ValueError(
                "`queries` must be (B, Q, rank), `positions` (B, Q, k, rank) and `weights` "
                f"(B, Q, k). Received: {self.queries.shape}, {self.positions.shape} and "
                f"{self.weights.shape} for a grid {self.cells}"
            )


def top_positions(
    model: keras.Model,
    inputs: Any,
    block: str | None = None,
    queries: str | Position | Box | Any = None,
    k: int = 20,
    *,
    other_frames: bool = False,
) -> TopPositions:
    """Finds the positions that chosen positions of a block attend to most.

    The rows of attention are computed a few at a time, and only the strongest weights of each are
    kept, so all positions of a large block can be asked.

    What a weight means depends on the pairwise function:

    - Gaussian and embedded Gaussian: the share of the value `g` of a position in the sum. Weights
      are positive, and those of a query sum to one. Disentangled blocks: so too, for the pairwise
      term; the unary term is the same for all queries and is left out.
    - Dot product: the affinity divided by the number of keys. It may be negative, and then the
      value is subtracted. Positions are ordered by the size of the weight, and the sum is not one.
    - Concatenation: `ReLU(a_i + b_j)` divided by the number of keys. All queries order the
      positions alike, by `b_j`. They differ in how many positions pass the ReLU: a weight of zero
      is no attention.

    Where keys are pooled, the weight of a window is divided among its positions, see
    `attention_maps`.

    Source: Figure 3 of the paper.

    Args:
        model: A functional model with a non-local block: a network of this package, one that
            `keras_nonlocal.surgery.insert_nonlocal` has changed, or your own.
        inputs: A batch, preprocessed, as the model takes it: an array, or a dictionary of these.
        block: Name of the block; `"outer/inner"` in a model within the model. The default is the
            first block, which has the finest grid. If a block is called several times, the first
            call counts.
        queries: The positions that attend:

            - `"motion"`: where each clip differs most from its mean over time;
            - `"strongest"`: where the block speaks most for the answer, see `class_evidence`;
            - a `Position`: the cell at a pixel of a frame;
            - a `Box`: the cells with their centers in a rectangle of a frame;
            - integers `(Q, rank)` on the grid of the block, or `(B, Q, rank)` for other positions
              in each sample.

            The default is `"motion"` for clips and sequences, and `"strongest"` for images.
        k: Number of positions to find for each query.
        other_frames: Whether to leave out the frame of the query, as in Figure 3.

    Returns:
        A `TopPositions`. In the head of a detection network, B counts the regions of all images.

    Raises:
        ValueError: An argument is invalid, the block does not exist or its attention has no rows,
            or it attends to no other frame.

    Example:

    >>> model = keras_nonlocal.models.nl_i3d_small()
    >>> clips = np.zeros((2, 32, 64, 64, 3), "float32")
    >>> found = keras_nonlocal.explain.top_positions(model, clips, k=5)
    >>> found.block, found.positions.shape
    ('res3_1_nonlocal', (2, 1, 5, 3))
    """
    positive_int("k", k)
    rank, gradient = find_block(model, block)[1].rank, None
    if queries is None:
        queries = "strongest" if rank == 2 else "motion"
    if other_frames and rank == 2:
        raise ValueError(
            "`other_frames=True` leaves out the frame of the query, so the block must see clips or "
            f"sequences. Received: {block or 'the first block'}, which sees images"
        )
    if isinstance(queries, str) and queries == "strongest":
        call, gradient = record_with_gradient(model, inputs, block)
    else:
        call = record(model, inputs, block)
    chosen = resolve(model, inputs, call, queries, gradient)
    cells = tuple(int(size) for size in call.x.shape[1:-1])
    k = min(k, int(np.prod(cells)))
    positions = np.full((*chosen.shape[:2], k, len(cells)), -1)
    weights = np.zeros((*chosen.shape[:2], k), "float32")
    for sample, of_sample in enumerate(chosen):
        for part, rows in rows_of_sample(call, sample, of_sample):
            if other_frames:
                rows[np.arange(len(rows)), of_sample[part, 0]] = 0
            best, values = _strongest(rows.reshape(len(rows), -1), k)
            weights[sample, part] = values
            found = np.stack(np.unravel_index(best, cells), axis=-1)
            positions[sample, part] = np.where(values[..., None] != 0, found, -1)
    if other_frames and not weights.any():
        raise ValueError(
            f"{call.name} attends to no other frame: axes={call.layer.axes!r}, temporal_groups="
            f"{call.layer.temporal_groups}, grid={cells}. Take another `block`."
        )
    pixels = grid_in_pixels(model, inputs, call)
    return TopPositions(call.name, cells, chosen, positions, weights, pixels)


def _strongest(rows: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices and values of the k largest sizes of each row, largest first."""
    sizes = np.abs(rows)
    best = np.sort(np.argpartition(-sizes, k - 1, axis=1)[:, :k], axis=1)
    order = np.argsort(-np.take_along_axis(sizes, best, axis=1), axis=1, kind="stable")
    best = np.take_along_axis(best, order, axis=1)
    return best, np.take_along_axis(rows, best, axis=1)
