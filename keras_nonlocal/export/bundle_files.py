"""The files of a bundle that people and servers read: manifest, configurations, README."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from .. import __version__
from ..utils.atomic_files import replacing
from ..utils.hashing import file_sha256
from .signature import Served, Signature

Outputs = Mapping[str, Mapping[str, tf.TensorSpec]]


def manifest(
    folder: Path,
    served: Served,
    name: str,
    outputs: Outputs,
    differences: Mapping[str, Mapping[str, float]],
) -> dict[str, Any]:
    """Returns what a bundle is, as JSON holds it.

    Args:
        folder: The complete bundle.
        served: What it holds.
        name: The name of the model.
        outputs: The outputs of each signature.
        differences: The largest difference of each output from the predictor, by signature.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    variables = served.model.variables
    return {
        "name": name,
        "versions": {
            "keras_nonlocal": __version__,
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
        },
        "weights": sum(variable.value.numpy().nbytes for variable in variables),
        "signatures": {
            key: {
                "inputs": _specs(signature.inputs),
                "outputs": _specs(outputs[key]),
                "differences": dict(differences[key]),
            }
            for key, signature in served.signatures.items()
        },
        **served.about,
        "files": {
            path.relative_to(folder).as_posix(): {
                "bytes": path.stat().st_size,
                "sha256": file_sha256(path),
            }
            for path in files
        },
    }


def _specs(specs: Mapping[str, tf.TensorSpec]) -> dict[str, Any]:
    return {
        name: {"dtype": spec.dtype.name, "shape": list(spec.shape)} for name, spec in specs.items()
    }


def write_beside(root: Path, name: str, served: Served, outputs: Outputs) -> None:
    """Writes what all versions share: how to start a server, and how to ask it."""
    batching = [key for key, each in served.signatures.items() if each.batching]
    texts = {
        "models.config": _MODELS.format(name=name),
        "README.md": _readme(root, name, served, outputs),
    }
    if batching:
        texts["batching.config"] = _BATCHING
    for file, text in texts.items():
        with replacing(root / file) as partial:
            partial.write_text(text, "utf-8")


_MODELS = """\
model_config_list {{
  config {{
    name: "{name}"
    base_path: "/models/{name}"
    model_platform: "tensorflow"
  }}
}}
"""
_BATCHING = """\
max_batch_size { value: 8 }
batch_timeout_micros { value: 5000 }
num_batch_threads { value: 2 }
max_enqueued_batches { value: 32 }
pad_variable_length_inputs: false
"""
_README = """\
# {name}

A SavedModel of keras_nonlocal for TensorFlow Serving. Each numbered folder is a version.
`manifest.json` in it has the classes, the preprocessing and the digests of all files.

## Start a server

```
docker run -p 8500:8500 -p 8501:8501 \\
  --mount type=bind,source={folder},target=/models/{name} \\
  -e MODEL_NAME={name} tensorflow/serving --enable_model_warmup
```

{batching}## Ask it

| signature | inputs | outputs |
|---|---|---|
{rows}

```python
import tensorflow as tf

loaded = tf.saved_model.load("{folder}/1")
answer = loaded.signatures["{signature}"]({arguments})
```

By HTTP, `POST http://HOST:8501/v1/models/{name}:predict` takes JSON. Send binary inputs as
`{{"b64": "..."}}`, and prefer gRPC for pixels: as JSON they are many times larger.
"""
_WITH_BATCHING = """\
`{signatures}` has inputs of one shape, so the server may join requests. Add
`--enable_batching --batching_parameters_file=/models/{name}/batching.config` only if clients ask by
this signature alone: others have inputs of different shapes, which the server would not join.

"""


def _readme(root: Path, name: str, served: Served, outputs: Outputs) -> str:
    default = served.signatures["serving_default"]
    batching = [key for key, each in served.signatures.items() if each.batching]
    words = {"signatures": "`, `".join(batching), "name": name}
    arguments = ", ".join(f"{key}=tf.constant({key})" for key in default.inputs)
    return _README.format(
        name=name,
        folder=root.resolve().as_posix(),
        batching=_WITH_BATCHING.format(**words) if batching else "",
        rows="\n".join(_row(key, each, outputs[key]) for key, each in served.signatures.items()),
        signature="serving_default",
        arguments=arguments,
    )


def _row(name: str, signature: Signature, outputs: Mapping[str, tf.TensorSpec]) -> str:
    inputs = ", ".join(
        f"`{key}`: {spec.dtype.name} `{_shape(spec)}`" for key, spec in signature.inputs.items()
    )
    return f"| `{name}` | {inputs} | {', '.join(f'`{key}`' for key in outputs)} |"


def _shape(spec: tf.TensorSpec) -> str:
    return "(" + ", ".join("any" if size is None else str(size) for size in spec.shape) + ")"
