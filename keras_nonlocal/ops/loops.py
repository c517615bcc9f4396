"""A sequential loop over blocks that stacks the outputs of its steps.

`keras.ops` has no such loop for TensorFlow: `scan` requires outputs of the shape of the carry, and
`map` runs ten steps in parallel, which takes the memory that a loop over blocks should save.
"""

from __future__ import annotations

import keras
from keras import ops


def loop_scan(step, carry, blocks):
    """Runs `carry, output = step(carry, block)` for each leading index of `blocks`, in order.

    Args:
        step: Function of the carry and one slice of each tensor in `blocks`. It returns the new
            carry, of the same shapes and dtypes, and one tensor of the dtype of `blocks[0]`.
        carry: Tuple of tensors, possibly empty.
        blocks: Tuple of tensors with the same first dimension, which may be dynamic.

    Returns:
        The final carry, and the outputs stacked along a new first dimension.
    """
    return _SCANS[keras.backend.backend()](step, carry, blocks)


def _tensorflow_scan(step, carry, blocks):
    import tensorflow as tf

    count = ops.shape(blocks[0])[0]

    def body(index, carry, outputs):
        carry, output = step(carry, tuple(block[index] for block in blocks))
        return index + 1, carry, outputs.write(index, output)

    outputs = tf.TensorArray(blocks[0].dtype, size=count)
    start = (tf.constant(0), carry, outputs)
    _, carry, outputs = tf.while_loop(
        lambda index, *_: index < count, body, start, parallel_iterations=1
    )
    return carry, outputs.stack()


def _jax_scan(step, carry, blocks):
    import jax

    return jax.lax.scan(step, carry, blocks)


def _torch_scan(step, carry, blocks):
    outputs = []
    for block in zip(*blocks, strict=True):
        carry, output = step(carry, block)
        outputs.append(output)
    return carry, ops.stack(outputs)


_SCANS = {"tensorflow": _tensorflow_scan, "jax": _jax_scan, "torch": _torch_scan}
