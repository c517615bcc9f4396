"""The layer names of the parts of a network: stages, non-local blocks and classifiers.

The builders of all tasks use these names, and code that looks for a part uses these functions.
"""

from __future__ import annotations

STAGES = ("res2", "res3", "res4", "res5")
# The layer of the classifier. Its outputs are the logits, and its weights depend on the classes.
LOGITS = "logits"
AUXILIARY = "auxiliary"  # the classifier of a second head, which is used in training only
# Layers of detection networks whose weights depend on the classes or on the keypoints.
REGION_CLASSIFIERS = ("box_logits", "box_deltas", "mask_logits", "keypoint_deconv")
CLASSIFIERS = (LOGITS, AUXILIARY, *REGION_CLASSIFIERS)
# Prefixes of the layer names of heads. A network may lack a head that its weights have.
REGION_HEADS = ("fpn_", "rpn_", "box_", "mask_", "keypoint_")
HEADS = (LOGITS, AUXILIARY, "head_", *REGION_HEADS)
NON_LOCAL_SUFFIX = "_nonlocal"  # the suffix of the names of non-local blocks


def stage_of(layer: str) -> str:
    """Returns the stage of a layer by its name. Stem and head have stages of their own.

    >>> stage_of("res3_1_nonlocal"), stage_of("conv1_norm")
    ('res3', 'conv1')
    """
    return layer.split("_")[0]


def non_local_name(stage: str, index: int) -> str:
    """Returns the name of the non-local block after the residual block with this index.

    >>> non_local_name("res3", 1)
    'res3_1_nonlocal'
    """
    return f"{stage}_{index}{NON_LOCAL_SUFFIX}"


def in_non_local(weight: str) -> bool:
    """Returns whether a weight belongs to a non-local block, by its path.

    >>> in_non_local("res3_1_nonlocal/theta/kernel"), in_non_local("res3_1_1_conv/kernel")
    (True, False)
    """
    return f"{NON_LOCAL_SUFFIX}/" in weight


def in_classifier(weight: str) -> bool:
    """Returns whether a weight depends on the classes, by its path.

    >>> in_classifier("logits/kernel"), in_classifier("head_2_conv/kernel")
    (True, False)
    """
    return weight.split("/")[0] in CLASSIFIERS


def head_of(path: str) -> str | None:
    """Returns the prefix of the head that a layer or weight belongs to, or `None`.

    >>> head_of("head_2_conv/kernel"), head_of("res5_2_out")
    ('head_', None)
    """
    return next((head for head in HEADS if path.startswith(head)), None)
