"""A functional detection network that can be trained by `fit`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import keras
from keras import ops

from ..ops.box_formats import from_pixels, to_pixels
from .losses import RegionTraining, TrainingOptions

IMAGES, SIZES = "images", "sizes"


@keras.saving.register_keras_serializable("keras_nonlocal")
class RegionCNN(keras.Model):
    """A Faster, Mask or Keypoint R-CNN as a functional model of inference, with its training.

    The layers of the graph are the whole network in inference. In training, the same layers see the
    boxes of a sample of objects and background instead of the best proposals.

    Args:
        inputs, outputs, **kwargs: As in a functional `keras.Model`. The builders of
            `keras_nonlocal.models` make them.

    Call arguments:
        inputs: Normalized images `(B, H, W, 3)`; or a dictionary of `"images"`, and `"sizes"`, the
            true height and width of each image `(B, 2)` without the padding.
        training: Whether to return the features and the proposals that `compute_loss` takes.

    Returns:
        A dictionary of `"boxes"` `(B, D, 4)` in pixels, `"confidence"` `(B, D)`, `"labels"`
        `(B, D)`, `"num_detections"` `(B,)`; and `"masks"` `(B, D, 28, 28)`, probabilities on a grid
        over each box, or `"keypoints"` `(B, D, K, 3)`: x, y and probability. What does not exist is
        -1.

    Labels of `fit` are a dictionary of `"boxes"` `(B, N, 4)`, `"labels"` or `"classes"` `(B, N)`
    from 0, and what the network has heads for: `"masks"` `(B, N, H, W)` of zeros and ones,
    `"keypoints"` `(B, N, K, 3)` of x, y and visibility. Rows whose label is -1 are padding. An
    image may have no object at all.

    Attributes:
        bounding_box_format: The format of boxes in labels and outputs: any that Keras knows.
        options: How the network is trained.

    Raises:
        ValueError: Labels are missing.

    Example:

    >>> model = keras_nonlocal.models.mask_rcnn_small(classes=2)
    >>> model.compile("sgd", run_eagerly=True)  # a graph takes seconds to trace
    >>> labels = {"boxes": [[[4.0, 4, 40, 40]]], "labels": [[1]], "masks": np.ones((1, 1, 64, 64))}
    >>> labels = {name: np.array(values) for name, values in labels.items()}
    >>> history = model.fit(np.ones((1, 64, 64, 3)), labels, verbose=0)
    >>> bool(np.isfinite(history.history["loss"][0]))
    True
    """

    bounding_box_format = "xyxy"
    options = TrainingOptions()

    def prepare(self, bounding_box_format: str, options: TrainingOptions) -> RegionCNN:
        """Sets how boxes are written, and how the network is trained; returns the model."""
        self.bounding_box_format, self.options = bounding_box_format, options
        self._training: RegionTraining | None = None
        self._trackers: dict[str, keras.metrics.Metric] = {}
        self._user_metrics: list[keras.metrics.Metric] = []
        return self

    def __call__(self, inputs, *args, **kwargs):
        return super().__call__(_with_sizes(inputs), *args, **kwargs)

    def call(self, inputs, training=None, mask=None):
        inputs = _with_sizes(inputs)  # JAX calls this method alone
        if training:
            return self.training_part.first_stage(inputs)
        outputs = super().call(inputs, training=training, mask=mask)
        boxes = from_pixels(outputs["boxes"], self.bounding_box_format, inputs[SIZES])
        return {**outputs, "boxes": boxes}

    @property
    def training_part(self) -> RegionTraining:
        """The graph of training, which shares all layers."""
        if self._training is None:
            self._training = RegionTraining(self, self.options)
        return self._training

    def compile(self, optimizer="sgd", loss=None, metrics=None, **kwargs):
        """As in `keras.Model`; the loss is that of the network, and `metrics` are for `evaluate`.

        A metric, such as `keras_nonlocal.tasks.detection.CocoAveragePrecision`, gets the dictionary
        of labels, and that of outputs and `"sizes"`.
        """
        self._user_metrics = list(metrics or [])
        self._trackers = {name: keras.metrics.Mean(name) for name in self.training_part.loss_names}
        super().compile(optimizer, loss=loss, **kwargs)

    def get_compile_config(self):
        if not self.compiled:
            return None
        return {"optimizer": keras.saving.serialize_keras_object(self.optimizer)}

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))
        self.optimizer.build(self.trainable_variables)

    @property
    def metrics(self):
        return [*super().metrics, *self._trackers.values(), *self._user_metrics]

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        if "levels" not in y_pred:  # in evaluation, where the outputs are detections
            y_pred = self.training_part.first_stage(_with_sizes(x), training=training)
        labels = self._labels(y, y_pred[SIZES])
        total = 0.0
        for name, value in self.training_part.losses(y_pred, labels, training).items():
            self._trackers[name].update_state(value)
            total += value
        return total + sum(self.losses)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        if "levels" not in y_pred:
            outputs = {**y_pred, SIZES: _with_sizes(x)[SIZES]}
            for metric in self._user_metrics:
                metric.update_state(y, outputs)
        return self.get_metrics_result()

    def _labels(self, labels: Mapping[str, Any], sizes) -> dict[str, Any]:
        if not isinstance(labels, Mapping):
            raise ValueError(
                f"The labels must be a dictionary of {', '.join(self.training_part.label_names)}. "
                f"Received: {type(labels).__name__}"
            )
        labels = dict(labels)
        if "classes" in labels:
            labels.setdefault("labels", labels.pop("classes"))
        missing = [name for name in self.training_part.label_names if name not in labels]
        if missing:
            raise ValueError(
                f"The labels must be a dictionary of {', '.join(self.training_part.label_names)}. "
                f"Received: {', '.join(sorted(labels))}"
            )
        labels["boxes"] = to_pixels(labels["boxes"], self.bounding_box_format, sizes)
        return labels

    def get_config(self):
        options = {"bounding_box_format": self.bounding_box_format, "options": asdict(self.options)}
        return {**super().get_config(), **options}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        options = TrainingOptions(**config.pop("options"))
        bounding_box_format = config.pop("bounding_box_format")
        model = super().from_config(config, custom_objects)
        return model.prepare(bounding_box_format, options)


def _with_sizes(inputs):
    """Returns the dictionary of inputs; images alone are as large as they look."""
    if isinstance(inputs, Mapping):
        return inputs
    images = ops.convert_to_tensor(inputs)
    if len(images.shape) != 4:
        raise ValueError(
            "The inputs must be images (B, H, W, 3), or a dictionary of these as 'images' and of "
            f"their heights and widths (B, 2) as 'sizes'. Received: shape={tuple(images.shape)}"
        )
    batch, height, width, _ = ops.shape(images)
    sizes = ops.stack([ops.cast(height, "int32"), ops.cast(width, "int32")])
    return {IMAGES: images, SIZES: sizes[None] + ops.zeros((batch, 1), "int32")}
