"""A training run on one page: curves, and what the task shows of its scores."""

from .classification import classification_sections as classification_sections
from .page import write_report as write_report
