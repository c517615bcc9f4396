"""How networks of images are asked when they are served: by pixels, or by JPEG files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from ..export.signature import Arrays, Signature, checked_images, decoded_jpegs


def image_signatures(
    function: Callable[[tf.Tensor], Mapping[str, tf.Tensor]],
    answer: Callable[[np.ndarray], Arrays],
    pictures: Sequence[np.ndarray],
    tolerance: float,
) -> dict[str, Signature]:
    """Returns `serving_default`, which takes `images`, and `jpeg_images`, which takes `jpegs`.

    Args:
        function: From images, uint8 `(B, H, W, 3)`, to outputs, in a graph.
        answer: The answer of the predictor to such images.
        pictures: Two images of different sizes, for requests.
        tolerance: As in `Signature`.
    """
    pixels = tf.TensorSpec((None, None, None, 3), tf.uint8)

    @tf.function(input_signature=[pixels], autograph=False)  # traced once, for both
    def of_images(images):
        return function(checked_images(images))

    def answer_jpegs(jpegs: Any) -> Arrays:
        return answer(decoded_jpegs(tf.constant(jpegs), "jpegs").numpy())

    requests = [{"images": picture[None]} for picture in pictures]
    requests.append({"images": np.stack([pictures[0], pictures[0][:, ::-1]])})
    return {
        "serving_default": Signature(
            of_images,
            {"images": pixels},
            requests,
            lambda images: answer(images),
            tolerance=tolerance,
            refused={"images": np.zeros((1, 1, 1, 3), "uint8")},
        ),
        "jpeg_images": Signature(
            lambda jpegs: of_images(decoded_jpegs(jpegs, "jpegs")),
            {"jpegs": tf.TensorSpec((None,), tf.string)},
            [{"jpegs": np.array([tf.io.encode_jpeg(each).numpy()])} for each in pictures],
            answer_jpegs,
            tolerance=tolerance,
            refused={"jpegs": np.array([b"\xff\xd8\xff broken"])},
        ),
    }
