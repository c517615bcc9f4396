"""Tensor names and layouts of other code bases, to make checkpoints without PyTorch.

The names are written here a second time and in the other direction, so that a typo in a table of
the package does not pass unless it is made twice.
"""

from __future__ import annotations

import numpy as np

DEPTHS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}
PLACES = {
    (50, 0): {},
    (50, 5): {3: (1, 3), 4: (1, 3, 5)},
    (50, 10): {3: (0, 1, 2, 3), 4: (0, 1, 2, 3, 4, 5)},
    (101, 0): {},
    (101, 5): {3: (1, 3), 4: (6, 13, 20)},
    (101, 10): {3: (0, 1, 2, 3), 4: (2, 6, 10, 14, 18, 22)},
}
CAFFE2_NORM = ("s", "b", "rm", "riv")
TORCH_NORM = ("weight", "bias", "running_mean", "running_var")


def caffe2(stage, block, part):
    return {
        "stem": ("conv1_w", "res_conv1_bn_"),
        "conv": (f"res{stage}_{block}_branch2{part}_w", f"res{stage}_{block}_branch2{part}_bn_"),
        "shortcut": (f"res{stage}_{block}_branch1_w", f"res{stage}_{block}_branch1_bn_"),
        "block": (f"nonlocal_conv{stage}_{block}_{part}_", f"nonlocal_conv{stage}_{block}_bn_"),
        "classifier": ("pred_", ""),
    }


def slowfast(stage, block, part):
    at = f"s{stage}.pathway0_"
    return {
        "stem": ("s1.pathway0_stem.conv.weight", "s1.pathway0_stem.bn."),
        "conv": (
            f"{at}res{block}.branch2.{part}.weight",
            f"{at}res{block}.branch2.{part}_bn.",
        ),
        "shortcut": (f"{at}res{block}.branch1.weight", f"{at}res{block}.branch1_bn."),
        "block": (f"{at}nonlocal{block}.conv_{part}.", f"{at}nonlocal{block}.bn."),
        "classifier": ("head.projection.", ""),
    }


def mmaction2(stage, block, part):
    at = f"backbone.layer{stage - 1}.{block}."
    number = {"a": 1, "b": 2, "c": 3}.get(part)
    inner = {"phi": "phi.0", "g": "g.0", "out": "conv_out"}.get(part, part)
    return {
        "stem": ("backbone.conv1.conv.weight", "backbone.conv1.bn."),
        "conv": (f"{at}conv{number}.conv.weight", f"{at}conv{number}.bn."),
        "shortcut": (f"{at}downsample.conv.weight", f"{at}downsample.bn."),
        "block": (f"{at}non_local_block.{inner}.conv.", f"{at}non_local_block.conv_out.bn."),
        "classifier": ("cls_head.fc_cls.", ""),
    }


def gluoncv(stage, block, part):
    at = f"res_layers.{stage - 2}.{block}."
    number = {"a": 1, "b": 2, "c": 3}.get(part)
    inner = {"out": "W"}.get(part, part)
    return {
        "stem": ("first_stage.0.weight", "first_stage.1."),
        "conv": (f"{at}conv{number}.weight", f"{at}bn{number}."),
        "shortcut": (f"{at}downsample.0.weight", f"{at}downsample.1."),
        "block": (f"{at}nonlocal_block.{inner}.", f"{at}nonlocal_block.bn."),
        "classifier": ("fc.", ""),
    }


def pytorchvideo(stage, block, part):
    at = f"blocks.{1 if stage == 2 else stage}.res_blocks.{block}."
    return {
        "stem": ("blocks.0.conv.weight", "blocks.0.norm."),
        "conv": (f"{at}branch2.conv_{part}.weight", f"{at}branch2.norm_{part}."),
        "shortcut": (f"{at}branch1_conv.weight", f"{at}branch1_norm."),
        "classifier": ("blocks.6.proj.", ""),
    }


def torchvision(stage, block, part):
    at = f"layer{stage - 1}.{block}."
    number = {"a": 1, "b": 2, "c": 3}.get(part)
    return {
        "stem": ("conv1.weight", "bn1."),
        "conv": (f"{at}conv{number}.weight", f"{at}bn{number}."),
        "shortcut": (f"{at}downsample.0.weight", f"{at}downsample.1."),
        "classifier": ("fc.", ""),
    }


NAMINGS = {
    function.__name__: function
    for function in (caffe2, slowfast, mmaction2, gluoncv, pytorchvideo, torchvision)
}
VIDEO_SOURCES = tuple(NAMINGS)  # with torchvision, whose image networks are inflated


def entries(source, depth=50, blocks=0):
    """Returns the tensors of a network, as pairs of the source's name and this package's name."""
    naming = NAMINGS[source]
    weight, bias = ("w", "b") if source == "caffe2" else ("weight", "bias")

    def norm(prefix, here):
        fields = CAFFE2_NORM if source == "caffe2" else TORCH_NORM
        ours = ("gamma", "beta", "moving_mean", "moving_variance")
        return [(prefix + a, f"{here}/{b}") for a, b in zip(fields, ours, strict=True)]

    def conv(kind, here, *at):
        kernel, prefix = naming(*at)[kind]
        return [(kernel, f"{here}_conv/kernel"), *norm(prefix, f"{here}_norm")]

    names = conv("stem", "conv1", 0, 0, "")
    for stage, count in zip((2, 3, 4, 5), DEPTHS[depth], strict=True):
        for block in range(count):
            here = f"res{stage}_{block}"
            for number, part in enumerate("abc", start=1):
                names += conv("conv", f"{here}_{number}", stage, block, part)
            if block == 0:
                names += conv("shortcut", f"{here}_shortcut", stage, block, "")
            if block in PLACES[depth, blocks].get(stage, ()):
                here = f"{here}_nonlocal"
                for part in ("theta", "phi", "g", "out"):
                    prefix = naming(stage, block, part)["block"][0]
                    names.append((prefix + weight, f"{here}/{part}/kernel"))
                    if not (source == "mmaction2" and part == "out"):
                        names.append((prefix + bias, f"{here}/{part}/bias"))
                names += norm(naming(stage, block, "")["block"][1], f"{here}/norm")
    if source != "torchvision":
        prefix = naming(0, 0, "")["classifier"][0]
        names += [(prefix + weight, "logits/kernel"), (prefix + bias, "logits/bias")]
    return names


def their_layout(here, array):
    """Converts an array of this package to the layout of PyTorch and Caffe2."""
    if array.ndim == 5:
        return np.transpose(array, (4, 3, 0, 1, 2))
    if array.ndim == 2 and "_nonlocal/" in here:
        return array.T[:, :, None, None, None]
    return array.T if array.ndim == 2 else array
