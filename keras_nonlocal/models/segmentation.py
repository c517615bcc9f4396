"""Networks for semantic segmentation: the FCN, and the non-local FCN.

Source: the networks `nonlocal_net` and `fcn` of MMSegmentation.
"""

from __future__ import annotations

import keras
from keras import layers

from ..backbones.backbone import input_of
from ..backbones.blocks import conv_norm
from ..backbones.image_resnet import dilated_resnet
from ..layers.non_local import NonLocal2D
from ..layers.resize import ResizeLike
from ..ops.positions import check_channels_last
from ..utils.checks import PathLike, positive_int
from ..utils.roles import AUXILIARY, LOGITS
from ..weights.load import load_weights


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
        """Network for semantic segmentation: {title}.

        The network is a dilated ResNet with features at 1/8 of the size of the image, two 3x3
        convolutions{between}, and a classifier for each pixel.

        Args:
            include_top: Whether to add the classifier. Without it, the model is the backbone, and
                `pyramid_outputs` has the outputs of its stages.
            weights: Path of a `.weights.h5` file, or `None` for random weights.
            input_tensor: Keras tensor `(B, H, W, C)` to use as the input.
            input_shape: `(H, W, C)`. The default is `(None, None, 3)`, for images of any size.
            classes: Number of classes.
            classifier_activation: Activation of the classifier. `None` returns logits.
            name: Name of the model.
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
        positive_int("classes", classes)
        inputs = input_of(input_tensor, input_shape, "HWC", "image")
        features = dilated_resnet(inputs, depth=depth, name=name)
        model = features
        if include_top:
            x = _head(features.output, non_local)
            outputs = _classify(x, inputs, classes, classifier_activation, dropout, LOGITS)
            if auxiliary_head:
                x = conv_norm(features.pyramid_outputs["P4"], 256, (3, 3), name=f"{AUXILIARY}_0")
                auxiliary = _classify(x, inputs, classes, classifier_activation, dropout, AUXILIARY)
                outputs = {LOGITS: outputs, AUXILIARY: auxiliary}
            model = keras.Model(features.input, outputs, name=name)
        if weights is not None:
            load_weights(keras.Model(inputs, model.output, name=name), weights)
        return model

    build.__name__ = build.__qualname__ = builder
    between = " with a non-local block between them" if non_local else ""
    build.__doc__ = (build.__doc__ or "").format(name=builder, title=title, between=between)
    return build


def _head(x, non_local):
    """Applies both convolutions and the block, and a third convolution with the features."""
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


fcn_r50 = _builder("fcn_r50", "FCN on ResNet-50", 50, non_local=False)
fcn_r101 = _builder("fcn_r101", "FCN on ResNet-101", 101, non_local=False)
nl_fcn_r50 = _builder("nl_fcn_r50", "non-local FCN on ResNet-50", 50, non_local=True)
nl_fcn_r101 = _builder("nl_fcn_r101", "non-local FCN on ResNet-101", 101, non_local=True)
