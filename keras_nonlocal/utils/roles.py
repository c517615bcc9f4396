"""The names by which code finds the parts of a network: stages, non-local blocks, classifiers.

Every builder gives its layers these names, whatever its task; whoever looks for a part asks here.
"""

from __future__ import annotations

STAGES = ("res2", "res3", "res4", "res5")
# The layer that classifies: it gives logits, and its weights are those of the classes.
LOGITS = "logits"
AUXILIARY = "auxiliary"  # the same of a second head that only helps training
CLASSIFIERS = (LOGITS, AUXILIARY)
# What the names of layers of heads begin with; a network may lack a head that its weights have.
HEADS = (LOGITS, AUXILIARY, "head_")
NON_LOCAL_SUFFIX = "_nonlocal"  # how the names of non-local blocks end


def stage_of(layer: str) -> str:
    """The stage that a layer is in, by its name; stem and head are stages of their own.

    >>> stage_of("res3_1_nonlocal"), stage_of("conv1_norm")
    ('res3', 'conv1')
    """
    return layer.split("_")[0]


def non_local_name(stage: str, index: int) -> str:
    """The name of the non-local block behind a residual block, counted from 0.

    >>> non_local_name("res3", 1)
    'res3_1_nonlocal'
    """
    return f"{stage}_{index}{NON_LOCAL_SUFFIX}"


def in_non_local(weight: str) -> bool:
    """Whether a weight is of a non-local block, by its path.

    >>> in_non_local("res3_1_nonlocal/theta/kernel"), in_non_local("res3_1_1_conv/kernel")
    (True, False)
    """
    return f"{NON_LOCAL_SUFFIX}/" in weight


def in_classifier(weight: str) -> bool:
    """Whether a weight depends on the classes, by its path.

    >>> in_classifier("logits/kernel"), in_classifier("head_2_conv/kernel")
    (True, False)
    """
    return weight.split("/")[0] in CLASSIFIERS


def head_of(path: str) -> str | None:
    """Which head a layer or weight belongs to, by the start of its name; `None` for none.

    >>> head_of("head_2_conv/kernel"), head_of("res5_2_out")
    ('head_', None)
    """
    return next((head for head in HEADS if path.startswith(head)), None)
