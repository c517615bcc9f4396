"""A functional feature network that knows the outputs of its stages."""

from __future__ import annotations

from typing import Any

import keras

from ..utils.roles import STAGES, stage_of


def input_of(tensor, shape, axes: str, name: str) -> keras.KerasTensor:
    """Returns `tensor`, or a new input of `shape` if there is no tensor.

    Args:
        tensor: A Keras tensor, or `None`.
        shape: Shape of one sample, or `None` for any size and three channels.
        axes: A letter for each dimension of a sample, such as `"THWC"`.
        name: Name of a new input.

    Raises:
        ValueError: The number of dimensions is wrong, or the number of channels is unknown.
    """
    listed = ", ".join(axes)
    if tensor is None:
        shape = (*[None] * (len(axes) - 1), 3) if shape is None else tuple(shape)
        if len(shape) != len(axes):
            raise ValueError(f"`input_shape` must be ({listed}). Received: input_shape={shape}")
        tensor = keras.Input(shape, name=name)
    if len(tensor.shape) != len(axes) + 1 or tensor.shape[-1] is None:
        raise ValueError(
            f"The input must be (B, {listed}) with a known number of channels. "
            f"Received: shape={tuple(tensor.shape)}"
        )
    return tensor


def source_of(tensor: keras.KerasTensor) -> Any:
    """Returns the input from which a tensor is computed, or a list if there are several inputs."""
    sources = keras.utils.get_source_inputs(tensor)
    return sources if len(sources) > 1 else sources[0]


@keras.saving.register_keras_serializable("keras_nonlocal")
class Backbone(keras.Model):
    """A functional model with the stages `res2` to `res5`, at strides 4, 8, 16 and 32.

    KerasHub reads `pyramid_outputs`, and KerasCV reads `pyramid_level_inputs`. Both are derived
    from layer names, so they are available after saving and loading.

    Args:
        inputs, outputs, **kwargs: As in a functional `keras.Model`.

    Example:

    >>> features = keras_nonlocal.models.c2d_small(include_top=False)
    >>> features.pyramid_outputs["P3"].shape
    (None, None, None, None, 32)
    """

    @property
    def pyramid_level_inputs(self) -> dict[str, str]:
        """The name of the last layer of each stage: `{"P2": ..., ..., "P5": ...}`."""
        stages = [(stage_of(layer.name), layer.name) for layer in self.layers]
        return {f"P{stage[3:]}": name for stage, name in stages if stage in STAGES}

    @property
    def pyramid_outputs(self) -> dict[str, keras.KerasTensor]:
        """The output of each stage: `{"P2": ..., ..., "P5": ...}`."""
        names = self.pyramid_level_inputs
        return {level: self.get_layer(name).output for level, name in names.items()}
