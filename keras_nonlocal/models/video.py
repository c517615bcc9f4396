"""The video classifiers of the paper: C2D and I3D ResNets with and without non-local blocks."""

from __future__ import annotations

import keras
from keras import layers

from ..backbones.backbone import Backbone, input_of
from ..backbones.placement import Placement
from ..backbones.variants import VARIANTS, Variant
from ..backbones.video_resnet import video_resnet
from ..ops.planner import check_method
from ..ops.positions import check_channels_last
from ..pretrained.resolve import find_weights
from ..utils.checks import PathLike, one_of, positive_int
from ..weights.load import load_weights
from .families import FAMILIES, Design, design, placement
from .heads import MAKE_HEAD

POOLINGS = {None: None, "avg": layers.GlobalAveragePooling3D, "max": layers.GlobalMaxPooling3D}


def _builder(builder: str):
    family = FAMILIES[builder]

    def build(
        include_top: bool = True,
        weights: PathLike | None = None,
        input_tensor: keras.KerasTensor | None = None,
        input_shape: tuple[int | None, ...] | None = None,
        pooling: str | None = None,
        classes: int | None = None,
        classifier_activation: str | None = "softmax",
        name: str = builder,
        *,
        variant: str | None = None,
        blocks: int | Placement | None = None,
        inflation: str | None = None,
        kind: str | None = None,
        instantiation: str | None = None,
        axes: str | None = None,
        method: str = "auto",
        dropout: float = 0.5,
    ) -> keras.Model:
        """Video classifier: {title} with {parameters} trainable parameters for 400 classes.

        Source: Non-local Neural Networks (arXiv:1711.07971), section 4 and Table 1.

        Args:
            include_top: Whether to add the classifier. Without it, the model returns the features
                of the last stage.
            weights: `None` for random weights, the name of a card or of its data set such as
                `"kinetics400"`, `"imagenet"` to start training from, or the path of a `.weights.h5`
                file. Published files are downloaded.
            input_tensor: Keras tensor `(B, T, H, W, C)` to use as the input.
            input_shape: `(T, H, W, C)`. The default is `(None, None, None, 3)`, for clips of any
                size.
            pooling: Without the classifier, `None` returns `(B, T', H / 32, W / 32, C)`, and
                `"avg"` and `"max"` return `(B, C)`.
            classes: Number of classes. The default is the number of the weights, or 400.
            classifier_activation: Activation of the classifier. `None` returns logits.
            name: Name of the model.
            variant: The published code to follow in stem, pooling, padding, block and head: a key
                of `keras_nonlocal.backbones.VARIANTS`. The default is the variant of the
                weights, or `"official_32x2"`, which takes every second frame of 64.
            blocks: Number of non-local blocks, 1, 5 or 10 (1 or 2 in small networks), or a
                placement such as `{{"res3": (1, 3), "res4": (1, 3, 5)}}`: the indices of the
                residual blocks they follow.
            kind: The kind of the blocks: `"non_local"`, or a relative, `"global_context"` or
                `"disentangled"`, see `keras_nonlocal.layers`.
            inflation: Kernels of I3D that extend over time: `"3x1x1"` or `"3x3x3"`.
            instantiation: The pairwise function. See `keras_nonlocal.layers.NonLocal3D`.
            axes: `"spacetime"`, `"space"` or `"time"`: the positions that attend to each other.
            method: How to compute the non-local blocks. See `keras_nonlocal.cost.plan`.
            dropout: Dropout rate before the classifier.

        Returns:
            A functional `keras.Model` that takes normalized clips. Without the classifier, a
            `keras_nonlocal.backbones.Backbone`.

        Raises:
            ValueError: An argument is invalid, or the weights or the input do not fit the network.
            FileNotFoundError: The weights file does not exist.

        Example:

        >>> model = keras_nonlocal.models.{name}(classes=10, input_shape=(32, 224, 224, 3))
        >>> model.output_shape
        (None, 10)
        """
        check_channels_last(builder)
        one_of("pooling", pooling, POOLINGS)
        given = {"variant": variant, "blocks": blocks, "inflation": inflation}
        given |= {"kind": kind, "instantiation": instantiation, "axes": axes}
        found = find_weights(weights, builder)
        classes = _classes(classes, found.card, include_top)
        chosen = design(builder, given, found.card)
        published = VARIANTS[chosen.variant]
        inputs = input_of(input_tensor, input_shape, "THWC", "clip")
        _check_frames(inputs.shape[1], published.temporal_stride)
        features = video_resnet(
            inputs,
            depth=family.depth,
            width=family.width,
            variant=published,
            inflation=chosen.inflation,
            placement=placement(builder, chosen),
            kind=chosen.kind,
            non_local=_block_options(published, chosen, method),
            name=name,
        )
        scores = MAKE_HEAD[published.head](features.output, classes, classifier_activation, dropout)
        if found.path is not None:  # files of other code bases have a classifier
            output = scores if include_top or found.source else features.output
            load_weights(keras.Model(inputs, output, name=name), found.path, found.source)
        if include_top:
            return keras.Model(features.input, scores, name=name)
        return _pooled(features, pooling, name)

    build.__name__ = build.__qualname__ = builder
    build.__doc__ = (build.__doc__ or "").format(name=builder, **vars(family))
    return build


def _check_frames(frames: int | None, fewest: int) -> None:
    if frames is not None and frames < fewest:
        raise ValueError(
            f"This network needs clips of at least {fewest} frames. Received: {frames} frames"
        )


def _block_options(variant: Variant, chosen: Design, method: str) -> dict:
    """Returns the arguments of the non-local blocks, from the variant and the choices."""
    check_method(chosen.instantiation, method)
    options = {
        **variant.non_local,
        "instantiation": chosen.instantiation,
        "axes": chosen.axes,
        "method": method,
    }
    if chosen.instantiation in ("dot_product", "concatenation"):
        options["scale"] = False  # these are divided by the number of keys instead
    if chosen.axes == "time":
        options["pool_size"] = 1  # all keys of a set are at one place
    return options


def _classes(classes, card, include_top):
    if card is None:
        return positive_int("classes", 400 if classes is None else classes)
    if include_top and classes not in (None, len(card.classes)):
        raise ValueError(
            f"The weights {card.name!r} have {len(card.classes)} classes. For other classes use "
            f"`include_top=False` and add a classifier. Received: classes={classes}"
        )
    return len(card.classes)


def _pooled(features: Backbone, pooling: str | None, name: str) -> Backbone:
    if pooling is None:
        return features
    pooled = POOLINGS[pooling](name=f"{pooling}_pool")(features.output)
    return Backbone(features.input, pooled, name=name)


c2d_r50 = _builder("c2d_r50")
c2d_r101 = _builder("c2d_r101")
i3d_r50 = _builder("i3d_r50")
i3d_r101 = _builder("i3d_r101")
nl_c2d_r50 = _builder("nl_c2d_r50")
nl_c2d_r101 = _builder("nl_c2d_r101")
nl_i3d_r50 = _builder("nl_i3d_r50")
nl_i3d_r101 = _builder("nl_i3d_r101")
c2d_small = _builder("c2d_small")
i3d_small = _builder("i3d_small")
nl_c2d_small = _builder("nl_c2d_small")
nl_i3d_small = _builder("nl_i3d_small")
