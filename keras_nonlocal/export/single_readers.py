"""Which layers stand in a row, each the only reader of the one before."""

from __future__ import annotations

from collections import Counter

import keras

from ..utils.compat import arguments_of_calls, graph_calls, kernel_source_of


def only_sources(model: keras.Model) -> dict[str, keras.Layer]:
    """By layer: the layer whose output it alone reads. In this model both are called once."""
    calls = graph_calls(model)
    uses = Counter(node.operation.name for node in calls)
    read = [tensor for node in calls for tensor in node.input_tensors]
    readers = Counter(id(tensor) for tensor in [*read, *model.outputs])
    sources = {}
    for node in calls:
        if len(node.input_tensors) == 1:
            (entry,) = node.input_tensors
            source = kernel_source_of(entry)
            if uses[node.operation.name] == uses[source.name] == readers[id(entry)] == 1:
                sources[node.operation.name] = source
    return sources


def is_fixed(layer: keras.Layer) -> bool:
    """Whether no call in a model says `training=True`, whatever the model is called with."""
    calls = arguments_of_calls(layer)
    return not any(True in (*call.args[1:], call.kwargs.get("training")) for call in calls)
