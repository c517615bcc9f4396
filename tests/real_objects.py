"""COCO images with objects and persons that are no part of the project; they may lie beside it."""

from pathlib import Path

import pytest

COCO_MINI = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "coco_mini"

needed = pytest.mark.skipif(
    not COCO_MINI.is_dir(),
    reason="COCO images are not here: expected ../shared/data/coco_mini beside the project",
)
