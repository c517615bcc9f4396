"""NL-I3D R50 in plain PyTorch, its blocks by `scaled_dot_product_attention`: the peer on a GPU.

The same network as `keras_nonlocal.models.nl_i3d_r50` in its variants `official_32x2` and
`official_8x8`, with the same names, so that `copy_weights` can give it the weights of ours.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.functional import max_pool3d, scaled_dot_product_attention

# Of each stage: width, first convolutions that reach over three frames, non-local blocks.
STAGES = {
    "res2": (64, (True, True, True), ()),
    "res3": (128, (True, False, True, False), (1, 3)),
    "res4": (256, (True, False, True, False, True, False), (1, 3, 5)),
    "res5": (512, (False, True, False), ()),
}
# Temporal stride of the stem; temporal size, which is also the stride, of its pooling.
STEMS = {"official_32x2": (2, 2), "official_8x8": (1, 1)}
KINDS = {
    "kernel": "weight",
    "gamma": "weight",
    "beta": "bias",
    "bias": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


class ConvNorm(nn.Module):
    """Convolution padded on both sides, batch norm, and ReLU if asked for."""

    def __init__(self, inputs, outputs, kernel, stride=(1, 1, 1), relu=True):
        super().__init__()
        padding = [size // 2 for size in kernel]
        self.conv = nn.Conv3d(inputs, outputs, kernel, stride, padding, bias=False)
        self.norm = nn.BatchNorm3d(outputs)
        self.relu = nn.ReLU(inplace=True) if relu else nn.Identity()

    def forward(self, x):
        return self.relu(self.norm(self.conv(x)))


class Bottleneck(nn.Module):
    """Three convolutions beside a shortcut."""

    def __init__(self, inputs, width, over_time, stride):
        super().__init__()
        strides = (1, stride, stride)
        first = ConvNorm(inputs, width, (3 if over_time else 1, 1, 1))
        last = ConvNorm(width, 4 * width, (1, 1, 1), relu=False)
        self.add_module("1", first)
        self.add_module("2", ConvNorm(width, width, (1, 3, 3), strides))
        self.add_module("3", last)
        self.shortcut = nn.Identity()
        if stride > 1 or inputs != 4 * width:
            self.shortcut = ConvNorm(inputs, 4 * width, (1, 1, 1), strides, relu=False)

    def forward(self, x):
        y = x
        for name in "123":
            y = self.get_submodule(name)(y)
        return torch.relu(y + self.shortcut(x))


class NonLocal(nn.Module):
    """Embedded Gaussian with keys pooled by two in space, as in the official code."""

    def __init__(self, channels):
        super().__init__()
        inner = channels // 2
        self.theta, self.phi, self.g = (nn.Conv3d(channels, inner, 1) for _ in range(3))
        self.out = nn.Conv3d(inner, channels, 1)
        self.norm = nn.BatchNorm3d(channels)

    def forward(self, x):
        keys = max_pool3d(x, (1, 2, 2))
        theta, phi, g = map(_rows, (self.theta(x), self.phi(keys), self.g(keys)))
        y = scaled_dot_product_attention(theta, phi, g)  # one head, scaled by D ** -0.5
        y = y.transpose(2, 3).reshape(len(x), -1, *x.shape[2:])
        return x + self.norm(self.out(y))


def _rows(x):
    """`(B, C, T, H, W) -> (B, 1, THW, C)`."""
    return x.flatten(2).transpose(1, 2).unsqueeze(1)


class NLI3D(nn.Module):
    """`(B, 3, T, H, W) -> (B, 400)`, logits; without dropout, so that losses can be compared."""

    def __init__(self, variant: str):
        super().__init__()
        stride, self.pool = STEMS[variant]
        self.conv1 = ConvNorm(3, 64, (5, 7, 7), (stride, 2, 2))
        channels = 64
        for stage, (width, over_time, non_local) in STAGES.items():
            layers = nn.Sequential()
            for index, over in enumerate(over_time):
                first = index == 0 and stage != "res2"
                layers.add_module(str(index), Bottleneck(channels, width, over, 1 + first))
                channels = 4 * width
                if index in non_local:
                    layers.add_module(f"{index}_nonlocal", NonLocal(channels))
            self.add_module(stage, layers)
        self.logits = nn.Linear(channels, 400)

    def forward(self, x):
        x = max_pool3d(self.conv1(x), (self.pool, 3, 3), (self.pool, 2, 2))
        x = max_pool3d(self.res2(x), (2, 1, 1))
        x = self.res5(self.res4(self.res3(x)))
        return self.logits(x.mean((2, 3, 4)))


@torch.no_grad()
def copy_weights(arrays, network: NLI3D) -> None:
    """Give the peer the weights of ours: `arrays` by path, such as `res2_0_1_conv/kernel`.

    Raises:
        ValueError: The two do not have the same weights, by name and by shape.
    """
    state = network.state_dict()
    places = {name.replace(".", "_"): name for name in state if "num_batches" not in name}
    for path, array in arrays.items():
        layer, _, kind = path.rpartition("/")
        place = places.pop(f"{layer.replace('/', '_')}_{KINDS[kind]}", None)
        if place is None:
            raise ValueError(f"The peer has no weight for {path}")
        if kind == "kernel":
            array = array.transpose(-1, -2, *range(array.ndim - 2))
        target = state[place]
        target.copy_(torch.tensor(array).reshape(target.shape))
    if places:
        raise ValueError(f"Ours has no weight for {sorted(places.values())}")
