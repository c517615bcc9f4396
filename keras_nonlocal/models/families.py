"""The table of video builders, and the choices that callers and pretrained weights make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..backbones.placement import Placement, place
from ..backbones.variants import VARIANTS
from ..backbones.video_resnet import BLOCK_KINDS, INFLATIONS
from ..ops.pairwise import AFFINITIES
from ..ops.positions import AXES
from ..pretrained.cards import Card
from ..utils.checks import one_of


@dataclass(frozen=True)
class Design:
    """The choices that a caller has for a video network.

    Attributes:
        blocks, inflation, variant, kind, instantiation, axes: As in the builders of
            `keras_nonlocal.models`.
    """

    blocks: int | Placement
    inflation: str | None
    variant: str = "official_32x2"
    kind: str = "non_local"
    instantiation: str = "embedded_gaussian"
    axes: str = "spacetime"


@dataclass(frozen=True)
class Family:
    """The fixed properties of a builder.

    Attributes:
        title: Name of the network in the docstring.
        parameters: Number of trainable parameters with 400 classes.
        depth: Number of layers: 18, 50 or 101.
        inflation: `None` for C2D, which convolves one frame at a time; else as in I3D.
        blocks: Default number of non-local blocks; 0 for networks without blocks.
        width: Number of channels of conv1.
    """

    title: str
    parameters: str
    depth: int
    inflation: str | None = None
    blocks: int = 0
    width: int = 64


FAMILIES = {
    "c2d_r50": Family("C2D ResNet-50", "24,327,632", 50),
    "c2d_r101": Family("C2D ResNet-101", "43,319,760", 101),
    "i3d_r50": Family("I3D ResNet-50", "28,043,472", 50, "3x1x1"),
    "i3d_r101": Family("I3D ResNet-101", "51,754,192", 101, "3x1x1"),
    "nl_c2d_r50": Family("non-local C2D ResNet-50", "31,686,096", 50, None, 5),
    "nl_c2d_r101": Family("non-local C2D ResNet-101", "50,678,224", 101, None, 5),
    "nl_i3d_r50": Family("non-local I3D ResNet-50", "35,401,936", 50, "3x1x1", 5),
    "nl_i3d_r101": Family("non-local I3D ResNet-101", "59,112,656", 101, "3x1x1", 5),
    "c2d_small": Family("small C2D of 18 layers", "753,696", 18, None, 0, 16),
    "i3d_small": Family("small I3D of 18 layers", "1,113,312", 18, "3x1x1", 0, 16),
    "nl_c2d_small": Family("small non-local C2D of 18 layers", "764,368", 18, None, 2, 16),
    "nl_i3d_small": Family("small non-local I3D of 18 layers", "1,123,984", 18, "3x1x1", 2, 16),
}


def design(builder: str, given: Mapping[str, Any], card: Card | None) -> Design:
    """Combines the defaults of a builder, the arguments of a card and the choices of the caller.

    Args:
        builder: A key of `FAMILIES`.
        given: Choices of the caller by the names of `Design`; `None` means no choice.
        card: Card of the weights to load, or `None`.

    Raises:
        ValueError: A choice is unknown, the builder does not have it, or it contradicts the card.
    """
    family = FAMILIES[builder]
    base = Design(blocks=family.blocks, inflation=family.inflation)
    chosen = {name: value for name, value in given.items() if value is not None}
    if card is not None:
        base = replace(base, **card.arguments)
        _check_card(card, base, chosen)
    _check_builder(builder, family, chosen)
    result = replace(base, **chosen)
    one_of("variant", result.variant, VARIANTS)
    one_of("inflation", result.inflation, INFLATIONS)
    one_of("kind", result.kind, BLOCK_KINDS)
    one_of("instantiation", result.instantiation, AFFINITIES)
    one_of("axes", result.axes, AXES[3])
    for name in ("instantiation", "axes"):
        if name in chosen and name not in BLOCK_KINDS[result.kind].arguments:
            raise ValueError(
                f"Blocks of the kind {result.kind!r} take no `{name}`. "
                f"Received: {name}={chosen[name]!r}"
            )
    return result


def placement(builder: str, chosen: Design) -> dict[str, tuple[int, ...]]:
    """Returns the residual blocks that a non-local block follows; empty for plain networks."""
    family = FAMILIES[builder]
    return place(chosen.blocks, family.depth) if family.blocks else {}


def _check_builder(builder, family, chosen):
    with_blocks = family.blocks > 0, f"nl_{builder}, which has non-local blocks"
    available = {
        "blocks": with_blocks,
        "kind": with_blocks,
        "instantiation": with_blocks,
        "axes": with_blocks,
        "inflation": (family.inflation is not None, "an I3D builder, which convolves over time"),
    }
    for name, (accepted, alternative) in available.items():
        if name in chosen and not accepted:
            raise ValueError(
                f"{builder} takes no `{name}`. Use {alternative}. Received: {name}={chosen[name]!r}"
            )


def _check_card(card, base, chosen):
    for name, value in chosen.items():
        if value != getattr(base, name):
            raise ValueError(
                f"The weights {card.name!r} belong to a network with {name}="
                f"{getattr(base, name)!r}. Received: {name}={value!r}"
            )
