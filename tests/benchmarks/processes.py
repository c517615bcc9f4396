"""The other way to use several cores: worker processes that hand clips over in shared memory."""

import multiprocessing
from contextlib import contextmanager
from multiprocessing.shared_memory import SharedMemory
from queue import Queue

import numpy as np

SLOTS = 4
_attached = {}  # in a worker: shared memory by name


def _read(path, frames, stride, start, slot, shape):
    from keras_nonlocal.video.decoding.read import read_clip

    memory = _attached.setdefault(slot, None) or SharedMemory(slot)
    _attached[slot] = memory
    clip = read_clip(path, frames, frame_stride=stride, start=start)
    np.ndarray(shape, "uint8", memory.buf)[:] = clip


@contextmanager
def processes(path, clips, frames, stride, workers=2):
    """A function that gives clips through `tf.data`, decoded by worker processes."""
    import tensorflow as tf

    from keras_nonlocal.data.tf_chain import with_fixed_tuning
    from keras_nonlocal.video.decoding.read import read_clip

    shape, free = read_clip(path, frames, frame_stride=stride, start=0).shape, Queue()
    memories = [SharedMemory(create=True, size=int(np.prod(shape))) for _ in range(SLOTS)]
    for memory in memories:
        free.put(memory)
    starts = np.random.default_rng(0).integers(0, 300 - (frames - 1) * stride - 1, clips)

    def fetch(start):
        memory = free.get()
        pool.apply(_read, (path, frames, stride, int(start), memory.name, shape))
        clip = np.ndarray(shape, "uint8", memory.buf).copy()
        free.put(memory)
        return clip

    def load(start):
        return tf.ensure_shape(tf.numpy_function(fetch, [start], tf.uint8), shape)

    dataset = tf.data.Dataset.from_tensor_slices(starts).map(load, num_parallel_calls=workers)
    dataset = with_fixed_tuning(dataset.batch(1).prefetch(1))
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        yield lambda: dataset
    for memory in memories:
        memory.close()
        memory.unlink()
