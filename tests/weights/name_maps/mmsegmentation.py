"""MMSegmentation's own networks, with random weights and statistics like those of trained ones."""

import importlib.util
import sys
import types
import warnings
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("mmseg")

CONFIGS = {
    "fcn": "fcn_r50-d8.py",
    "nl_fcn": "nonlocal_r50-d8.py",
    "gc_fcn": "gcnet_r50-d8.py",
    "dnl_fcn": "dnl_r50-d8.py",
    "cc_fcn": "ccnet_r50-d8.py",
}


def _without_compiled_operators():
    """Puts a module in place of `mmcv.ops`, whose compiled operators the networks here do not use.

    Criss-cross attention is the exception: MMCV has it in plain PyTorch, in a file of its own.
    """
    import mmcv

    path = Path(mmcv.__file__).parent / "ops" / "cc_attention.py"
    spec = importlib.util.spec_from_file_location("mmcv_cc_attention", path)
    criss_cross = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(criss_cross)
    ops = types.ModuleType("mmcv.ops")
    ops.point_sample = ops.sigmoid_focal_loss = ops.PSAMask = None
    ops.CrissCrossAttention = criss_cross.CrissCrossAttention
    sys.modules["mmcv.ops"] = ops


def segmentor(head, depth=50, align_corners=False):
    """Builds the network of a configuration file in the wheel, with weights of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if "mmcv.ops" not in sys.modules:
            _without_compiled_operators()
        import mmseg.models
        from mmengine.config import Config
        from mmengine.registry import init_default_scope

        init_default_scope("mmseg")
        folder = Path(mmseg.__file__).parent / ".mim" / "configs" / "_base_" / "models"
        config = Config.fromfile(folder / CONFIGS[head]).model
        config.pop("data_preprocessor")
        config.pretrained = None
        for part in (config.backbone, config.decode_head, config.auxiliary_head):
            part.norm_cfg = {"type": "BN", "requires_grad": True}
        config.backbone.depth = depth
        for part in (config.decode_head, config.auxiliary_head):
            part.align_corners = align_corners
        model = mmseg.registry.MODELS.build(config)
    return _with_statistics(_with_weights(model))


def _with_weights(model):
    """Sets weights so that no norm and no block is the identity, and attention is spread."""
    torch.manual_seed(0)
    with torch.no_grad():
        for name, module in model.named_modules():
            if isinstance(module, torch.nn.Conv2d):
                block = "_block." in name or ".cca." in name
                torch.nn.init.kaiming_normal_(module.weight)
                if block:
                    module.weight.normal_(0, 0.06 if "conv_out" in name else 0.02)
                if module.bias is not None:
                    module.bias.normal_(0, 0.1)
            elif isinstance(module, torch.nn.BatchNorm2d | torch.nn.LayerNorm):
                module.weight.uniform_(0.7, 1.3)
                module.bias.normal_(0, 0.2)
            elif type(module).__name__ == "Scale":
                module.scale.fill_(0.7)
    return model


def _with_statistics(model):
    """Sets the moving statistics to those of two random batches."""
    norms = [each for each in model.modules() if isinstance(each, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = None  # the mean over all batches
        norm.reset_running_stats()
    model.train()
    with torch.no_grad():
        for seed in range(2):
            torch.manual_seed(seed)
            features = model.backbone(torch.randn(2, 3, 97, 129))
            model.decode_head(features)
            model.auxiliary_head(features)
    return model.eval()


def logits_of(model, images, dtype):
    """Returns the logits `(B, classes, H, W)` of both heads at the size of the images."""
    images = torch.from_numpy(images).to(dtype)
    model = model.to(dtype)
    with torch.no_grad():
        features = model.backbone(images)
        heads = (model.decode_head, model.auxiliary_head)
        return [
            torch.nn.functional.interpolate(
                head(features), images.shape[2:], mode="bilinear", align_corners=head.align_corners
            ).numpy()
            for head in heads
        ]
