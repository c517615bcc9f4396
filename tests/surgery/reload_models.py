"""Loads the models of a folder in a new process, and stores what they say of their inputs."""

import sys
from pathlib import Path

import keras
import numpy as np
import surgery_models  # noqa: F401  registers its layers

for path in sorted(Path(sys.argv[1]).glob("*.keras")):
    model = keras.models.load_model(path, safe_mode=False)  # a `Lambda` is code
    with np.load(path.with_suffix(".inputs.npz")) as inputs:
        x = [keras.ops.convert_to_tensor(inputs[f"arr_{i}"]) for i in range(len(inputs))]
    outputs = model(keras.tree.pack_sequence_as(model.input, x), training=False)
    np.savez(path.with_suffix(".outputs.npz"), *map(np.asarray, keras.tree.flatten(outputs)))
