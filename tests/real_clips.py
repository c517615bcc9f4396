"""Twenty real and damaged video files that are no part of the project; they may lie beside it."""

import json
from pathlib import Path

import pytest

CLIPS = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "clips"
MANIFEST = CLIPS / "manifest.json"
FACTS = {}
if MANIFEST.is_file():
    FACTS = {entry["file"]: entry for entry in json.loads(MANIFEST.read_text())}

# Its last packet is cut short, so 88 frames decode and then comes the error.
CUT_SHORT = "derived_truncated_flower.mp4"
SOUND = {name: e for name, e in FACTS.items() if "decoded" in e and name != CUT_SHORT}

needed = pytest.mark.skipif(
    not FACTS, reason="real clips are not here: expected ../shared/data/clips beside the project"
)
