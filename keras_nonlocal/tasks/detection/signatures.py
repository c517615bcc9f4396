"""How a detection network is asked when it is served."""

from __future__ import annotations

import tensorflow as tf

from ...export.signature import Served
from ...images.samples.objects import objects_image
from ..image_signatures import image_signatures


def served_detector(detector) -> Served:
    """Returns the signatures of a detection network: whole images in, objects out.

    Args:
        detector: A `Detector`.
    """
    model, names = detector.image_model(), tf.constant([*detector.class_names, ""])

    def find(images):
        found = model(images, training=False)
        return {**found, "names": tf.gather(names, found["labels"] % len(names))}

    def answer(images):  # eagerly, as tracing takes longer than all requests together
        return {name: each.numpy() for name, each in model(images, training=False).items()}

    pictures = [objects_image(seed, size)[0] for seed, size in ((0, (160, 160)), (1, (120, 150)))]
    signatures = image_signatures(find, answer, pictures, tolerance=1e-4)
    return Served(detector.model, signatures, detector.about())
