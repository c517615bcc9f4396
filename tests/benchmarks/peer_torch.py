"""The peers of the benchmarks, in PyTorch: networks of OpenMMLab, `sdpa`, matmul, files.

A worker that `harness.Peer` starts. It reads one JSON object a line, and answers one
a line with the seconds of ONE call: `{"case": "matmul", "n": 4096}` gives
`{"seconds": 0.53, "peak": 4.1e8}`, or `{"error": "..."}` when the case failed. The peak is that of
the memory of this process so far, in bytes.
The first time a case is asked for it is built and called twice before the timed call.
Three keys are no arguments of the case: `"clock"` names the clock, `"warm_up"` is the number of
calls before the first timed one, and `"answer"` is a file for the arrays that the call returns,
which is then called once and not timed.
"""

import contextlib
import functools
import json
import os
import sys
import warnings
from pathlib import Path

import torch
from harness import CLOCKS
from memory import status

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the networks of the tests

LEAST_SECONDS = 0.2  # short calls are repeated, or only waking threads is timed
WARM_UP_CALLS = 2
CLIP = (3, 32, 224, 224)
CLASSES = 400
LAYOUTS = {
    "channels_last": torch.channels_last_3d,
    "contiguous": torch.contiguous_format,
}

# mmaction2's i3d_imagenet-pretrained-r50-nl-embedded-gaussian_8xb8-32x2x1-100e_
# kinetics400-rgb without the download of weights: speed does not depend on them.
BACKBONE = {
    "depth": 50,
    "pretrained": None,
    "pretrained2d": False,
    "conv1_kernel": (5, 7, 7),
    "conv1_stride_t": 2,
    "pool1_stride_t": 2,
    "conv_cfg": {"type": "Conv3d"},
    "norm_eval": False,
    "inflate": ((1, 1, 1), (1, 0, 1, 0), (1, 0, 1, 0, 1, 0), (0, 1, 0)),
    "zero_init_residual": False,
    "non_local": ((0, 0, 0), (0, 1, 0, 1), (0, 1, 0, 1, 0, 1), (0, 0, 0)),
    "non_local_cfg": {
        "sub_sample": True,
        "use_scale": False,
        "norm_cfg": {"type": "BN3d", "requires_grad": True},
        "mode": "embedded_gaussian",
    },
}


def nl_i3d_r50():
    """mmaction2's network: `(B, 3, T, H, W) -> (B, 400)`; 35,397,840 parameters."""
    # Any import from `mmaction.models` imports all of it. The wheels of mmaction2 1.1.0
    # and mmcv-lite 2.0.1 allow that, with one warning about a compiled operator that
    # mmcv-lite leaves out and this network does not use.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mmaction.models.backbones import ResNet3d
        from mmaction.models.heads import I3DHead

    torch.manual_seed(0)
    backbone = ResNet3d(**BACKBONE)
    head = I3DHead(num_classes=CLASSES, in_channels=2048)
    backbone.init_weights()
    head.init_weights()
    return torch.nn.Sequential(backbone, head)


def clips(count, layout):
    """Seeded clips `(count, 3, 32, 224, 224)`."""
    x = torch.randn(count, *CLIP, generator=torch.Generator().manual_seed(0))
    return x.to(memory_format=LAYOUTS[layout])


def autocast(dtype):
    """The context that computes in `dtype`; nothing at all for float32."""
    if dtype == "float32":
        return contextlib.nullcontext()
    # Without the cache, because a traced graph would keep the tensors in it.
    return torch.autocast("cpu", dtype=getattr(torch, dtype), cache_enabled=False)


def eager(model, x, dtype):
    """As written."""
    return model


def traced_frozen(model, x, dtype):
    """TorchScript, traced and frozen, with oneDNN fusion.

    Freezing folds the batch norms. Folding them by hand first, or
    `optimize_for_inference` in place of the fusion, was not faster here.
    """
    torch.jit.enable_onednn_fusion(True)
    with warnings.catch_warnings(), torch.no_grad(), autocast(dtype):
        warnings.simplefilter("ignore")  # TorchScript is deprecated, and still fast
        return torch.jit.freeze(torch.jit.trace(model, x, check_trace=False))


def compiled(model, x, dtype):
    """`torch.compile` with Inductor, as it comes."""
    return torch.compile(model)


def compiled_frozen(model, x, dtype):
    """`torch.compile` with weights as constants, folded and packed ahead of time."""
    return torch.compile(model, options={"freezing": True})


MODES = {mode.__name__: mode for mode in (eager, traced_frozen, compiled, compiled_frozen)}


def i3d_infer(mode="eager", dtype="float32", layout="channels_last"):
    """One clip through the network: `mode` of `MODES`, `dtype` float32 or bfloat16."""
    model = nl_i3d_r50().eval().to(memory_format=LAYOUTS[layout])
    x = clips(1, layout)
    network = MODES[mode](model, x, dtype)

    def call():
        with torch.no_grad(), autocast(dtype):
            return network(x)

    return call


def i3d_train(dtype="float32", layout="channels_last", batch=2):
    """One step: forward, cross-entropy, backward, stochastic gradient with momentum."""
    model = nl_i3d_r50().train().to(memory_format=LAYOUTS[layout])
    x, labels = clips(batch, layout), torch.arange(batch)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)

    def call():
        optimizer.zero_grad()
        with autocast(dtype):
            loss = torch.nn.functional.cross_entropy(model(x), labels)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return call


def segment(mode="eager", dtype="float32", size=(769, 769)):
    """One image through MMSegmentation's non-local network, to logits of the size of the image."""
    from weights.name_maps.mmsegmentation import segmentor

    network = segmentor("nl_fcn")

    class Whole(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.backbone, self.head = network.backbone, network.decode_head

        def forward(self, x):
            logits = self.head(self.backbone(x))
            return torch.nn.functional.interpolate(logits, size=x.shape[2:], mode="bilinear")

    x = torch.randn(1, 3, *size, generator=torch.Generator().manual_seed(0))
    run = MODES[mode](Whole().eval(), x, dtype)

    def call():
        with torch.no_grad(), autocast(dtype):
            return run(x)

    return call


def block(kind, size=97, channels=512):
    """A block of MMSegmentation over `size x size` positions."""
    from weights.name_maps.mmsegmentation import segmentor

    part = {"gc_fcn": "gc_block", "dnl_fcn": "dnl_block", "cc_fcn": "cca", "nl_fcn": "nl_block"}
    layer = getattr(segmentor(kind).decode_head, part[kind]).eval()
    x = torch.randn(1, channels, size, size, generator=torch.Generator().manual_seed(0))

    def call():
        with torch.no_grad():
            y = layer(x)
            return layer(y) if kind == "cc_fcn" else y

    return call


def sdpa(n, m, c, dtype="float32", backward=False):
    """`(N, C), (M, C), (M, C) -> (N, C)` without scale, as in the non-local paper."""
    # Four axes: with three, PyTorch takes a slower path (1.5-2x).
    generator = torch.Generator().manual_seed(0)
    query, key, value = (
        (torch.randn(1, 1, rows, c, generator=generator) * c**-0.25)
        .to(getattr(torch, dtype))
        .requires_grad_(backward)
        for rows in (n, m, m)
    )
    attend = functools.partial(torch.nn.functional.scaled_dot_product_attention, scale=1.0)

    def call():
        y = attend(query, key, value)
        return torch.autograd.grad(y.sum(), (query, key, value)) if backward else y

    return call if backward else torch.no_grad()(call)


def matmul(n=4096, dtype="float32"):
    """A square matrix product: the rate that the machine can do."""
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randn(n, n, generator=generator) for _ in range(2))
    a, b = a.to(getattr(torch, dtype)), b.to(getattr(torch, dtype))
    return lambda: a @ b


def save(path):
    """The state dict of the network, as mmaction2 names it, into a zip file for others to read."""
    parts = {"0": "backbone", "1": "cls_head"}
    state = {
        f"{parts[name[0]]}{name[1:]}": tensor for name, tensor in nl_i3d_r50().state_dict().items()
    }
    return lambda: torch.save(state, path)


def load(path, checked=True):
    """`torch.load` of a file; unchecked it runs whatever the file names."""
    return lambda: torch.load(path, weights_only=checked)


CASES = {
    case.__name__: case for case in (i3d_infer, i3d_train, segment, block, sdpa, matmul, save, load)
}
OF_MMDETECTION = {"save_detector", "roi_align", "detect", "detection_losses", "detection_step"}


@functools.cache
def built(line):
    """The call that a command names."""
    arguments = json.loads(line)
    case = arguments.pop("case")
    if case in OF_MMDETECTION:
        import peer_mmdetection

        torch.set_num_threads(peer_mmdetection.detection_data.THREADS)
        return getattr(peer_mmdetection, case)(**arguments)
    return CASES[case](**arguments)


@functools.cache
def prepared(line, warm_up):
    """The same, called before."""
    call = built(line)
    for _ in range(warm_up):
        call()
    return call


def seconds(line, clock, warm_up):
    """Time of one call of the case, as `harness.stopwatch` measures ours."""
    call, clock = prepared(line, warm_up), CLOCKS[clock]
    calls, start = 0, clock()
    while calls == 0 or clock() - start < LEAST_SECONDS:
        call()
        calls += 1
    return (clock() - start) / calls


def answer(line):
    """What a line asks for."""
    command = json.loads(line)
    clock, path = command.pop("clock", "wall"), command.pop("answer", None)
    warm_up = command.pop("warm_up", WARM_UP_CALLS)
    case = json.dumps(command)
    if path is None:
        return {"seconds": seconds(case, clock, warm_up), "peak": status("VmHWM")}
    found = built(case)()
    if found is not None:
        import numpy as np

        np.savez(path, **{name: each.detach().numpy() for name, each in found.items()})
    return {"seconds": 0.0, "peak": status("VmHWM")}


def main():
    torch.set_num_threads(os.cpu_count())
    # Only answers go to the real stdout; what libraries print goes to stderr.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    for line in sys.stdin:
        try:
            found = answer(line)
        except Exception as error:
            found = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(found), file=answers, flush=True)


if __name__ == "__main__":
    main()
