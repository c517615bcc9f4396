"""The end of a training run on one page: curves, confusions, classes, and clips to look at."""

from .page import write_report as write_report
