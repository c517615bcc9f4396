"""The published networks as plain PyTorch functions, with the tensor names of their checkpoints.

They were written from descriptions of the published code, and import nothing of the package, so
that they can serve as its reference. Weights are drawn randomly when the forward pass first needs
them, and stored under the name that the code base gives them: `network.weights` is a checkpoint.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
F = torch.nn.functional

EPSILON = 1e-5
BLOCKS = {2: 3, 3: 4, 4: 6, 5: 3}
PLAIN = {stage: (1,) * blocks for stage, blocks in BLOCKS.items()}
HEAVY = {stage: (3,) * blocks for stage, blocks in BLOCKS.items()}
I3D = {2: (3, 3, 3), 3: (3, 1, 3, 1), 4: (3, 1, 3, 1, 3, 1), 5: (1, 3, 1)}
NO_BLOCKS: dict[int, tuple[int, ...]] = {}
FIVE_BLOCKS = {3: (1, 3), 4: (1, 3, 5)}
TEN_BLOCKS = {3: (0, 1, 2, 3), 4: (0, 1, 2, 3, 4, 5)}

TORCH = {"w": "weight", "b": "bias", "s": "weight", "rm": "running_mean", "riv": "running_var"}
CAFFE2_NAMES = {
    "stem": "conv1_{field}",
    "stem norm": "res_conv1_bn_{field}",
    "conv": "res{stage}_{block}_branch2{letter}_{field}",
    "norm": "res{stage}_{block}_branch2{letter}_bn_{field}",
    "shortcut": "res{stage}_{block}_branch1_{field}",
    "shortcut norm": "res{stage}_{block}_branch1_bn_{field}",
    "non-local": "nonlocal_conv{stage}_{block}_{part}_{field}",
    "non-local norm": "nonlocal_conv{stage}_{block}_bn_{field}",
    "classifier": "pred_{field}",
}
SLOWFAST_NAMES = {
    "stem": "s1.pathway0_stem.conv.{field}",
    "stem norm": "s1.pathway0_stem.bn.{field}",
    "conv": "s{stage}.pathway0_res{block}.branch2.{letter}.{field}",
    "norm": "s{stage}.pathway0_res{block}.branch2.{letter}_bn.{field}",
    "shortcut": "s{stage}.pathway0_res{block}.branch1.{field}",
    "shortcut norm": "s{stage}.pathway0_res{block}.branch1_bn.{field}",
    "non-local": "s{stage}.pathway0_nonlocal{block}.conv_{part}.{field}",
    "non-local norm": "s{stage}.pathway0_nonlocal{block}.bn.{field}",
    "classifier": "head.projection.{field}",
}
PYTORCHVIDEO_NAMES = {
    "stem": "blocks.0.conv.{field}",
    "stem norm": "blocks.0.norm.{field}",
    "conv": "blocks.{after_pool}.res_blocks.{block}.branch2.conv_{letter}.{field}",
    "norm": "blocks.{after_pool}.res_blocks.{block}.branch2.norm_{letter}.{field}",
    "shortcut": "blocks.{after_pool}.res_blocks.{block}.branch1_conv.{field}",
    "shortcut norm": "blocks.{after_pool}.res_blocks.{block}.branch1_norm.{field}",
    "classifier": "blocks.6.proj.{field}",
}
GLUONCV_NAMES = {
    "stem": "first_stage.0.{field}",
    "stem norm": "first_stage.1.{field}",
    "conv": "res_layers.{from_zero}.{block}.conv{number}.{field}",
    "norm": "res_layers.{from_zero}.{block}.bn{number}.{field}",
    "shortcut": "res_layers.{from_zero}.{block}.downsample.0.{field}",
    "shortcut norm": "res_layers.{from_zero}.{block}.downsample.1.{field}",
    "non-local": "res_layers.{from_zero}.{block}.nonlocal_block.{part}.{field}",
    "non-local norm": "res_layers.{from_zero}.{block}.nonlocal_block.bn.{field}",
    "classifier": "fc.{field}",
}
TORCHVISION_NAMES = {
    "stem": "conv1.{field}",
    "stem norm": "bn1.{field}",
    "conv": "layer{from_one}.{block}.conv{number}.{field}",
    "norm": "layer{from_one}.{block}.bn{number}.{field}",
    "shortcut": "layer{from_one}.{block}.downsample.0.{field}",
    "shortcut norm": "layer{from_one}.{block}.downsample.1.{field}",
    "classifier": "fc.{field}",
}


@dataclass(frozen=True)
class Published:
    """How a code base builds its network.

    Attributes:
        names: The templates of its tensor names.
        head: What it averages over the positions: `"probabilities"`, `"logits"` or `"features"`.
        stem_kernel, stem_stride: Kernel and stride over time of the first convolution.
        pool1: Kernel and stride over time, and padding in space, of the first pooling.
        pool2: Kernel and stride over time of the pooling after res2.
        temporal: The kernels over time of the first convolution of every residual block.
        places: The residual blocks of each stage that a non-local block follows.
        pool_keys: Whether a non-local block pools by 2 in space before phi and g.
        affine: Whether scales and shifts replace batch norms, also in the non-local blocks.
        group: The number of frames in res3 that attend to each other; 0 means all.
        flat: Whether the kernels of the checkpoint have no time axis.
    """

    names: dict[str, str]
    head: str
    stem_kernel: int = 5
    stem_stride: int = 1
    pool1: tuple[int, int, int] = (1, 1, 1)
    pool2: int = 2
    temporal: dict[int, tuple[int, ...]] = field(default_factory=lambda: I3D)
    places: dict[int, tuple[int, ...]] = field(default_factory=lambda: NO_BLOCKS)
    pool_keys: bool = True
    dot_product: bool = False
    affine: bool = False
    group: int = 0
    flat: bool = False
    classes: int = 400


OFFICIAL_32X2 = Published(CAFFE2_NAMES, "probabilities", stem_stride=2, pool1=(2, 2, 0))
OFFICIAL_8X8 = Published(CAFFE2_NAMES, "probabilities", pool1=(1, 1, 0))
OFFICIAL_128X1 = replace(OFFICIAL_32X2, affine=True, group=4)
OFFICIAL_32X4 = replace(OFFICIAL_8X8, affine=True, group=4)
SLOWFAST = Published(SLOWFAST_NAMES, "probabilities")
SLOWFAST_PICKLE = replace(SLOWFAST, names=CAFFE2_NAMES)
SLOWFAST_NOPOOL_PICKLE = replace(SLOWFAST_PICKLE, pool2=1)
PYTORCHVIDEO = Published(PYTORCHVIDEO_NAMES, "logits")
GLUONCV = Published(GLUONCV_NAMES, "features", stem_stride=2, pool1=(1, 2, 1), pool_keys=False)
TORCHVISION = Published(
    TORCHVISION_NAMES,
    "features",
    stem_kernel=1,
    temporal=PLAIN,
    pool2=1,
    flat=True,
    classes=1000,
)


def as_c2d(published: Published) -> Published:
    """Returns the network of the same code base whose convolutions see one frame at a time."""
    return replace(published, stem_kernel=1, temporal=PLAIN)


class Network:
    """A published network with random weights and random statistics.

    It computes features and logits of clips `(B, 3, T, H, W)`, and probabilities of logits.
    """

    def __init__(self, published: Published, seed: int = 0):
        self.published = published
        self.random = np.random.default_rng(seed)
        self.weights: dict[str, np.ndarray] = {}

    def features(self, clips: torch.Tensor) -> torch.Tensor:
        """`(B, 3, T, H, W) -> (B, 2048, T', H', W')`"""
        here = self.published
        x = self._conv("stem", clips, 64, (here.stem_kernel, 7, 7), (here.stem_stride, 2, 2))
        x = F.relu(self._norm("stem norm", x))
        kernel, stride, padding = here.pool1
        x = F.max_pool3d(x, (kernel, 3, 3), (stride, 2, 2), (0, padding, padding))
        for stage, blocks in BLOCKS.items():
            for block in range(blocks):
                x = self._residual(x, stage, block)
                if block in here.places.get(stage, ()):
                    x = self._non_local(x, stage, block)
            if stage == 2:
                x = F.max_pool3d(x, (here.pool2, 1, 1))
        return x

    def logits(self, clips: torch.Tensor) -> torch.Tensor:
        """`(B, 3, T, H, W) -> (B, positions, classes)`, for windows of 7 x 7 or the whole map."""
        x = self.features(clips)
        if self.published.head == "features":
            x = x.mean(dim=(2, 3, 4), keepdim=True)
        else:
            x = F.avg_pool3d(x, (x.shape[2], 7, 7), stride=1)
        x = x.flatten(2).transpose(1, 2)
        classes = self.published.classes
        weight = self._draw("classifier", "w", (classes, 2048), 0.01)
        return x @ weight.T + self._draw("classifier", "b", (classes,), 0.1)

    def probabilities(self, logits: torch.Tensor) -> np.ndarray:
        """Averages over the positions as the code base does: `(B, classes)`."""
        if self.published.head == "probabilities":
            return logits.softmax(dim=-1).mean(dim=1).numpy()
        return logits.mean(dim=1).softmax(dim=-1).numpy()

    def _residual(self, x, stage, block):
        width = 64 * 2 ** (stage - 2)
        frames = self.published.temporal[stage][block]
        stride = 2 if stage > 2 and block == 0 else 1
        at = {"stage": stage, "block": block}
        y = self._conv("conv", x, width, (frames, 1, 1), **at, number=1)
        y = F.relu(self._norm("norm", y, **at, number=1))
        y = self._conv("conv", y, width, (1, 3, 3), (1, stride, stride), **at, number=2)
        y = F.relu(self._norm("norm", y, **at, number=2))
        y = self._conv("conv", y, 4 * width, (1, 1, 1), **at, number=3)
        # Less than one, so that the features do not explode over sixteen blocks.
        y = self._norm("norm", y, gain=0.35, **at, number=3)
        if block == 0:
            x = self._conv("shortcut", x, 4 * width, (1, 1, 1), (1, stride, stride), **at)
            x = self._norm("shortcut norm", x, **at)
        return F.relu(x + y)

    def _non_local(self, x, stage, block):
        here, at = self.published, {"stage": stage, "block": block}
        shape, channels = x.shape, x.shape[1] // 2
        if stage == 3 and here.group:
            x = _groups(x, here.group)
        pooled = F.max_pool3d(x, (1, 2, 2)) if here.pool_keys else x
        theta, phi, g = (
            self._pointwise(part, y, channels, **at).flatten(2)
            for part, y in (("theta", x), ("phi", pooled), ("g", pooled))
        )
        scores = theta.transpose(1, 2) @ phi
        if here.dot_product:
            weights = scores / phi.shape[2]
        else:
            weights = (scores * channels**-0.5).softmax(dim=2)
        y = (weights @ g.transpose(1, 2)).transpose(1, 2).reshape(len(x), channels, *x.shape[2:])
        y = self._pointwise("out", y, shape[1], **at)
        if not here.affine:
            y = self._norm("non-local norm", y, gain=1.5, **at)
        z = x + y
        return _ungroup(z, shape) if z.shape != shape else z

    def _conv(self, kind, x, channels, kernel, stride=(1, 1, 1), **at):
        shape = (channels, x.shape[1], *kernel)
        stored = shape[:2] + shape[3:] if self.published.flat else shape
        weight = self._draw(kind, "w", stored, (2 / np.prod(shape[1:])) ** 0.5, **at)
        padding = tuple(size // 2 for size in kernel)
        return F.conv3d(x, weight.reshape(shape), None, stride, padding)

    def _pointwise(self, part, x, channels, **at):
        gain = (
            0.1 if self.published.dot_product else 1.0
        )  # without a softmax it is cubic in its features
        gain = 0.3 if part == "out" else gain  # also moderate where no norm follows
        std = gain * x.shape[1] ** -0.5
        shape = (channels, x.shape[1], 1, 1, 1)
        weight = self._draw("non-local", "w", shape, std, part=part, **at)
        return F.conv3d(x, weight, self._draw("non-local", "b", (channels,), 0.1, part=part, **at))

    def _norm(self, kind, x, gain=1.0, **at):
        channels = (x.shape[1],)
        scale = self._draw(kind, "s", channels, 0.1 * gain, mean=gain, **at)
        shift = self._draw(kind, "b", channels, 0.1, **at)
        if self.published.affine:
            return x * scale[:, None, None, None] + shift[:, None, None, None]
        mean = self._draw(kind, "rm", channels, 0.2, **at)
        variance = self._draw(kind, "riv", channels, 0.2, mean=1.2, least=0.3, **at)
        return F.batch_norm(x, mean, variance, scale, shift, eps=EPSILON)

    def _draw(self, kind, field, shape, std, mean=0.0, least=-np.inf, **at):
        """Returns the tensor of this name, which is drawn at its first use."""
        name = self._name(kind, field, **at)
        if name not in self.weights:
            values = np.maximum(self.random.normal(mean, std, shape), least)
            self.weights[name] = values.astype("float32")
        return torch.from_numpy(self.weights[name])

    def _name(self, kind, field, stage=0, block=0, number=1, part=""):
        names = self.published.names
        return names[kind].format(
            field=field if names is CAFFE2_NAMES else TORCH[field],
            stage=stage,
            from_one=stage - 1,
            from_zero=stage - 2,
            after_pool={2: 1}.get(stage, stage),  # number 2 is the pooling
            block=block,
            number=number,
            letter="_abc"[number],
            part={"out": "W"}.get(part, part) if names is GLUONCV_NAMES else part,
        )


def _groups(x, frames):
    """Groups consecutive frames: `(B, C, T, H, W) -> (B T / frames, C, frames, H, W)`."""
    batch, channels, time, height, width = x.shape
    x = x.reshape(batch, channels, time // frames, frames, height, width)
    return x.transpose(1, 2).reshape(-1, channels, frames, height, width)


def _ungroup(x, shape):
    batch, channels, time, height, width = shape
    x = x.reshape(batch, -1, channels, x.shape[2], height, width)
    return x.transpose(1, 2).reshape(batch, channels, time, height, width)
