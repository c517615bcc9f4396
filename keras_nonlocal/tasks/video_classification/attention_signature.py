"""How a bundle is asked what the non-local blocks of a video classifier attend to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import keras
import numpy as np
import tensorflow as tf

from ...explain.graph_positions import top_positions_in_graph
from ...explain.positions import top_positions
from ...explain.recording import blocks_of
from ...export.signature import Arrays, Signature, checked, checked_images

TOP_ATTENDED = 20


def attention_signature(
    classifier,
    network: keras.Model,
    preprocess: Callable[[tf.Tensor], tf.Tensor],
    clips: tf.TensorSpec,
    requests: Sequence[np.ndarray],
) -> Signature:
    """Returns `attention_top`: the positions that chosen positions of a block attend to most.

    Args:
        classifier: The `VideoClassifier`.
        network: Its network as the bundle holds it, with non-local blocks.
        preprocess: From the pixels of clips to the input of the network.
        clips: Shape and dtype of clips, `(B, T, H, W, 3)`.
        requests: Clips of this shape.
    """
    blocks = blocks_of(network)
    inputs = keras.Model(network.input, {name: block.input for name, block in blocks.items()})
    seen = inputs(preprocess(tf.constant(requests[0][:1])), training=False)
    grids = {name: tuple(seen[name].shape[1:-1]) for name in blocks}

    def find(clips, block, queries):
        is_known = tf.reduce_any(block[:1] == tf.constant([*blocks]))
        block = checked(
            block,
            "block",
            (tf.reduce_all(block == block[:1]) & is_known, f"one of {', '.join(blocks)}"),
        )
        index = tf.argmax(
            tf.cast(block[:1] == tf.constant([*blocks]), tf.int32), output_type="int32"
        )
        grid = tf.gather(tf.constant([*grids.values()]), index)
        on_grid = tf.reduce_all((queries >= 0) & (queries < grid))
        queries = checked(
            queries,
            "queries",
            (tf.size(queries) > 0, "at least one position"),
            (on_grid, f"positions t, h, w on the grid of its block: {grids}"),
        )
        features = inputs(preprocess(checked_images(clips, "clips")), training=False)

        def of_block(name):
            x = tf.ensure_shape(features[name], (None, *grids[name], None))
            return top_positions_in_graph(blocks[name], x, queries, TOP_ATTENDED)

        branches = [partial(of_block, name) for name in blocks]
        positions, weights = tf.switch_case(index, branches)
        return {"positions": positions, "weights": weights}

    def answer(clips, block, queries) -> Arrays:
        """Positions are left out: those of equal weights may come in another order."""
        found = top_positions(
            classifier.model, classifier.preprocess(clips), block[0].decode(), queries, TOP_ATTENDED
        )
        missing = TOP_ATTENDED - found.weights.shape[-1]
        return {"weights": np.pad(found.weights, [(0, 0), (0, 0), (0, missing)])}

    def request(clips, name):
        centers = np.array(grids[name], "int32") // 2
        queries = np.tile(np.stack([centers, 0 * centers]), (len(clips), 1, 1))
        return {"clips": clips, "block": np.array([name.encode()] * len(clips)), "queries": queries}

    asked = [
        request(each, name) for each, name in zip(requests, [*blocks] * len(requests), strict=False)
    ]
    return Signature(
        find,
        {
            "clips": clips,
            "block": tf.TensorSpec((None,), tf.string),
            "queries": tf.TensorSpec((None, None, 3), tf.int32),
        },
        asked,
        answer,
        tolerance=1e-4,
        refused={**asked[0], "queries": asked[0]["queries"] - 1},
    )
