"""Models of many kinds, into which blocks are inserted; and layers that they consist of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_nonlocal import models


@dataclass(frozen=True)
class Case:
    """A model and the layers after which blocks are inserted.

    Attributes:
        make: Builds the model.
        after: Pattern of the layers.
        blocks: The names of the blocks, with their classes.
        loads: Whether a saved file can be loaded, which is the matter of the layers.
    """

    make: Callable[[], keras.Model]
    after: str
    blocks: dict[str, str]
    loads: bool = True


def conv(filters=4, **options):
    return layers.Conv2D(filters, 3, padding="same", **options)


def classifier(x):
    return layers.Dense(3, name="scores")(layers.GlobalAveragePooling2D(name="pooled")(x))


def image(make, shape=(8, 8, 3), **options):
    """A model of images: `make` is called with the features of a first convolution."""
    inputs = keras.Input(shape, name="image", **options)
    return keras.Model(inputs, classifier(make(conv(name="stem")(inputs))), name="outer")


def inner_model(name="inner"):
    inputs = keras.Input((8, 8, 4))
    x = layers.ReLU(name="a_relu")(conv(name="a")(inputs))
    return keras.Model(inputs, conv(name="b")(x), name=name)


def nested_twice():
    inner = inner_model()
    return image(lambda x: inner(layers.ReLU()(inner(x))))


def layer_twice():
    twice = conv(name="twice", activation="tanh")
    return image(lambda x: twice(twice(x)))


def two_inputs():
    left, right = keras.Input((8, 8, 3), name="left"), keras.Input((8, 8, 3), name="right")
    x = layers.Add(name="sum")([conv()(left), conv()(right)])
    outputs = {"scores": classifier(x), "map": conv(2)(x)}
    return keras.Model({"left": left, "right": right}, outputs)


def optional_input():
    left = keras.Input((8, 8, 3), name="left")
    right = keras.Input((8, 8, 3), name="right", optional=True)
    return keras.Model([left, right], classifier(AddIfGiven(name="sum")(conv(3)(left), right)))


def sequential():
    stack = [conv(name="first"), layers.ReLU(name="relu"), layers.Flatten(), layers.Dense(3)]
    return keras.Sequential([keras.Input((8, 8, 3)), *stack], name="stack")


def sequence():
    inputs = keras.Input((12, 3))
    x = layers.Conv1D(4, 3, name="features")(inputs)
    return keras.Model(inputs, layers.Conv1D(2, 3)(x))


def clip():
    inputs = keras.Input((3, 8, 8, 3))
    x = layers.TimeDistributed(conv(), name="frames")(inputs)
    return keras.Model(inputs, layers.GlobalAveragePooling3D()(x))


def operations(x):
    x = layers.Activation("relu", name="chosen")(x[:, 1:-1, ::2] * 0.5)
    return ops.concatenate([ops.relu(x + 1.0), x - ops.mean(x, axis=-1, keepdims=True)], axis=-1)


def masked_sequence():
    inputs = keras.Input((None,), dtype="int32")
    x = layers.Embedding(7, 4, mask_zero=True, name="embedding")(inputs)
    return keras.Model(inputs, layers.LSTM(3)(x))


def half_precision():
    policy = keras.dtype_policies.DTypePolicy("mixed_bfloat16")
    inputs = keras.Input((8, 8, 3))
    x = conv(dtype=policy, name="half")(inputs)
    x = layers.GlobalAveragePooling2D(dtype=policy)(conv(dtype=policy)(x))
    return keras.Model(inputs, layers.Dense(3, dtype="float32")(x))


def normalized():
    adapted = layers.Normalization(name="normalization")
    adapted.adapt(np.random.default_rng(0).normal(5.0, 3.0, (64, 8, 8, 3)))
    inputs = keras.Input((8, 8, 3))
    return keras.Model(inputs, classifier(conv(name="features")(adapted(inputs))))


def words():
    inputs = keras.Input((6,), dtype="string")
    tokens = layers.StringLookup(vocabulary=["a", "b", "c"], name="lookup")(inputs)
    x = layers.Embedding(4, 4, name="embedding")(tokens)
    return keras.Model(inputs, layers.GlobalAveragePooling1D()(layers.Conv1D(2, 3)(x)))


def frozen_backbone():
    model = image(lambda x: layers.ReLU(name="relu")(layers.BatchNormalization(name="norm")(x)))
    model.trainable = False
    return model


@keras.saving.register_keras_serializable("surgery_models")
class Scaled(layers.Layer):
    """A layer with a weight and a complete configuration."""

    def __init__(self, power, **kwargs):
        super().__init__(**kwargs)
        self.power = power

    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones")

    def call(self, x):
        return x * self.scale**self.power

    def get_config(self):
        return {**super().get_config(), "power": self.power}


@keras.saving.register_keras_serializable("surgery_models")
class AutomaticConfig(layers.Layer):
    """A layer without `get_config`: Keras records its arguments."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], self.units), initializer="glorot_normal")

    def call(self, x):
        return ops.matmul(x, self.kernel)


class Unserializable(layers.Layer):
    """A layer whose argument Keras cannot save."""

    def __init__(self, function, **kwargs):
        super().__init__(**kwargs)
        self.function = function

    def call(self, x):
        return self.function(x)


@keras.saving.register_keras_serializable("surgery_models")
class AddIfGiven(layers.Layer):
    """Adds its second input, if there is one."""

    def call(self, x, other=None):
        return x if other is None else x + other

    def compute_output_shape(self, x_shape, other_shape=None):
        return x_shape


def kerashub_classifier():
    keras_hub = pytest.importorskip("keras_hub", reason="KerasHub is not installed (extra `hub`)")
    backbone = keras_hub.models.ResNetBackbone(
        input_conv_filters=[64],
        input_conv_kernel_sizes=[3],
        stackwise_num_filters=[64, 64],
        stackwise_num_blocks=[1, 1],
        stackwise_num_strides=[1, 2],
        block_type="basic_block",
        image_shape=(32, 32, 3),
        name="backbone",
    )
    return keras_hub.models.ImageClassifier(backbone=backbone, num_classes=3)


def kerascv_backbone():
    keras_cv = pytest.importorskip("keras_cv", reason="KerasCV is not installed (extra `cv`)")
    return keras_cv.models.DenseNetBackbone(
        stackwise_num_repeats=[1, 1], input_shape=(32, 32, 3), include_rescaling=True
    )


def application(name, size=32, **options):
    options = {"weights": None, "input_shape": (size, size, 3), "classes": 5, **options}
    return lambda: getattr(keras.applications, name)(**options)


def after(*names, layer="NonLocal2D"):
    return {f"{name}_nonlocal": layer for name in names}


APPLICATIONS = {
    "ResNet50": Case(
        application("ResNet50", 64),
        "conv3_block[24]_out",
        after("conv3_block2_out", "conv3_block4_out"),
    ),
    "EfficientNetV2B0": Case(
        application("EfficientNetV2B0", 64), "block3b_add", after("block3b_add")
    ),
    "ConvNeXtTiny": Case(
        application("ConvNeXtTiny", 64),
        "convnext_tiny_stage_1_block_2_identity",
        after("convnext_tiny_stage_1_block_2_identity"),
    ),
    "MobileNetV3Small": Case(
        application("MobileNetV3Small", 64),
        "expanded_conv_2_add",
        after("expanded_conv_2_add"),
    ),
    "MobileNetV2, between convolution and norm": Case(
        application("MobileNetV2", 64, alpha=0.35), "block_3_project", after("block_3_project")
    ),
    "DenseNet121": Case(application("DenseNet121", 64), "pool3_relu", after("pool3_relu")),
}
SMALL = {
    "inside a nested model": Case(
        lambda: image(inner_model()), "inner/a_relu", after("inner/a_relu")
    ),
    "after a nested model": Case(lambda: image(inner_model()), "inner", after("inner")),
    "a nested model used twice": Case(nested_twice, "inner/a_relu", after("inner/a_relu")),
    "a layer used twice": Case(layer_twice, "twice", after("twice")),
    "two inputs, a dictionary of outputs": Case(two_inputs, "sum", after("sum")),
    "an optional input": Case(optional_input, "sum", after("sum")),
    "Sequential": Case(sequential, "relu", after("relu")),
    "a nested Sequential": Case(
        lambda: image(keras.Sequential([conv(name="a"), layers.ReLU(name="relu")], name="stack")),
        "stack/*",
        after("stack/a", "stack/relu"),
    ),
    "Conv1D": Case(sequence, "features", after("features", layer="NonLocal1D")),
    "TimeDistributed": Case(clip, "frames", after("frames", layer="NonLocal3D")),
    "operations": Case(lambda: image(operations), "chosen", after("chosen")),
    "a custom layer": Case(lambda: image(Scaled(2, name="scaled")), "scaled", after("scaled")),
    "a mask": Case(masked_sequence, "embedding", after("embedding", layer="NonLocal1D")),
    "mixed_bfloat16": Case(half_precision, "half", after("half")),
    "an adapted Normalization": Case(normalized, "features", after("features")),
    "a vocabulary": Case(words, "embedding", after("embedding", layer="NonLocal1D")),
    "Lambda": Case(
        lambda: image(layers.Lambda(lambda x: x * 2 + 1, name="lambda")), "stem", after("stem")
    ),
    "a layer without get_config": Case(
        lambda: image(AutomaticConfig(4)), "automatic_config*", after("automatic_config")
    ),
    "a layer that cannot be saved": Case(
        lambda: image(Unserializable(ops.tanh, name="odd")), "odd", after("odd"), loads=False
    ),
    "a frozen model": Case(frozen_backbone, "relu", after("relu")),
    "fcn_small": Case(
        lambda: models.fcn_small(classes=3, input_shape=(32, 32, 3)),
        "res4_*_out",
        after("res4_0_out", "res4_1_out"),
    ),
    "Backbone": Case(
        lambda: models.fcn_small(include_top=False, output_stride=32, input_shape=(64, 64, 3)),
        "res4_1_out",
        after("res4_1_out"),
    ),
    "i3d_small": Case(
        lambda: models.i3d_small(classes=3, input_shape=(16, 64, 64, 3)),
        "res3_0_out",
        after("res3_0_out", layer="NonLocal3D"),
    ),
    "KerasHub's ImageClassifier": Case(
        kerashub_classifier,
        "backbone/stack0_block0_out",
        after("backbone/stack0_block0_out"),
    ),
    "KerasCV's DenseNetBackbone": Case(kerascv_backbone, "pool2_relu", after("pool2_relu")),
}
