"""Independent references in float64 NumPy: loops for the values, formulas for the gradients."""

from __future__ import annotations

import itertools

import numpy as np

SOFTMAX = ("gaussian", "embedded_gaussian")


def pairwise_loops(instantiation, theta, phi, g, key_mask=None):
    """Section 3.2 of the paper, one pair of positions at a time."""
    batch, positions, _ = theta.shape
    y = np.zeros((batch, positions, g.shape[2]))
    for b, i in itertools.product(range(batch), range(positions)):
        keys = [j for j in range(phi.shape[1]) if key_mask is None or key_mask[b, j]]
        if not keys:
            continue
        logits = {j: float(np.dot(theta[b, i], phi[b, j])) for j in keys}
        if instantiation in SOFTMAX:
            largest = max(logits.values())
            f = {j: np.exp(logit - largest) for j, logit in logits.items()}
            normalizer = sum(f.values())
        elif instantiation == "dot_product":
            f, normalizer = logits, len(keys)
        else:
            f = {j: max(theta[b, i, 0] + phi[b, j, 0], 0.0) for j in keys}
            normalizer = len(keys)
        for j in keys:
            y[b, i] += f[j] * g[b, j] / normalizer
    return y


def pairwise(instantiation, theta, phi, g, dy, key_mask=None):
    """`y` and the gradients of `sum(y * dy)` for theta, phi and g, written as matrices."""
    theta, phi, g, dy = (np.asarray(x, "float64") for x in (theta, phi, g, dy))
    valid = np.ones(phi.shape[:2]) if key_mask is None else np.asarray(key_mask, "float64")
    valid = valid[:, None, :]
    share = valid / np.maximum(valid.sum(axis=2, keepdims=True), 1)
    dweights = np.einsum("bnc,bmc->bnm", dy, g)
    if instantiation == "concatenation":
        sums = theta + phi.transpose(0, 2, 1)
        weights = np.maximum(sums, 0) * share
        dsums = dweights * share * (sums > 0)
        dtheta, dphi = dsums.sum(2)[..., None], dsums.sum(1)[..., None]
    else:
        logits = np.einsum("bnd,bmd->bnm", theta, phi)
        if instantiation in SOFTMAX:
            largest = np.where(valid > 0, logits, -np.inf).max(axis=2, keepdims=True)
            largest = np.where(np.isfinite(largest), largest, 0)  # no valid key
            f = np.exp(np.where(valid > 0, logits - largest, -np.inf))
            weights = f / np.maximum(f.sum(axis=2, keepdims=True), 1e-300)
            dlogits = weights * (dweights - (weights * dweights).sum(axis=2, keepdims=True))
        else:
            weights, dlogits = logits * share, dweights * share
        dtheta = np.einsum("bnm,bmd->bnd", dlogits, phi)
        dphi = np.einsum("bnm,bnd->bmd", dlogits, theta)
    y = np.einsum("bnm,bmc->bnc", weights, g)
    return y, (dtheta, dphi, np.einsum("bnm,bnc->bmc", weights, dy))


def max_pool(x, sizes):
    """`(B, *grid, C)`, windows that do not overlap, what is left over dropped."""
    grid = [length // size for length, size in zip(x.shape[1:-1], sizes, strict=True)]
    y = np.empty((len(x), *grid, x.shape[-1]))
    for place in itertools.product(*map(range, grid)):
        window = tuple(
            slice(index * size, (index + 1) * size)
            for index, size in zip(place, sizes, strict=True)
        )
        part = x[(slice(None), *window)]
        y[(slice(None), *place)] = part.reshape(len(x), -1, x.shape[-1]).max(axis=1)
    return y


def block(layer, x):
    """A whole layer in inference."""
    weight = {w.path.split("/", 1)[1]: np.asarray(w.numpy(), "float64") for w in _host(layer)}
    kinds = {"NonLocal": non_local, "GlobalContext": global_context}
    kinds |= {"DisentangledNonLocal": disentangled, "CrissCross": criss_cross}
    return kinds[type(layer).__name__[:-2]](layer, weight, np.asarray(x, "float64"))


def global_context(layer, weight, x):
    """GCNet (arXiv:1904.11492), equation 5, for one sample after another."""
    z = x.copy()
    for sample, out in zip(x, z, strict=True):
        positions = [sample[place] for place in np.ndindex(sample.shape[:-1])]
        logits = [(p @ weight["context/kernel"] + weight["context/bias"])[0] for p in positions]
        share = _softmax(logits)
        context = sum(s * p for s, p in zip(share, positions, strict=True))
        y = context @ weight["reduce/kernel"] + weight["reduce/bias"]
        y = (y - y.mean()) / np.sqrt(y.var() + 1e-5) * weight["norm/gamma"] + weight["norm/beta"]
        out += np.maximum(y, 0) @ weight["expand/kernel"] + weight["expand/bias"]
    return z


def disentangled(layer, weight, x):
    """Disentangled non-local networks (arXiv:2006.06668), equation 10, by loops over sets."""
    names = ("theta", "phi", "g", "context")
    theta, phi, g, unary = (x @ weight[f"{n}/kernel"] + weight[f"{n}/bias"] for n in names)
    y = np.zeros_like(g)
    factor = (theta.shape[-1] ** -0.5 if layer.scale else 1.0) / layer.temperature
    for sample, (places, _) in itertools.product(
        range(len(x)), sets(layer, x.shape[1:-1], x.shape[1:-1])
    ):
        one = [(sample, *place) for place in places]
        mean_theta, mean_phi = (sum(t[p] for p in one) / len(one) for t in (theta, phi))
        salience = _softmax([unary[j][0] for j in one])
        for i in one:
            logits = [(theta[i] - mean_theta) @ (phi[j] - mean_phi) * factor for j in one]
            for pair, single, j in zip(_softmax(logits), salience, one, strict=True):
                y[i] += (pair + single) * g[j]
    return x + _out(layer, weight, y)


def criss_cross(layer, weight, x):
    """CCNet (arXiv:1811.11721), one position at a time."""
    for _ in range(layer.recurrence):
        theta, phi, g = (
            x @ weight[f"{name}/kernel"] + weight[f"{name}/bias"] for name in ("theta", "phi", "g")
        )
        y = np.zeros_like(x)
        for place in np.ndindex(x.shape[:-1]):
            keys = {
                (*place[:axis], other, *place[axis + 1 :])
                for axis in range(1, x.ndim - 1)
                for other in range(x.shape[axis])
            }
            keys = sorted(keys)
            share = _softmax([theta[place] @ phi[key] for key in keys])
            y[place] = sum(s * g[key] for s, key in zip(share, keys, strict=True))
        x = x + weight["gamma"] * y
    return x


def _softmax(logits):
    f = np.exp(np.array(logits) - max(logits))
    return f / f.sum()


def _out(layer, weight, y):
    """The output projection, and the norm if there is one."""
    y = y @ weight["out/kernel"] + weight.get("out/bias", 0)
    if layer.norm_type == "batch":
        y = (y - weight["norm/moving_mean"]) / np.sqrt(weight["norm/moving_variance"] + 1e-5)
        y = y * weight["norm/gamma"] + weight["norm/beta"]
    return y


def non_local(layer, weight, x):
    """Equation 1 of the paper, by loops over the sets of positions that attend."""
    pools = layer.pool_sizes

    def project(name, inputs):
        if f"{name}/kernel" not in weight:
            return inputs
        return inputs @ weight[f"{name}/kernel"] + weight.get(f"{name}/bias", 0)

    before = layer.pool_position == "before"
    source = max_pool(x, pools) if before else x
    theta, phi, g = project("theta", x), project("phi", source), project("g", source)
    if not before:
        phi, g = max_pool(phi, pools), max_pool(g, pools)
    if layer.instantiation == "concatenation":
        half = len(weight["w_f"]) // 2
        theta = theta @ weight["w_f"][:half, None]
        phi = phi @ weight["w_f"][half:, None]
    if layer.scale:
        theta = theta * theta.shape[-1] ** -0.5
    y = np.zeros((*x.shape[:-1], g.shape[-1]))
    for queries, keys in sets(layer, x.shape[1:-1], g.shape[1:-1]):
        rows = pairwise_loops(
            layer.instantiation,
            np.stack([theta[(slice(None), *place)] for place in queries], axis=1),
            np.stack([phi[(slice(None), *place)] for place in keys], axis=1),
            np.stack([g[(slice(None), *place)] for place in keys], axis=1),
        )
        for index, place in enumerate(queries):
            y[(slice(None), *place)] = rows[:, index]
    return x + _out(layer, weight, y)


def sets(layer, grid, key_grid):
    """Queries and keys, as grid places, of each set that attends within itself."""
    groups = layer.temporal_groups

    def key(place, frames):
        group = place[0] * groups // frames
        if layer.rank < 3 or layer.axes == "spacetime":
            return (group,)
        return (group, place[0]) if layer.axes == "space" else (group, *place[1:])

    found = {}
    for place in itertools.product(*map(range, grid)):
        found.setdefault(key(place, grid[0]), ([], []))[0].append(place)
    for place in itertools.product(*map(range, key_grid)):
        found[key(place, key_grid[0])][1].append(place)
    return found.values()


def _host(layer):
    class Weight:
        def __init__(self, variable):
            import keras

            self.path = variable.path
            self.value = keras.ops.convert_to_numpy(variable)

        def numpy(self):
            return self.value

    return [Weight(variable) for variable in layer.weights]
