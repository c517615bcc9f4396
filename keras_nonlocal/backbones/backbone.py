"""A functional feature network that knows the outputs of its stages."""

from __future__ import annotations

from typing import Any

import keras

from ..utils.compat import output_of
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
    """A functional model with the stages `res2` to `res5`, whose features are a pyramid.

    KerasHub reads `pyramid_outputs`, and KerasCV reads `pyramid_level_inputs` and `embedding_dims`.
    All are derived from the layers, so they are available after saving and loading.

    Level `Pn` is the output of the last stage with a stride of `2 ** n`, because heads of KerasHub
    and KerasCV compute sizes from this number. So a backbone of output stride 32 has the levels P2
    to P5. A dilated backbone of output stride 8 has P2 and P3, which is the output of `res5`: a
    head that needs other levels says so, instead of giving an output of the wrong size.

    Args:
        inputs, outputs, **kwargs: As in a functional `keras.Model`.

    Example:

    >>> features = keras_nonlocal.models.c2d_small(include_top=False)
    >>> features.pyramid_outputs["P3"].shape
    (None, None, None, None, 32)
    """

    @property
    def stage_outputs(self) -> dict[str, keras.KerasTensor]:
        """The output of each stage: `{"res2": ..., ..., "res5": ...}`."""
        return {stage: output_of(self, layers[-1].name) for stage, layers in self._stages.items()}

    @property
    def pyramid_level_inputs(self) -> dict[str, str]:
        """The name of the layer of each level: `{"P2": ..., ..., "P5": ...}`."""
        level, names = 2, {}
        for stage in self._stages.values():
            level += any(getattr(layer, "strides", (1,))[-1] == 2 for layer in stage)
            names[f"P{level}"] = stage[-1].name
        return names

    @property
    def pyramid_outputs(self) -> dict[str, keras.KerasTensor]:
        """The output of each level: `{"P2": ..., ..., "P5": ...}`."""
        return {level: output_of(self, name) for level, name in self.pyramid_level_inputs.items()}

    @property
    def embedding_dims(self) -> list[int]:
        """The number of channels of each level."""
        return [output.shape[-1] for output in self.pyramid_outputs.values()]

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        tensors = config["input_layers"]
        if isinstance(self.input, keras.KerasTensor) and len(tensors) == 1:
            config["input_layers"] = tensors[0]  # Keras 3.10 would load a list of one input
        return config

    @property
    def _stages(self) -> dict[str, list[keras.Layer]]:
        stages: dict[str, list[keras.Layer]] = {}
        for layer in self.layers:
            if stage_of(layer.name) in STAGES:
                stages.setdefault(stage_of(layer.name), []).append(layer)
        return stages
