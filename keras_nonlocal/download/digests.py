"""Digests of files, in the forms that publishers state."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple


class Algorithm(NamedTuple):
    """One form: the algorithm, and how many hexadecimal digits are given."""

    algorithm: str
    shortest: int
    longest: int


ALGORITHMS = {
    "sha256": Algorithm("sha256", 64, 64),
    "sha256_prefix": Algorithm("sha256", 8, 64),
    "sha1": Algorithm("sha1", 40, 40),
    "md5_prefix": Algorithm("md5", 6, 32),
}


@dataclass(frozen=True)
class Digest:
    """The digest that a publisher states for a file.

    A prefix of eight digits or a sha1 detects damage. Only a complete sha256 detects a file that
    somebody forged. After the first download, the complete sha256 is pinned.

    Args:
        kind: `"sha256"`, `"sha1"`, or `"sha256_prefix"` for the first digits of a sha256.
        value: The hexadecimal digits.

    Raises:
        ValueError: There is no such kind, or the value has the wrong length.

    Example:
        >>> keras_nonlocal.download.Digest("sha256_prefix", "0676ba61").fits("0676ba61b6795bbe")
        True
    """

    kind: str
    value: str

    def __post_init__(self) -> None:
        if self.kind not in ALGORITHMS:
            raise ValueError(
                f"`kind` must be one of {sorted(ALGORITHMS)}. Received: kind={self.kind!r}"
            )
        _, shortest, longest = ALGORITHMS[self.kind]
        if not re.fullmatch(rf"[0-9A-Fa-f]{{{shortest},{longest}}}", self.value):
            raise ValueError(
                f"`value` of a {self.kind} must have {shortest} to {longest} hexadecimal digits. "
                f"Received: value={self.value!r}"
            )

    @property
    def algorithm(self) -> str:
        """The name of the algorithm in `hashlib`."""
        return ALGORITHMS[self.kind].algorithm

    def fits(self, digest: str) -> bool:
        """Returns whether a complete digest begins with the stated digits."""
        return digest.startswith(self.value.lower())
