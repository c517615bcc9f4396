"""Mask R-CNN of MMDetection, with the two operators of MMCV that it runs compiled here.

MMCV without compiled operators holds their sources, in C++. RoI align and non-maximum suppression
are compiled from them, once, in a minute. MMDetection also imports others: they fail when they run.
"""

import contextlib
import importlib
import os
import shutil
import sys
import types
import warnings
from pathlib import Path

import detection_data
import torch

SPREAD = 2.0  # standard deviation of the logits of a class over boxes
OPERATORS = """
#include <torch/extension.h>
#include "pytorch/nms.cpp"
#include "pytorch/cpu/nms.cpp"
#include "pytorch/roi_align.cpp"
#include "pytorch/cpu/roi_align.cpp"
namespace py = pybind11;
PYBIND11_MODULE(TORCH_EXTENSION_NAME, m) {
  m.def("nms", &nms, py::arg("boxes"), py::arg("scores"), py::arg("iou_threshold"),
        py::arg("offset"));
  m.def("roi_align_forward", &roi_align_forward, py::arg("input"), py::arg("rois"),
        py::arg("output"), py::arg("argmax_y"), py::arg("argmax_x"), py::arg("aligned_height"),
        py::arg("aligned_width"), py::arg("spatial_scale"), py::arg("sampling_ratio"),
        py::arg("pool_mode"), py::arg("aligned"));
  m.def("roi_align_backward", &roi_align_backward, py::arg("grad_output"), py::arg("rois"),
        py::arg("argmax_y"), py::arg("argmax_x"), py::arg("grad_input"), py::arg("aligned_height"),
        py::arg("aligned_width"), py::arg("spatial_scale"), py::arg("sampling_ratio"),
        py::arg("pool_mode"), py::arg("aligned"));
}
"""


def compiled_operators():
    """`mmcv.ops` with its own compiled operators, or with the two that are compiled here."""
    with contextlib.suppress(ImportError):
        return importlib.import_module("mmcv.ops")
    import mmcv
    from torch.utils import cpp_extension

    sources = Path(mmcv.__file__).parent / "ops" / "csrc"
    # The environment of this interpreter has ninja, but need not be active.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    if shutil.which("g++") is None or shutil.which("ninja") is None:
        raise ImportError("compiling RoI align needs g++ and ninja")
    name = f"mmcv_operators_{mmcv.__version__.replace('.', '_')}"
    folder = Path(cpp_extension._get_build_directory(name, verbose=False))
    operators = folder / "operators.cpp"
    if not operators.exists() or operators.read_text() != OPERATORS:
        operators.write_text(OPERATORS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        built = cpp_extension.load(
            name,
            [str(operators)],
            extra_cflags=["-O3"],
            extra_include_paths=[str(sources), str(sources / "common")],
        )
    extension = types.ModuleType("mmcv._ext")
    extension.__getattr__ = lambda name: getattr(built, name, _not_compiled)
    sys.modules["mmcv._ext"] = extension
    return importlib.import_module("mmcv.ops")


def _not_compiled(*_, **__):
    raise NotImplementedError("this operator of MMCV was not compiled for the benchmarks")


def detector():
    """Mask R-CNN of ResNet-50, random, with norms and scores as spread as those of a trained one.

    Its batch norms do not learn, as ours do not. Where it draws samples at random, it takes the
    first ones in order, so that losses can be compared.
    """
    compiled_operators()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mmdet.models
        from mmdet.models.task_modules.samplers import RandomSampler
        from mmengine.config import Config
        from mmengine.registry import init_default_scope

        init_default_scope("mmdet")
        folder = Path(mmdet.__file__).parent / ".mim" / "configs" / "_base_" / "models"
        config = Config.fromfile(folder / "mask-rcnn_r50_fpn.py").model
        config.backbone.init_cfg = None
        config.backbone.norm_cfg.requires_grad = False
        torch.manual_seed(0)
        model = mmdet.registry.MODELS.build(config)
        model.init_weights()
    RandomSampler.random_choice = lambda self, places, number: places[:number]
    return _spread(model.eval())


def _spread(model):
    """Sets the statistics of the norms, and scales the logits so that some classes stand out."""
    norms = [each for each in model.modules() if isinstance(each, torch.nn.BatchNorm2d)]
    x = _channels_first(detection_data.images(1, detection_data.SMALL))
    for norm in norms:
        norm.momentum = None  # the mean over all batches
        norm.reset_running_stats()
        norm.train()
    box_head = model.roi_head.bbox_head
    with torch.no_grad():
        model.backbone(x)
        model.eval()
        levels = model.extract_feat(x)
        proposals = model.rpn_head.predict(levels, _samples(x), rescale=False)[0].bboxes
        regions = torch.nn.functional.pad(proposals, (1, 0))
        logits = model.roi_head._bbox_forward(levels, regions)["cls_score"]
        box_head.fc_cls.weight *= SPREAD / logits.std(dim=0).mean()
    return model


def _channels_first(images):
    return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()


def _samples(x, objects=None):
    """MMDetection's description of each image, with its objects."""
    import numpy as np
    from mmdet.structures import DetDataSample
    from mmdet.structures.mask import BitmapMasks
    from mmengine.structures import InstanceData

    size = tuple(x.shape[2:])
    shapes = dict.fromkeys(("img_shape", "ori_shape", "pad_shape", "batch_input_shape"), size)
    samples = []
    for index in range(len(x)):
        sample = DetDataSample(metainfo={**shapes, "scale_factor": (1.0, 1.0)})
        if objects is not None:
            boxes, labels, masks = (objects[name][index] for name in ("boxes", "labels", "masks"))
            sample.gt_instances = InstanceData(
                bboxes=torch.from_numpy(boxes),
                labels=torch.from_numpy(labels.astype(np.int64)),
                masks=BitmapMasks(masks, *size),
            )
        samples.append(sample)
    return samples


def save_detector(path):
    """The weights of the detector in a file."""
    return lambda: torch.save(detector().state_dict(), path)


def roi_align(size, sampling_ratio, backward=False):
    """MMCV's RoI align of 512 boxes, or its gradient to the map."""
    function = compiled_operators().roi_align
    x = _channels_first(detection_data.features()).requires_grad_(backward)
    boxes = torch.nn.functional.pad(torch.from_numpy(detection_data.regions()), (1, 0))
    arguments = (boxes, (size, size), 1 / detection_data.STRIDE, sampling_ratio, "avg", True)
    if not backward:
        return torch.no_grad()(lambda: {"y": function(x, *arguments).permute(0, 2, 3, 1)})
    y, dy = function(x, *arguments), _channels_first(detection_data.gradient(size))

    def call():
        (dx,) = torch.autograd.grad(y, x, dy, retain_graph=True)
        return {"y": dx.permute(0, 2, 3, 1)}

    return call


def detect(size=detection_data.IMAGE):
    """One image to boxes, scores, labels, and masks on a grid over each box: without pasting."""
    model = detector()
    x = _channels_first(detection_data.images(1, size))
    samples = _samples(x)
    described = [sample.metainfo for sample in samples]

    @torch.no_grad()
    def call():
        levels = model.extract_feat(x)
        proposals = model.rpn_head.predict(levels, samples, rescale=False)
        head = model.roi_head
        (found,) = head.predict_bbox(levels, described, proposals, head.test_cfg)
        regions = torch.nn.functional.pad(found.bboxes, (1, 0))
        logits = head._mask_forward(levels, regions)["mask_preds"]
        masks = logits[torch.arange(len(logits)), found.labels].sigmoid()
        return {
            "boxes": found.bboxes,
            "confidence": found.scores,
            "labels": found.labels,
            "masks": masks,
        }

    return call


def detection_losses():
    """The terms of the loss of two images with their objects."""
    model = detector().train()
    batch, size = detection_data.BATCH, detection_data.SMALL
    x = _channels_first(detection_data.images(batch, size))
    objects = detection_data.objects(batch, size)
    return lambda: _losses(model, x, objects)


def _losses(model, x, objects):
    found = model.loss(x, _samples(x, objects))
    found = {name: sum(each) if isinstance(each, list) else each for name, each in found.items()}
    return {name: value for name, value in found.items() if "loss" in name}


def detection_step():
    """A training step: the losses, their gradients, and stochastic gradient with momentum."""
    model = detector().train()
    batch, size = detection_data.BATCH, detection_data.SMALL
    x = _channels_first(detection_data.images(batch, size))
    objects = detection_data.objects(batch, size)
    learned = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.SGD(learned, lr=detection_data.RATE, momentum=0.9)

    def call():
        optimizer.zero_grad()
        loss = sum(_losses(model, x, objects).values())
        loss.backward()
        optimizer.step()
        return {"loss": loss}

    return call
