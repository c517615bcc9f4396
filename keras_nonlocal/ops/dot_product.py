"""The dot product in the cheaper of its two associations, exactly.

`(theta phi^T) g / M` costs `N M (D + C)` and an N x M matrix; `theta (phi^T g) / M` costs
`(N + M) D C` and a D x C matrix. Same numbers, linear in the number of positions.
"""

from __future__ import annotations

from keras import ops

from .pairwise import key_weights, upcast, without_masked


def associated(theta, phi, g, key_mask=None):
    """`theta (phi^T g) / M`; arguments and result as for `pairwise.dense`."""
    phi, g = without_masked(phi, g, key_mask)
    theta, phi, values = upcast(theta), upcast(phi), upcast(g)
    summary = ops.matmul(ops.transpose(phi * key_weights(phi, key_mask), (0, 2, 1)), values)
    return ops.cast(ops.matmul(theta, summary), g.dtype)
