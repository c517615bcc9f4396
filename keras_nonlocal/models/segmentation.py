"""Semantic segmentation: the published non-local FCN, and the FCN it is compared with.

Source: MMSegmentation's `nonlocal_net` and `fcn` networks.
"""

from __future__ import annotations

import keras
from keras import layers

from ..backbones.blocks import conv_norm
from ..backbones.image_resnet import dilated_resnet
from ..layers.non_local import NonLocal2D
from ..layers.resize import ResizeLike
from ..ops.positions import check_channels_last
from ..utils.checks import PathLike, positive_int
from ..utils.roles import AUXILIARY, LOGITS
from ..weights.load import load_weights

_DOC = """{title} for semantic segmentation: logits of every pixel.

A dilated ResNet (features at 1/8), two 3x3 convolutions{between}, and a classifier.

Args:
    include_top: Whether to end in pixel classes; otherwise the backbone, whose
        `pyramid_outputs` are its stages.
    weights: `None`, or the path of a `.weights.h5` file.
    input_tensor: Keras tensor `(B, H, W, C)` to use as the input.
    input_shape: `(H, W, C)`; `(None, None, 3)` by default: any image will do.
    classes: Number of classes.
    classifier_activation: Activation of the top; `None`, the default, for logits.
    name: Name of the model.
    auxiliary_head: Whether to add the second classifier, on the features of res4, that helps
        training (loss weight 0.4): outputs are then `{{"logits": ..., "auxiliary": ...}}`.
    dropout: Rate at which whole channels are dropped before the classifier.

Returns:
    A functional `keras.Model` of normalized images; its output is `(B, H, W, classes)`.

Raises:
    ValueError: An argument that does not fit.

Example:

>>> model = keras_nonlocal.models.{name}(classes=21, input_shape=(64, 64, 3))
>>> model.output_shape
(None, 64, 64, 21)
"""


def _builder(builder: str, title: str, depth: int, non_local: bool):
    def build(
        include_top: bool = True,
        weights: PathLike | None = None,
        input_tensor: keras.KerasTensor | None = None,
        input_shape: tuple[int | None, ...] | None = None,
        classes: int = 19,
        classifier_activation: str | None = None,
        name: str = builder,
        *,
        auxiliary_head: bool = False,
        dropout: float = 0.1,
    ) -> keras.Model:
        check_channels_last(builder)
        positive_int("classes", classes)
        inputs = _inputs(input_tensor, input_shape)
        features = dilated_resnet(inputs, depth=depth, name=name)
        model = features
        if include_top:
            x = _head(features.output, non_local)
            outputs = _classify(x, inputs, classes, classifier_activation, dropout, LOGITS)
            if auxiliary_head:
                x = conv_norm(features.pyramid_outputs["P4"], 256, (3, 3), name=f"{AUXILIARY}_0")
                extra = _classify(x, inputs, classes, classifier_activation, dropout, AUXILIARY)
                outputs = {LOGITS: outputs, AUXILIARY: extra}
            model = keras.Model(features.input, outputs, name=name)
        if weights is not None:
            load_weights(keras.Model(inputs, model.output, name=name), weights)
        return model

    build.__name__ = build.__qualname__ = builder
    between = " with a non-local block between them" if non_local else ""
    build.__doc__ = _DOC.format(name=builder, title=title, between=between)
    return build


def _head(x, non_local):
    """Two convolutions, the block between them, and the features beside what they made."""
    y = conv_norm(x, 512, (3, 3), name="head_0")
    if non_local:
        y = NonLocal2D(256, scale=True, out_bias=False, name="head_nonlocal")(y)
    y = conv_norm(y, 512, (3, 3), name="head_1")
    x = layers.Concatenate(name="head_concatenate")([x, y])
    return conv_norm(x, 512, (3, 3), name="head_2")


def _classify(x, inputs, classes, activation, dropout, name):
    x = layers.SpatialDropout2D(dropout, name=f"{name}_dropout")(x)
    x = layers.Conv2D(classes, 1, name=name, dtype="float32")(x)
    x = ResizeLike(name=f"{name}_resize", dtype="float32")([x, inputs])
    return layers.Activation(activation, name=f"{name}_activation", dtype="float32")(x)


def _inputs(tensor, shape):
    if tensor is None:
        shape = (None, None, 3) if shape is None else tuple(shape)
        if len(shape) != 3:
            raise ValueError(f"`input_shape` must be (H, W, C). Received: input_shape={shape}")
        tensor = keras.Input(shape, name="image")
    if len(tensor.shape) != 4 or tensor.shape[-1] is None:
        raise ValueError(
            "The input must be (B, H, W, C) with a known number of channels. "
            f"Received: shape={tuple(tensor.shape)}"
        )
    return tensor


fcn_r50 = _builder("fcn_r50", "FCN on ResNet-50", 50, non_local=False)
fcn_r101 = _builder("fcn_r101", "FCN on ResNet-101", 101, non_local=False)
nl_fcn_r50 = _builder("nl_fcn_r50", "Non-local FCN on ResNet-50", 50, non_local=True)
nl_fcn_r101 = _builder("nl_fcn_r101", "Non-local FCN on ResNet-101", 101, non_local=True)
