"""RoI align, Mask R-CNN and COCO's numbers, against MMDetection and the libraries of COCO.

python tests/benchmarks/detection.py --peer-python PYTHON [--only align|network|training|coco]

Seconds are processor seconds of two threads. Before a row is timed, both sides must have given the
same numbers from the same weights. What has no peer here is left out, with the reason.
"""

import argparse
import contextlib
import importlib.util
import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import detection_data as data
import keras
import numpy as np
import tensorflow as tf
from harness import Peer, Row, alternate, stopwatch, table
from memory import status

from keras_nonlocal import models
from keras_nonlocal.checkpoints import read_checkpoint
from keras_nonlocal.images import read_object_set
from keras_nonlocal.metrics import coco_average_precision
from keras_nonlocal.ops import roi_align
from keras_nonlocal.regions import TrainingOptions
from keras_nonlocal.utils.roles import stage_of
from keras_nonlocal.weights import convert

CLOCK = "processor"
# By MMDetection's names.
LOSSES = {
    "loss_rpn_cls": "rpn_logits_loss",
    "loss_rpn_bbox": "rpn_deltas_loss",
    "loss_cls": "box_logits_loss",
    "loss_bbox": "box_deltas_loss",
    "loss_mask": "mask_loss",
}
LIBRARIES = ("hotcoco", "faster_coco_eval")  # the fastest first


def answers(peer, folder, case, **arguments):
    """The arrays that one call of a case of the peer returns."""
    path = Path(folder) / f"{case}.npz"
    peer.time(case, answer=str(path), **arguments)
    return dict(np.load(path))


def agree(what, ours, theirs, tolerance):
    """Stops if arrays differ by more than `tolerance`."""
    difference = float(np.abs(np.asarray(ours, "float64") - theirs).max())
    if not difference <= tolerance:
        raise AssertionError(f"{what} differ by {difference:.3g}, more than {tolerance:.3g}")
    print(f"{what}: the same to {difference:.1e}", flush=True)


def align_rows(peer, rounds, folder):
    x, boxes = tf.constant(data.features()), tf.constant(data.regions())
    images = tf.zeros(len(boxes), tf.int32)
    for sampling_ratio in (0, 2):
        for size in (7, 14):
            options = {
                "strides": (data.STRIDE,),
                "size": (size, size),
                "sampling_ratio": sampling_ratio,
            }
            dy = tf.constant(data.gradient(size))

            def forward(x, options=options):
                return roi_align([x], boxes, images, **options)

            def backward(x, forward=forward, dy=dy):
                with tf.GradientTape() as tape:
                    tape.watch(x)
                    y = forward(x)
                return tape.gradient(y, x, dy)

            for name, function in (("forward", forward), ("backward", backward)):
                run = tf.function(function, autograph=False)
                case = {
                    "size": size,
                    "sampling_ratio": sampling_ratio,
                    "backward": name == "backward",
                }
                what = f"RoI align {size}x{size}, sampling {sampling_ratio}, {name}"
                theirs = answers(peer, folder, "roi_align", **case)["y"]
                agree(what, run(x), theirs, 1e-4 * max(1.0, np.abs(theirs).max()))
                calls = {
                    "ours": stopwatch(lambda run=run: run(x), CLOCK),
                    "peer": peer.stopwatch("roi_align", clock=CLOCK, **case),
                }
                seconds = alternate(calls, rounds, warm_up=1, timeout=0)
                yield Row(what, seconds["ours"], seconds["peer"], 4.0)


def network(weights=None):
    """Mask R-CNN with the weights of the peer, or random ones."""
    options = TrainingOptions(sample="first")
    model = models.mask_rcnn_r50_fpn(variant="mmdetection", options=options)
    if weights is not None:
        convert(read_checkpoint(weights), model, "mmdetection")
    return model


def detecting(model):
    """A call that detects the objects of one image."""
    x = tf.constant(data.images(1, data.IMAGE))
    run = tf.function(lambda x: model(x, training=False), autograph=False)
    return lambda: {name: value[0].numpy() for name, value in run(x).items()}


def agree_on_detections(ours, theirs):
    """Stops if a detection of the peer is not among ours; their order may differ in ties."""
    boxes, other = ours["boxes"], theirs["boxes"]
    away = np.abs(boxes[None] - other[:, None]).max(-1)
    away += np.where(ours["labels"][None] == theirs["labels"][:, None], 0, np.inf)
    place = away.argmin(1)
    found = away.min(1) < 0.05
    print(f"{found.sum()} of {len(other)} detections are the same")
    if found.mean() < 0.95:
        raise AssertionError("the detections differ")
    for name, tolerance in (("boxes", 0.05), ("confidence", 1e-3), ("masks", 1e-2)):
        agree(f"their {name}", ours[name][place[found]], theirs[name][found], tolerance)


def network_rows(peer, rounds, folder):
    weights = saved(folder)
    call = detecting(network(weights))
    agree_on_detections(call(), answers(peer, folder, "detect"))
    theirs = peer.stopwatch("detect", clock=CLOCK, warm_up=0)  # both sides have answered once
    calls = {"ours": stopwatch(call, CLOCK), "peer": theirs}
    seconds = alternate(calls, rounds, warm_up=0, timeout=0)
    mine = in_process_of_its_own("network", weights)
    print(f"peak of the process, inference: {mine / 1e9:.2f} GB; peer: {peer.peak / 1e9:.2f} GB")
    yield Row("mask_rcnn_r50_fpn, 800x1216", seconds["ours"], seconds["peer"], 2.0, "s")


def saved(folder):
    """The file of the weights of the peer."""
    return Path(folder) / "detector.pth"


def training(model):
    """A call that takes a training step, as the peer does: without the stem and res2."""
    for layer in model.layers:
        if stage_of(layer.name) in ("conv1", "res2"):
            layer.trainable = False
    model.compile(keras.optimizers.SGD(data.RATE, momentum=0.9))
    x, y = data.images(data.BATCH, data.SMALL), data.objects(data.BATCH, data.SMALL)
    return lambda: model.train_on_batch(x, y, return_dict=True)


def training_rows(peer, rounds, folder):
    weights = saved(folder)
    call = training(network(weights))
    first = call()  # of the weights before the step
    theirs = answers(peer, folder, "detection_losses")
    for name, ours in LOSSES.items():
        agree(ours, first[ours], theirs[name], 2e-3 * max(1.0, theirs[name]))
    theirs = peer.stopwatch("detection_step", clock=CLOCK, warm_up=1)
    calls = {"ours": stopwatch(call, CLOCK), "peer": theirs}
    seconds = alternate(calls, rounds, warm_up=0, timeout=0)
    mine = in_process_of_its_own("training", weights)
    print(f"peak of the peer, training: {peer.peak / 1e9:.2f} GB")
    what = f"training step, {data.BATCH} images 320x320"
    yield Row(what, seconds["ours"], seconds["peer"], 1.5, "s")
    yield Row("peak of the process, training", [mine], [1.8e9], 1.0, "GB")
    yield Row("peak of the process, training, against the peer", [mine], [peer.peak], 1.0, "GB")


def peak_of(case, weights):
    """The resident peak of this process."""
    call = CASES[case](network(weights))
    for _ in range(2):
        call()
    return status("VmHWM")


def in_process_of_its_own(case, weights):
    command = [sys.executable, __file__, "--case", case, "--weights", str(weights)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(result.stdout.splitlines()[-1])


def coco_files(folder, images):
    """Writes images with objects, as COCO does; returns detections, and their rows of results."""
    truth, detections = data.coco(images)
    (folder / "annotations").mkdir(parents=True)
    (folder / "val").mkdir()
    (folder / "val" / truth["images"][0]["file_name"]).touch()  # an image that is looked for
    (folder / "annotations" / "instances_val.json").write_text(json.dumps(truth))
    rows = [
        {
            "image_id": image["id"],
            "category_id": truth["categories"][label]["id"],
            "bbox": [x0, y0, x1 - x0, y1 - y0],
            "score": score,
        }
        for image, found in zip(truth["images"], detections, strict=True)
        for (x0, y0, x1, y1), label, score in zip(
            *(found[name].tolist() for name in ("boxes", "labels", "confidence")), strict=True
        )
    ]
    return detections, rows


def evaluated(folder, detections):
    """Our numbers, from the file of objects and the arrays of detections."""
    return coco_average_precision(read_object_set(folder, split="val"), detections)


def by_pycocotools(folder, rows):
    """The 12 numbers by the library of COCO alone."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    with contextlib.redirect_stdout(io.StringIO()):
        objects = COCO(folder / "annotations" / "instances_val.json")
        evaluator = COCOeval(objects, objects.loadRes(rows), "bbox")
        evaluator.evaluate()
        evaluator.accumulate()
        evaluator.summarize()
    return evaluator.stats


def coco_rows(rounds, folder):
    few, many = Path(folder) / "few", Path(folder) / "many"
    detections, rows = coco_files(few, 500)
    ours = evaluated(few, detections).numbers["boxes"]
    agree("12 numbers of 500 images", list(ours.values()), by_pycocotools(few, rows), 1e-12)
    detections, rows = coco_files(many, 5000)
    library = next(name for name in LIBRARIES if importlib.util.find_spec(name))
    seconds = stopwatch(lambda: evaluated(many, detections), CLOCK)
    taken = [seconds() for _ in range(rounds)]
    yield Row(
        f"numbers of COCO, 5,000 images, {len(rows):,} boxes, {library}", taken, [5.0], 1, "s"
    )


def reason(peer, part, folder):
    """Why a part cannot run here; empty if it can. The peer has then saved its weights."""
    if part == "coco":
        if not any(map(importlib.util.find_spec, LIBRARIES)):
            return f"the limit is for {' or '.join(LIBRARIES)}, and neither is installed"
        return "" if importlib.util.find_spec("pycocotools") else "pycocotools is not installed"
    try:
        if part == "align":
            peer.time("roi_align", size=1, sampling_ratio=1, warm_up=0)
        else:
            peer.time("save_detector", answer="", path=str(saved(folder)))
    except RuntimeError as error:
        advice = "give the Python that has tests/benchmarks/requirements.txt by --peer-python"
        return f"{advice}. {error}"
    return ""


PARTS = {
    "align": align_rows,
    "network": network_rows,
    "training": training_rows,
    "coco": lambda peer, rounds, folder: coco_rows(rounds, folder),
}
CASES = {"network": detecting, "training": training}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--case", choices=CASES, help="measure memory in this process")
    parser.add_argument("--weights", help="the file of weights of that case")
    arguments = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(data.THREADS)
    if arguments.case:
        print(json.dumps(peak_of(arguments.case, arguments.weights)))
        return
    for name in [arguments.only] if arguments.only else PARTS:
        # A process of its own for each part, because its memory is compared.
        with (
            tempfile.TemporaryDirectory() as folder,
            Peer(arguments.peer_python, os.devnull) as peer,
        ):
            missing = reason(peer, name, folder)
            if missing:
                print(f"{name} is left out: {missing}", flush=True)
            else:
                print(table(list(PARTS[name](peer, arguments.rounds, folder))), flush=True)


if __name__ == "__main__":
    main()
