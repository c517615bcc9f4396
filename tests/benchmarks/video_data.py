"""Clips from files through `tf.data`, against decord and OpenCV in two threads, in turns.

pip install decord==0.6.0 opencv-python-headless
python tests/benchmarks/video_data.py [--only PART]
"""

import argparse
import os
import tempfile
import time
from functools import partial
from multiprocessing.pool import ThreadPool
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cv2
import decord
import numpy as np
import tensorflow as tf
from harness import Row, alternate, fastest, table
from processes import processes
from videos import make_video

import keras_nonlocal
from keras_nonlocal import augmentation
from keras_nonlocal.data.manifest import Entry, Manifest
from keras_nonlocal.video.clip_spec import ClipSpec
from keras_nonlocal.video.dataset import video_dataset
from keras_nonlocal.video.shards.writing import write_shards

FRAMES, STRIDE, CLIPS = 32, 2, 24
CLIP = ClipSpec(FRAMES, STRIDE)


class Epoch:
    """Seconds a clip of going through all clips once, and the processor's seconds besides."""

    def __init__(self, clips):
        self._clips, self.cpu = clips, []

    def __call__(self):
        start, cpu = time.perf_counter(), time.process_time()
        read = sum(1 for _ in self._clips())
        assert read == CLIPS
        self.cpu.append((time.process_time() - cpu) / read)
        return (time.perf_counter() - start) / read


def ours(path, clip=CLIP):
    dataset = video_dataset([(path, 0)] * CLIPS, clip=clip, training=True, batch_size=1)
    return Epoch(lambda: dataset)


def theirs(read, path):
    starts = np.random.default_rng(0).integers(0, 300 - CLIP.span, CLIPS).tolist()
    pool = ThreadPool(2)
    wanted = [list(range(start, start + CLIP.span, STRIDE)) for start in starts]
    return Epoch(lambda: pool.imap(partial(read, str(path)), wanted))


def decord_clip(path, wanted, **size):
    return decord.VideoReader(path, num_threads=1, **size).get_batch(wanted).asnumpy()


def decord_then_resize(path, wanted):
    return tf.image.resize(decord_clip(path, wanted), (256, 455)).numpy()


def opencv_clip(path, wanted):
    video, pictures = cv2.VideoCapture(path), []
    video.set(cv2.CAP_PROP_POS_FRAMES, wanted[0])
    for number in range(wanted[0], wanted[-1] + 1):
        video.grab()
        if number in wanted:
            pictures.append(cv2.cvtColor(video.retrieve()[1], cv2.COLOR_BGR2RGB))
    return np.stack(pictures)


def check(path):
    """All read the same pixels, or the comparison is void."""
    wanted = list(range(40, 40 + CLIP.span, STRIDE))
    clip = keras_nonlocal.video.read_clip(path, FRAMES, frame_stride=STRIDE, start=40)
    for peer in (decord_clip, opencv_clip):
        assert np.abs(clip.astype(int) - peer(str(path), wanted)).max() <= 2, peer


def reading_rows(folder, rounds):
    for picture in ("testsrc2", "mandelbrot"):
        for gop in (12, 250):
            path = make_video(
                folder / f"{picture}{gop}.mp4", picture=picture, size=(340, 256), gop=gop
            )
            check(path)
            calls = {
                "ours": ours(path),
                "decord": theirs(decord_clip, path),
                "OpenCV": theirs(opencv_clip, path),
            }
            with processes(path, CLIPS, FRAMES, STRIDE) as clips:
                seconds = alternate({**calls, "processes": Epoch(clips)}, rounds)
            best = fastest(seconds, "decord", "OpenCV")
            frugal = min(("decord", "OpenCV"), key=lambda name: np.median(calls[name].cpu))
            what = f"{picture}, key frame every {gop}"
            yield Row(f"{what} / {best}", seconds["ours"], seconds[best], 1.0)
            yield Row(f"{what}, CPU / {frugal}", calls["ours"].cpu, calls[frugal].cpu, 1.0)
            yield Row(f"{what} / in 2 processes", seconds["ours"], seconds["processes"], 0.9)


def scaling_rows(folder, rounds):
    path = make_video(folder / "720p.mp4", picture="mandelbrot", size=(1280, 720), gop=250)
    calls = {
        "ours": ours(path, ClipSpec(FRAMES, STRIDE, short_side=256)),
        "scaling": theirs(partial(decord_clip, width=455, height=256), path),
        "resized after": theirs(decord_then_resize, path),
    }
    seconds = alternate(calls, rounds, warm_up=1)
    for name, bar in (("scaling", 1.0), ("resized after", 1.4)):
        yield Row(f"720p to short side 256 / decord, {name}", seconds["ours"], seconds[name], bar)


def shard_rows(folder, rounds):
    """The same clips from JPEG frames in TFRecord files, quality 95, against the video files."""
    small = [
        (picture, gop, (340, 256)) for picture in ("testsrc2", "mandelbrot") for gop in (12, 250)
    ]
    for picture, gop, size in (*small, ("mandelbrot", 250, (1280, 720))):
        name = f"{picture}{gop}_{size[1]}"
        path = make_video(folder / f"{name}.mp4", picture=picture, size=size, gop=gop)
        entries = tuple(Entry(str(path), (0,), start=i / 1e6) for i in range(CLIPS))
        write_shards(Manifest(entries, ("a",)), folder / name, shards=2, short_side=256)
        clip = CLIP if size[1] == 256 else ClipSpec(FRAMES, STRIDE, short_side=256)
        shards = video_dataset(folder / name, clip=clip, training=True, batch_size=1)
        calls = {"shards": Epoch(lambda shards=shards: shards), "video": ours(path, clip)}
        seconds = alternate(calls, rounds)
        what = f"{picture}, {size[0]}x{size[1]}, key frame every {gop}"
        yield Row(f"{what}: shards / video", seconds["shards"], seconds["video"], 2.5)


def training_rows(folder, rounds, steps=8):
    """A training step of NL-I3D R50 fed from files, against one fed from memory."""
    path = make_video(folder / "train.mp4", picture="mandelbrot", size=(340, 256), gop=250)
    real = video_dataset(
        [(path, 0)] * 2 * steps,
        clip=ClipSpec(FRAMES, STRIDE, short_side=(256, 320), size=(224, 224)),
        augment=[augmentation.RandomFlip(), augmentation.Normalization()],
        batch_size=2,
        training=True,
    )
    held = tf.data.Dataset.from_tensors(next(iter(real))).repeat(steps)
    model = keras_nonlocal.models.nl_i3d_r50()
    model.compile("sgd", "sparse_categorical_crossentropy")

    def fit(dataset):
        start = time.perf_counter()
        model.fit(dataset, verbose=0, shuffle=False)
        return (time.perf_counter() - start) / steps

    calls = {"files": partial(fit, real), "memory": partial(fit, held)}
    seconds = alternate(calls, rounds, warm_up=1)
    yield Row("training step from files / from memory", seconds["files"], seconds["memory"], 0.94)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", choices=PARTS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name, rows in PARTS.items():
            if arguments.only in (None, name):
                print(table(list(rows(Path(folder), arguments.rounds))), flush=True)


PARTS = {
    "video": reading_rows,
    "scaling": scaling_rows,
    "shards": shard_rows,
    "training": training_rows,
}

if __name__ == "__main__":
    main()
