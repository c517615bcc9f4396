"""How a detection network is asked when it is served."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import tensorflow as tf

from ...export.signature import Served, Signature, checked_images, decoded_jpegs
from ...images.samples.objects import objects_image


def served(detector) -> Served:
    """Returns the signatures of a detection network: whole images in, objects out.

    Args:
        detector: A `Detector`.
    """
    model, names = detector.image_model(), tf.constant([*detector.class_names, ""])

    pixels = tf.TensorSpec((None, None, None, 3), tf.uint8)

    @tf.function(input_signature=[pixels], autograph=False)  # traced once, for both signatures
    def of_images(images):
        found = model(checked_images(images), training=False)
        return {**found, "names": tf.gather(names, found["labels"] % len(names))}

    def answer(images):
        return {name: np.asarray(each) for name, each in model.predict_on_batch(images).items()}

    pictures = [objects_image(seed, size)[0] for seed, size in ((0, (160, 160)), (1, (120, 150)))]
    requests = [{"images": picture[None]} for picture in pictures]
    requests.append({"images": np.stack([pictures[0], pictures[0][:, ::-1]])})
    jpegs = [{"jpegs": np.array([tf.io.encode_jpeg(each).numpy()])} for each in pictures]
    signatures = {
        "serving_default": Signature(
            of_images,
            {"images": pixels},
            requests,
            answer,
            tolerance=1e-2,  # of a pixel
            refused={"images": np.zeros((1, 1, 1, 3), "uint8")},
        ),
        "jpeg_images": Signature(
            lambda jpegs: of_images(decoded_jpegs(jpegs, "jpegs")),
            {"jpegs": tf.TensorSpec((None,), tf.string)},
            jpegs,
            lambda jpegs: answer(decoded_jpegs(tf.constant(jpegs), "jpegs")),
            tolerance=1e-2,
            refused={"jpegs": np.array([b"\xff\xd8\xff broken"])},
        ),
    }
    card = detector.card
    about = {
        "task": "detection",
        "classes": list(detector.class_names),
        "image": asdict(detector.image),
        "keypoints": list(detector.keypoint_names),
        "card": None if card is None else card.name,
        "license": None if card is None else card.license.name,
    }
    return Served(detector.model, signatures, about)
