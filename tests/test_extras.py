"""The error for a missing package is the command that installs it."""

import sys

import pytest

from keras_nonlocal.augmentation import FrameWise
from keras_nonlocal.checkpoints import read_checkpoint
from keras_nonlocal.images import ObjectImage, ObjectSet
from keras_nonlocal.metrics import coco_average_precision
from keras_nonlocal.serving import ray_app, web_app
from keras_nonlocal.training.callbacks import tensorboard_log
from keras_nonlocal.utils.remote_files import ensure_file_system
from keras_nonlocal.video import beam_shards


def safetensors(folder):
    path = folder / "model.safetensors"
    path.write_bytes(b"\2\0\0\0\0\0\0\0{}")
    read_checkpoint(path)


def coco(folder):
    one = {"category_id": 1, "bbox": [0, 0, 2, 2]}
    objects = ObjectSet((ObjectImage("a.png", 4, 4),), ((one,),), ("cat",), (1,))
    coco_average_precision(objects, [{"boxes": [[0, 0, 2, 2]], "labels": [0], "confidence": [1]}])


KERAS_CV = {"layer": {"registered_name": "keras_cv.layers>RandomHue", "config": {}}}
EXTRAS = {
    "safetensors": ("safetensors", safetensors),
    "tensorboard": ("tensorboard", tensorboard_log),
    "coco": ("pycocotools", coco),
    "cv": ("keras_cv", lambda _: FrameWise.from_config(KERAS_CV)),
    "serve": ("starlette", lambda _: web_app(None)),
    "serve,ray": ("ray", lambda _: ray_app(None)),
    "beam": ("apache_beam", lambda folder: beam_shards([], str(folder), shards=1)),
    "tfio": ("tensorflow_io", lambda _: ensure_file_system("http://host/shards")),
}


@pytest.mark.parametrize("extra", EXTRAS)
def test_a_missing_package_names_the_extra(extra, tmp_path, monkeypatch):
    package, use = EXTRAS[extra]
    for name in ("faster_coco_eval", "hotcoco"):  # which do as well
        monkeypatch.setitem(sys.modules, name, None)
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)  # as if it were not installed
    with pytest.raises(ImportError, match=rf"pip install ['\"]keras_nonlocal\[{extra}\]"):
        use(tmp_path)
