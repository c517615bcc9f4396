"""Networks for semantic segmentation: the FCN, the non-local FCN, and its relatives.

Source: the networks `fcn`, `nonlocal_net`, `gcnet`, `dnlnet` and `ccnet` of MMSegmentation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
from keras import layers

from ..backbones.backbone import input_of
from ..backbones.blocks import conv_norm
from ..backbones.image_resnet import OUTPUT_STRIDES, image_resnet
from ..layers.criss_cross import CrissCross2D
from ..layers.disentangled import DisentangledNonLocal2D
from ..layers.global_context import GlobalContext2D
from ..layers.non_local import NonLocal2D
from ..layers.resize import ResizeLike
from ..ops.positions import check_channels_last
from ..pretrained.resolve import find_weights
from ..utils.checks import PathLike, one_of, positive_int
from ..utils.roles import AUXILIARY, LOGITS, NON_LOCAL_SUFFIX
from ..weights.load import load_weights


@dataclass(frozen=True)
class _Head:
    """A head of `width` channels.

    Attributes:
        title: Name of the network in the docstring.
        between: What stands between the first two convolutions, in words.
        block: From the width to the layer that stands there; `None` for the FCN.
    """

    title: str
    between: str = ""
    block: Callable[[int], Callable[..., keras.layers.Layer]] | None = None


_NAME = f"head{NON_LOCAL_SUFFIX}"
_HEADS = {
    "fcn": _Head("FCN"),
    "nl_fcn": _Head(
        "non-local FCN",
        " with a non-local block between them",
        lambda width: NonLocal2D(width // 2, scale=True, out_bias=False, name=_NAME),
    ),
    "gc_fcn": _Head(
        "GCNet",
        " with a global context block between them",
        lambda width: GlobalContext2D(width // 4, name=_NAME),
    ),
    "dnl_fcn": _Head(
        "disentangled non-local FCN",
        " with a disentangled non-local block between them",
        lambda width: DisentangledNonLocal2D(width // 2, out_bias=False, name=_NAME),
    ),
    "cc_fcn": _Head(
        "CCNet",
        " with criss-cross attention between them, applied twice",
        lambda width: CrissCross2D(width // 8, name=_NAME),
    ),
}


@dataclass(frozen=True)
class _Size:
    """The size of a network: layers, channels after the stem and of the head, output stride."""

    title: str
    depth: int
    width: int = 64
    head: int = 512
    output_stride: int = 8


_SIZES = {
    "r50": _Size("ResNet-50", 50),
    "r101": _Size("ResNet-101", 101),
    "small": _Size("a small ResNet of 18 layers", 18, 16, 64),
}


SEGMENTATION = tuple(f"{head}_{size}" for head in _HEADS for size in _SIZES)


def _builder(head_name: str, size_name: str):
    builder, head, size = f"{head_name}_{size_name}", _HEADS[head_name], _SIZES[size_name]

    def build(
        include_top: bool = True,
        weights: PathLike | None = None,
        input_tensor: keras.KerasTensor | None = None,
        input_shape: tuple[int | None, ...] | None = None,
        classes: int | None = None,
        classifier_activation: str | None = None,
        name: str = builder,
        *,
        align_corners: bool | None = None,
        output_stride: int | None = None,
        auxiliary_head: bool = False,
        dropout: float = 0.1,
    ) -> keras.Model:
        """Network for semantic segmentation: {title}.

        The network is a dilated ResNet with features at 1/{output_stride} of the size of the
        image, two 3x3 convolutions{between}, and a classifier for each pixel.

        Args:
            include_top: Whether to add the classifier. Without it, the model is a
                `keras_nonlocal.backbones.Backbone`.
            weights: `None` for random weights, the name of a card or of its data set such as
                `"cityscapes"`, `"imagenet"` to start training from, or the path of a `.weights.h5`
                file. Published files are downloaded.
            input_tensor: Keras tensor `(B, H, W, C)` to use as the input.
            input_shape: `(H, W, C)`. The default is `(None, None, 3)`, for images of any size.
            classes: Number of classes. The default is the number of the weights, or 19.
            classifier_activation: Activation of the classifier. `None` returns logits.
            name: Name of the model.
            align_corners: How the logits are resized to the size of the image, see
                `keras_nonlocal.layers.ResizeLike`. The default is that of the weights, or false.
            output_stride: 4, 8, 16 or 32: the size of the image divided by that of the features.
                Weights fit all of them. The default is that of the weights, or {output_stride}.
            auxiliary_head: Whether to add a second classifier on the features of res4, which helps
                training (loss weight 0.4). The output is then a dictionary with the keys `"logits"`
                and `"auxiliary"`.
            dropout: Fraction of the channels that are dropped before the classifier.

        Returns:
            A functional `keras.Model` of normalized images. Its output is `(B, H, W, classes)`.
            Without the classifier, a `keras_nonlocal.backbones.Backbone`.

        Raises:
            ValueError: An argument is invalid, or the weights do not fit.
            FileNotFoundError: The weights file does not exist.

        Example:

        >>> model = keras_nonlocal.models.{name}(classes=21, input_shape=(64, 64, 3))
        >>> model.output_shape
        (None, 64, 64, 21)
        """
        check_channels_last(builder)
        found = find_weights(weights, builder)
        trained = {"classes": 19, "align_corners": False, "output_stride": size.output_stride}
        if found.card is not None:
            trained |= {**found.card.arguments, "classes": len(found.card.classes)}
        given = {"classes": classes, "align_corners": align_corners, "output_stride": output_stride}
        chosen = {key: trained[key] if value is None else value for key, value in given.items()}
        positive_int("classes", chosen["classes"])
        one_of("output_stride", chosen["output_stride"], OUTPUT_STRIDES)
        if found.card is not None and include_top:
            _check_card(found.card.name, trained, chosen)
        inputs = input_of(input_tensor, input_shape, "HWC", "image")
        features = image_resnet(
            inputs,
            depth=size.depth,
            name=name,
            output_stride=chosen["output_stride"],
            width=size.width,
        )
        model = features
        if include_top:
            maps = _head(features, head, size.head, chosen["classes"], dropout, auxiliary_head)
            outputs = {
                key: _resized(x, inputs, classifier_activation, chosen["align_corners"], key)
                for key, x in maps.items()
            }
            outputs = outputs if auxiliary_head else outputs[LOGITS]
            model = keras.Model(features.input, outputs, name=name)
        if found.path is not None:
            load_weights(keras.Model(inputs, model.output, name=name), found.path, found.source)
        return model

    build.__name__ = build.__qualname__ = builder
    build.__doc__ = (build.__doc__ or "").format(
        name=builder,
        title=f"{head.title} on {size.title}",
        between=head.between,
        output_stride=size.output_stride,
    )
    return build


def _check_card(card: str, trained: dict, chosen: dict) -> None:
    for name in ("classes", "align_corners"):
        if chosen[name] != trained[name]:
            raise ValueError(
                f"The weights {card!r} belong to a network with {name}={trained[name]!r}. To begin "
                f"training from them, use `include_top=False`. Received: {name}={chosen[name]!r}"
            )


def _head(features, head: _Head, width: int, classes: int, dropout: float, auxiliary: bool) -> dict:
    """Returns the logits `(B, h, w, classes)` of the head, and of the auxiliary head."""
    x = features.output
    y = conv_norm(x, width, (3, 3), name="head_0")
    if head.block is not None:
        y = head.block(width)(y)
    y = conv_norm(y, width, (3, 3), name="head_1")
    x = layers.Concatenate(name="head_concatenate")([x, y])
    maps = {LOGITS: conv_norm(x, width, (3, 3), name="head_2")}
    if auxiliary:
        res4 = features.stage_outputs["res4"]
        maps[AUXILIARY] = conv_norm(res4, width // 2, (3, 3), name=f"{AUXILIARY}_0")
    return {key: _classify(x, classes, dropout, key) for key, x in maps.items()}


def _classify(x, classes, dropout, name):
    """Computes logits in float32, as half precision cannot separate similar scores."""
    x = layers.SpatialDropout2D(dropout, name=f"{name}_dropout")(x)
    return layers.Conv2D(classes, 1, name=name, dtype="float32")(x)


def _resized(x, inputs, activation, align_corners, name):
    resize = ResizeLike(align_corners=align_corners, name=f"{name}_resize", dtype="float32")
    x = resize([x, inputs])
    return layers.Activation(activation, name=f"{name}_activation", dtype="float32")(x)


fcn_r50 = _builder("fcn", "r50")
fcn_r101 = _builder("fcn", "r101")
fcn_small = _builder("fcn", "small")
nl_fcn_r50 = _builder("nl_fcn", "r50")
nl_fcn_r101 = _builder("nl_fcn", "r101")
nl_fcn_small = _builder("nl_fcn", "small")
gc_fcn_r50 = _builder("gc_fcn", "r50")
gc_fcn_r101 = _builder("gc_fcn", "r101")
gc_fcn_small = _builder("gc_fcn", "small")
dnl_fcn_r50 = _builder("dnl_fcn", "r50")
dnl_fcn_r101 = _builder("dnl_fcn", "r101")
dnl_fcn_small = _builder("dnl_fcn", "small")
cc_fcn_r50 = _builder("cc_fcn", "r50")
cc_fcn_r101 = _builder("cc_fcn", "r101")
cc_fcn_small = _builder("cc_fcn", "small")
