"""Objects of whole images: an image is scaled, and what is found is scaled back.

Source: `DefaultPredictor` and `detector_postprocess` of Detectron2.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ...images.detection_image import DetectionImage
from ...ops.box_formats import to_pixels
from ...ops.masks import paste_masks
from ...regions.network import IMAGES, SIZES, RegionCNN
from ...utils.run_lengths import encode_mask
from ...weights.assign import check_weights

# What the network finds besides boxes, by the name of the output.
_EXTRAS = ("masks", "keypoints")


class ImageDetector:
    """Finds the objects of images of any size by a detection network.

    The network is traced once, for inputs of any height and width.

    Args:
        model: The network, from normalized images to detections.
        spec: How images become inputs.

    Attributes:
        kinds: What is found: `("boxes", "masks")` or `("boxes", "keypoints")`.
        classes: The number of classes.

    Raises:
        ValueError: The model is not a network for detection, or a weight is not finite.
    """

    def __init__(self, model: keras.Model, spec: DetectionImage):
        if not isinstance(model, RegionCNN):
            raise ValueError(
                "`model` must be a network for detection, such as "
                "`keras_nonlocal.models.mask_rcnn_r50_fpn()`. Received: "
                f"{type(model).__name__} {getattr(model, 'name', '')!r}"
            )
        check_weights(model)
        self.model, self.spec = model, spec
        self.kinds = ("boxes", *(kind for kind in _EXTRAS if kind in model.output))
        self.classes = model.get_layer("box_logits").output.shape[-1] - 1
        pixels = tf.TensorSpec((1, None, None, 3), tf.float32)
        signature = {IMAGES: pixels, SIZES: tf.TensorSpec((1, 2), tf.int32)}

        @tf.function(input_signature=[signature], autograph=False)
        def found(inputs):
            outputs = model(inputs, training=False)
            boxes = to_pixels(outputs["boxes"], model.bounding_box_format, inputs[SIZES])
            return {**outputs, "boxes": boxes}

        self._found = found

    def __call__(
        self, image: np.ndarray, *, min_score: float = 0.0, run_lengths: bool = False
    ) -> dict[str, Any]:
        """Finds the objects of an image.

        Args:
            image: RGB pixels, uint8 `(H, W, 3)`.
            min_score: Objects of a lower confidence are left out.
            run_lengths: Whether masks are returned as COCO's run lengths, which take little memory.

        Returns:
            By falling confidence: `"boxes"`, float32 `(N, 4)` as corners x0, y0, x1 and y1 in
            pixels of the image, `"confidence"`, float32 `(N,)`, `"labels"`, int32 `(N,)`, and
            either `"masks"`, bool `(N, H, W)` or a list of run lengths, or `"keypoints"`, float32
            `(N, K, 3)` of x, y and a score.
        """
        inputs = self.spec.inputs([image])
        outputs = {name: each.numpy()[0] for name, each in self._found(inputs).items()}
        sides = np.array(image.shape[1::-1], "float32")
        scale = sides / inputs[SIZES][0, ::-1].astype("float32")
        boxes = outputs["boxes"] * np.tile(scale, 2)
        boxes = np.clip(boxes, 0, np.tile(sides, 2))
        kept = np.arange(len(boxes)) < outputs["num_detections"]
        kept &= (outputs["confidence"] >= min_score) & (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
        result: dict[str, Any] = {
            "boxes": boxes[kept],
            "confidence": outputs["confidence"][kept],
            "labels": outputs["labels"][kept],
        }
        if "masks" in outputs:
            paste = _pasted_run_lengths if run_lengths else paste_masks
            result["masks"] = paste(outputs["masks"][kept], result["boxes"], image.shape[:2])
        if "keypoints" in outputs:
            points = outputs["keypoints"][kept]
            points[..., :2] *= scale
            result["keypoints"] = points
        return result


def _pasted_run_lengths(masks, boxes, size) -> list[dict[str, Any]]:
    """Pastes one mask at a time, so that a hundred large masks never exist at once."""
    return [
        encode_mask(paste_masks(mask[None], box[None], size)[0])
        for mask, box in zip(masks, boxes, strict=True)
    ]
