"""Runs the graph of a functional model anew, with the same layers but for those that change.

Copies of layers from their configurations would lose what the configurations lack: the statistics
of `Normalization`, vocabularies, functions of `Lambda`, names. So all other layers are shared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import keras

from ..utils.compat import layer_of


def is_functional(model) -> bool:
    """Whether this is a functional or sequential model that has been built."""
    return isinstance(model, keras.Model) and bool(getattr(model, "inputs", None))


def as_functional(model) -> keras.Model:
    """Returns the model, or a plain model of its graph if its class is not made from a graph.

    Such classes are `Sequential`, and those with a constructor of their own, as in KerasHub.

    Raises:
        ValueError: It is neither, or not built.
    """
    if not is_functional(model):
        raise ValueError(
            "A built functional or sequential model is expected; the graph of a subclassed model "
            f"is not known. Received: {model!r}"
        )
    sequential = isinstance(model, keras.Sequential)
    ends = (model.inputs[0], model.outputs[0]) if sequential else (model.input, model.output)
    plain = keras.Model(*ends, name=model.name)
    return model if type(model).__init__ is type(plain).__init__ else plain


def rebuilt(
    model: keras.Model, replace: Callable[[keras.Layer], keras.Layer], call: Callable
) -> keras.Model:
    """Runs the graph of a model anew.

    Args:
        model: A functional model. It is not changed.
        replace: From a layer of the model to the layer of the new model, which may be the same.
        call: From a layer of the new model and the arguments of a call to the result of the call.

    Returns:
        A model with inputs of the same names. Layers that are not replaced are shared.
    """
    inputs = keras.tree.map_structure(_new_input, model.input)
    return keras.models.clone_model(
        model, input_tensors=inputs, clone_function=replace, call_function=call
    )


def nested_layers(model: keras.Model, prefix: str = "") -> Iterator[tuple[str, keras.Layer]]:
    """Yields every layer but inputs; names in models within the model are `outer/inner`."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        yield f"{prefix}{layer.name}", layer
        if is_functional(layer):
            yield from nested_layers(layer, f"{prefix}{layer.name}/")


def _new_input(tensor):
    """An input with the name of its layer; Keras would take the name of the tensor."""
    layer = layer_of(tensor)
    kept = {"name": layer.name, "sparse": layer.sparse, "optional": layer.optional}
    return keras.Input(batch_shape=tensor.shape, dtype=tensor.dtype, **kept)
