"""What each video builder fixes, and what its caller, or a card of weights, may choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..backbones.placement import Placement, place
from ..backbones.variants import VARIANTS
from ..backbones.video_resnet import INFLATIONS
from ..ops.pairwise import AFFINITIES
from ..ops.positions import AXES
from ..pretrained.cards import Card
from ..utils.checks import one_of


@dataclass(frozen=True)
class Design:
    """The free choices of a video network."""

    blocks: int | Placement
    inflation: str | None
    variant: str = "official_32x2"
    instantiation: str = "embedded_gaussian"
    axes: str = "spacetime"


@dataclass(frozen=True)
class Family:
    """One row a builder."""

    title: str
    parameters: str  # trainable, with 400 classes
    depth: int
    inflation: str | None = None  # None: convolutions see one frame at a time (C2D)
    blocks: int = 0  # non-local blocks, unless the caller says otherwise
    width: int = 64  # channels of conv1


FAMILIES = {
    "c2d_r50": Family("C2D ResNet-50", "24,327,632", 50),
    "c2d_r101": Family("C2D ResNet-101", "43,319,760", 101),
    "i3d_r50": Family("I3D ResNet-50", "28,043,472", 50, "3x1x1"),
    "i3d_r101": Family("I3D ResNet-101", "51,754,192", 101, "3x1x1"),
    "nl_c2d_r50": Family("Non-local C2D ResNet-50", "31,686,096", 50, None, 5),
    "nl_c2d_r101": Family("Non-local C2D ResNet-101", "50,678,224", 101, None, 5),
    "nl_i3d_r50": Family("Non-local I3D ResNet-50", "35,401,936", 50, "3x1x1", 5),
    "nl_i3d_r101": Family("Non-local I3D ResNet-101", "59,112,656", 101, "3x1x1", 5),
    "c2d_small": Family("Small C2D, 18 layers,", "753,696", 18, None, 0, 16),
    "i3d_small": Family("Small I3D, 18 layers,", "1,113,312", 18, "3x1x1", 0, 16),
    "nl_c2d_small": Family("Small non-local C2D, 18 layers,", "764,368", 18, None, 2, 16),
    "nl_i3d_small": Family("Small non-local I3D, 18 layers,", "1,123,984", 18, "3x1x1", 2, 16),
}


def design(builder: str, given: Mapping[str, Any], card: Card | None) -> Design:
    """The builder's design with the choices of its caller and of the weights' card.

    Args:
        builder: A key of `FAMILIES`.
        given: What the caller chose, by the names of `Design`; `None` for no choice.
        card: Of the weights to load, whose network is the one to build.

    Raises:
        ValueError: An unknown choice, one that the builder does not have, or one that
            contradicts the card.
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
    one_of("instantiation", result.instantiation, AFFINITIES)
    one_of("axes", result.axes, AXES[3])
    return result


def placement(builder: str, chosen: Design) -> dict[str, tuple[int, ...]]:
    """After which residual blocks a non-local block follows: nowhere in a plain network."""
    family = FAMILIES[builder]
    return place(chosen.blocks, family.depth) if family.blocks else {}


def _check_builder(builder, family, chosen):
    of_blocks = family.blocks > 0, f"nl_{builder}, which has non-local blocks"
    for name, has_it, other in (
        ("blocks", *of_blocks),
        ("instantiation", *of_blocks),
        ("axes", *of_blocks),
        ("inflation", family.inflation is not None, "an I3D builder, which convolves over time"),
    ):
        if name in chosen and not has_it:
            raise ValueError(
                f"{builder} takes no `{name}`. Take {other}. Received: {name}={chosen[name]!r}"
            )


def _check_card(card, base, chosen):
    for name, value in chosen.items():
        if value != getattr(base, name):
            raise ValueError(
                f"The weights {card.name!r} belong to a network with {name}="
                f"{getattr(base, name)!r}. Received: {name}={value!r}"
            )
