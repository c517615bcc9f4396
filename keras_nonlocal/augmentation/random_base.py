"""What random layers have in common: a source of seeds for calls that bring none."""

from __future__ import annotations

from .base import ClipAugmentation
from .seeds import clip_seeds, seed_source


class RandomAugmentation(ClipAugmentation):
    """Base of layers that draw numbers, once for each clip.

    Args:
        seed: The same seed gives the same draws, call by call. None draws one.
    """

    def __init__(self, *, seed: int | None = None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self._source = seed_source(seed)

    def _draw(self, batch):
        return clip_seeds(self._source, batch)

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}
