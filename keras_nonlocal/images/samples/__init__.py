"""Rendered scenes with masks, to try segmentation without a data set."""
