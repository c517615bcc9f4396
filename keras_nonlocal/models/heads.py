"""The three heads of the published networks: features `(B, T, H, W, C)` to class scores.

They differ only on feature maps larger than 7 x 7, such as the maps of a crop of 256 pixels.
"""

from __future__ import annotations

import keras
from keras import layers

from ..layers.pooling import WindowAverage3D
from ..utils.roles import LOGITS


def features_head(x, classes, activation, dropout):
    """Averages the features of the whole map and classifies once (MMAction2, GluonCV)."""
    x = layers.GlobalAveragePooling3D(name="avg_pool")(x)
    return _activation(activation)(_classify(x, classes, dropout))


def probabilities_head(x, classes, activation, dropout):
    """Classifies each 7 x 7 window and averages the probabilities (official code, PySlowFast)."""
    x = WindowAverage3D(7, name="avg_pool")(x)
    x = _activation(activation, "window_predictions")(_classify(x, classes, dropout))
    return layers.GlobalAveragePooling3D(name="predictions", dtype="float32")(x)


def logits_head(x, classes, activation, dropout):
    """Classifies each 7 x 7 window and averages the logits (PyTorchVideo)."""
    x = _classify(WindowAverage3D(7, name="avg_pool")(x), classes, dropout)
    x = layers.GlobalAveragePooling3D(name="average_logits", dtype="float32")(x)
    return _activation(activation)(x)


MAKE_HEAD = {
    "features": features_head,
    "probabilities": probabilities_head,
    "logits": logits_head,
}


def _classify(x, classes, dropout):
    """Computes logits in float32, as half precision cannot separate similar scores."""
    x = layers.Dropout(dropout, name="dropout")(x)
    normal = keras.initializers.RandomNormal(stddev=0.01)
    return layers.Dense(classes, kernel_initializer=normal, dtype="float32", name=LOGITS)(x)


def _activation(activation, name="predictions"):
    """Activates in float32, so that probabilities sum to one under half precision."""
    return layers.Activation(activation, dtype="float32", name=name)
