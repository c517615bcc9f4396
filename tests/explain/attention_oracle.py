"""The attention of a block from its weights, written anew in NumPy, position by position."""

import itertools

import numpy as np


def attention(layer, x, query, mask=None):
    """Weights `(*grid)` of one position: those of pooled keys, divided among their positions."""
    grid, pool = x.shape[:-1], layer.pool_sizes
    valid = np.ones(grid, bool) if mask is None else mask
    theta, phi, g = (_projected(layer, name, x) for name in ("theta", "phi", "g"))
    weights, windows = [], []
    for corner in itertools.product(*[range(s // p) for s, p in zip(grid, pool, strict=True)]):
        spans = [range(c * p, c * p + p) for c, p in zip(corner, pool, strict=True)]
        window = [place for place in itertools.product(*spans) if valid[place]]
        if not window or not _attends(layer, query, corner, grid):
            continue
        if layer.pool_position == "before":
            read = x
            key = _projected(layer, "phi", np.max([x[place] for place in window], axis=0))
        else:
            read = g
            key = np.max([phi[place] for place in window], axis=0)
        weights.append(_affinity(layer, theta[query], key))
        windows.append(_shares(read, window))
    weights = np.array(weights, "float64")
    if "gaussian" in layer.instantiation:
        weights = np.exp(weights - weights.max())
        weights /= weights.sum()
    else:
        weights = weights / len(weights)
    row = np.zeros(grid)
    for weight, shares in zip(weights, windows, strict=True):
        for place, share in shares.items():
            row[place] = weight * share
    return row


def _projected(layer, name, x):
    if layer.instantiation == "gaussian" and name != "g":
        return x
    dense = getattr(layer, name)
    return x @ np.asarray(dense.kernel) + np.asarray(dense.bias)


def _affinity(layer, theta, phi):
    if layer.instantiation == "concatenation":
        return max(float(np.concatenate([theta, phi]) @ np.asarray(layer.w_f)), 0.0)
    return float(theta @ phi) * (len(theta) ** -0.5 if layer.scale else 1.0)


def _attends(layer, query, corner, grid):
    if layer.axes == "time":
        return query[1:] == corner[1:]
    return layer.axes != "space" or len(grid) < 3 or query[0] == corner[0]


def _shares(values, window):
    """Of each position in a window, the share of the channels of which it has the maximum."""
    shares = dict.fromkeys(window, 0.0)
    channels = values.shape[-1]
    for channel in range(channels):
        best = max(values[place][channel] for place in window)
        winners = [place for place in window if values[place][channel] == best]
        for place in winners:
            shares[place] += 1 / len(winners) / channels
    return shares
