"""A strictly sequential loop over blocks that stacks what each step returns.

`keras.ops` has no such loop for TensorFlow: `scan` makes every output look like its carry, and
`map` runs ten steps at once, which takes the memory that a loop over blocks is there to save.
"""

from __future__ import annotations

import keras
from keras import ops


def loop_scan(step, carry, blocks):
    """`carry, output = step(carry, block)` for each leading index of `blocks`, in order.

    Args:
        step: Function of the carry and one slice of each of `blocks`. It returns the new carry
            (same shapes and dtypes) and one tensor of the dtype of `blocks[0]`.
        carry: Tuple of tensors, possibly empty.
        blocks: Tuple of tensors with one common first dimension, which may be dynamic.

    Returns:
        The last carry, and the outputs stacked along a new first dimension.
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
