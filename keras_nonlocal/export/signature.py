"""What a task hands in so that its predictor can be served."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf

Arrays = Mapping[str, np.ndarray]
LEAST_SIDE = 8  # of an image, in pixels: less shows nothing
MOST_PIXELS = 2**25  # of an image: about 400 MB as float32
_JPEG = b"\xff\xd8\xff"  # how these files begin


@dataclass(frozen=True, eq=False)
class Signature:
    """One way to ask a bundle, with requests that prove that it answers right.

    Attributes:
        function: From tensors, by the names of `inputs`, to a dictionary of tensors. It raises a
            `tf.errors.InvalidArgumentError` for requests that cannot be answered.
        inputs: The shape and the dtype of each input; `None` in a shape is any number.
        requests: Requests of different shapes. All of them have as many examples as they want.
        answer: The answer of the predictor itself to a request: the outputs to compare, by name.
        tolerance: Largest difference of an output from the answer, as a share of the largest value
            of the answer, or of one if that is larger.
        refused: A request that must be refused, such as one without a pixel.
        batching: Whether a server may join requests: all inputs of one example have one shape.

    Raises:
        ValueError: There is no request, or a request lacks an input.

    Example:
        Signature(
            lambda images: {"labels": tf.argmax(model(images), -1)},
            {"images": tf.TensorSpec((None, None, None, 3), tf.float32)},
            [{"images": np.zeros((1, 64, 64, 3), "float32")}],
            lambda images: {"labels": model.predict(images).argmax(-1)},
        )
    """

    function: Callable[..., Mapping[str, tf.Tensor]]
    inputs: Mapping[str, tf.TensorSpec]
    requests: Sequence[Arrays]
    answer: Callable[..., Arrays]
    tolerance: float = 1e-5
    refused: Arrays | None = None
    batching: bool = False

    def __post_init__(self):
        if not self.requests or any(set(each) != set(self.inputs) for each in self.requests):
            raise ValueError(
                f"`requests` must be dictionaries of {', '.join(self.inputs)}, at least one. "
                f"Received: {[sorted(each) for each in self.requests]}"
            )


@dataclass(frozen=True, eq=False)
class Served:
    """What a bundle holds.

    A task makes it for its predictor, so that `saved_model` needs to know no task.

    Attributes:
        model: The network whose weights the functions use.
        signatures: The ways to ask it, by name; `"serving_default"` is one of them.
        about: Facts for the manifest, as JSON holds them: classes, preprocessing, differences.

    Raises:
        ValueError: There is no `"serving_default"`.

    Example:
        served = keras_nonlocal.zoo.load("nl_fcn_small_scenes").served()
        print(list(served.signatures))
    """

    model: keras.Model
    signatures: Mapping[str, Signature]
    about: Mapping[str, Any]

    def __post_init__(self):
        if "serving_default" not in self.signatures:
            raise ValueError(
                "`signatures` must have 'serving_default', which clients ask first. Received: "
                f"{', '.join(self.signatures)}"
            )


class Servable(Protocol):
    """A predictor that can be served: it says how it is asked."""

    def served(self) -> Served:
        """Returns the signatures and the network of a bundle."""


def card_facts(card: Any) -> dict[str, Any]:
    """Returns what a manifest says about the card of a predictor, which may be `None`."""
    return {
        "card": None if card is None else card.name,
        "license": None if card is None else card.license.name,
    }


def checked(tensor: tf.Tensor, name: str, *rules: tuple[tf.Tensor, str]) -> tf.Tensor:
    """Returns a tensor once it keeps all rules, each a boolean and what is expected.

    A request that breaks one gets an `InvalidArgumentError` that names its input.
    """
    checks = [
        tf.debugging.Assert(
            right, [f"`{name}` must have {expected}. Received the shape:", tf.shape(tensor)], 8
        )
        for right, expected in rules
    ]
    with tf.control_dependencies(checks):
        return tf.identity(tensor)


def checked_images(images: tf.Tensor, name: str = "images") -> tf.Tensor:
    """Returns uint8 `(B, H, W, 3)` or `(B, F, H, W, 3)` if there is something to see."""
    sides = tf.shape(images, tf.int64)[-3:-1]
    return checked(
        images,
        name,
        (tf.size(images, tf.int64) > 0, "at least one example and one pixel"),
        (tf.reduce_all(sides >= LEAST_SIDE), f"sides of at least {LEAST_SIDE} pixels"),
        (tf.reduce_prod(sides) <= MOST_PIXELS, f"at most {MOST_PIXELS} pixels in an image"),
    )


def decoded_jpegs(files: tf.Tensor, name: str) -> tf.Tensor:
    """Decodes JPEG files `(N,)` of one size to uint8 `(N, H, W, 3)`."""
    files = checked(files, name, (tf.size(files) > 0, "at least one JPEG file"))
    starts = tf.strings.substr(files, 0, len(_JPEG))
    files = checked(files, name, (tf.reduce_all(starts == _JPEG), "complete JPEG files only"))
    with tf.name_scope(name):
        shapes = tf.map_fn(
            tf.io.extract_jpeg_shape, files, fn_output_signature=tf.TensorSpec((3,), tf.int32)
        )
        same = tf.reduce_all(shapes[:, :2] == shapes[:1, :2])
        pixels = tf.reduce_prod(tf.cast(shapes[0, :2], tf.int64))
        files = checked(
            files,
            name,
            (same, "pictures of one size"),
            (pixels <= MOST_PIXELS, f"at most {MOST_PIXELS} pixels in a picture"),
        )
        return tf.map_fn(
            lambda file: tf.io.decode_jpeg(file, channels=3, dct_method="INTEGER_ACCURATE"),
            files,
            fn_output_signature=tf.TensorSpec((None, None, 3), tf.uint8),
        )
