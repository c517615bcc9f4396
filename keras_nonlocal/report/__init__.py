"""Writes a training run as one HTML page with curves, and results of the task."""

from .classification import classification_sections as classification_sections
from .detection import detection_sections as detection_sections
from .page import write_report as write_report
from .segmentation import segmentation_sections as segmentation_sections
