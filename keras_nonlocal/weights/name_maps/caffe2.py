"""The authors' own Caffe2 pickles, and those of PySlowFast's zoo that end in `.pkl`.

The long-clip ("affine") files hold no moving statistics: their norms are scales and shifts.
"""

from .name_map import NameMap

CAFFE2 = NameMap(
    layers={
        "conv1": "conv1_conv",
        "res_conv1_bn": "conv1_norm",
        "res{stage}_{block}_branch2{conv}": "res{stage}_{block}_{conv}_conv",
        "res{stage}_{block}_branch2{conv}_bn": "res{stage}_{block}_{conv}_norm",
        "res{stage}_{block}_branch1": "res{stage}_{block}_shortcut_conv",
        "res{stage}_{block}_branch1_bn": "res{stage}_{block}_shortcut_norm",
        "nonlocal_conv{stage}_{block}_{part}": "res{stage}_{block}_nonlocal/{part}",
        "nonlocal_conv{stage}_{block}_bn": "res{stage}_{block}_nonlocal/norm",
        "pred": "logits",
    },
    words={
        "stage": {"2": "2", "3": "3", "4": "4", "5": "5"},
        "conv": {"a": "1", "b": "2", "c": "3"},
        "part": {"theta": "theta", "phi": "phi", "g": "g", "out": "out"},
    },
    fields={"_w": "/kernel", "_b": "/bias"},
    norm_fields={
        "_s": "/gamma",
        "_b": "/beta",
        "_rm": "/moving_mean",
        "_riv": "/moving_variance",  # the variance itself, whatever the name says
    },
    ignored=("model_iter", "lr", r".+_momentum"),
    folds_norms=True,
)
