"""A functional feature network that tells where its pyramid levels are."""

from __future__ import annotations

from typing import Any

import keras

from ..utils.roles import STAGES, stage_of


def source_of(tensor: keras.KerasTensor) -> Any:
    """The input that a tensor comes from, with all that lies between; a list if there are some."""
    sources = keras.utils.get_source_inputs(tensor)
    return sources if len(sources) > 1 else sources[0]


@keras.saving.register_keras_serializable("keras_nonlocal")
class Backbone(keras.Model):
    """A functional model of stages `res2` ... `res5`, at strides 4, 8, 16, 32.

    KerasHub's tasks read `pyramid_outputs`, KerasCV's `pyramid_level_inputs`. Both are read off
    the layer names, so they survive saving and loading.
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
