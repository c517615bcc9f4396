"""The other way to use several cores: worker processes that hand clips over in shared memory."""

import multiprocessing
from multiprocessing.shared_memory import SharedMemory
from queue import Queue

import numpy as np

SLOTS = 4
_clips = {}  # in a worker: shared arrays by name


def _read(path, frames, stride, start, slot, shape):
    from keras_nonlocal.data import read_clip

    if slot not in _clips:
        memory = SharedMemory(slot)
        _clips[slot] = memory, np.ndarray(shape, "uint8", memory.buf)
    _clips[slot][1][:] = read_clip(path, frames, stride=stride, start=start)


def process_dataset(path, clips, frames, stride, workers=2):
    """A function that gives the same clips through `tf.data`, decoded by processes."""
    import tensorflow as tf

    from keras_nonlocal.data import read_clip
    from keras_nonlocal.data.pipeline import with_fixed_tuning

    shape = read_clip(path, frames, stride=stride, start=0).shape
    pool = multiprocessing.get_context("spawn").Pool(workers)
    free, arrays = Queue(), {}
    for _ in range(SLOTS):
        memory = SharedMemory(create=True, size=int(np.prod(shape)))
        arrays[memory.name] = memory, np.ndarray(shape, "uint8", memory.buf)
        free.put(memory.name)
    starts = np.random.default_rng(0).integers(0, 300 - (frames - 1) * stride - 1, clips)

    def fetch(start):
        slot = free.get()
        pool.apply(_read, (path, frames, stride, int(start), slot, shape))
        clip = arrays[slot][1].copy()
        free.put(slot)
        return clip

    def load(start):
        return tf.ensure_shape(tf.numpy_function(fetch, [start], tf.uint8), shape)

    dataset = tf.data.Dataset.from_tensor_slices(starts).map(load, num_parallel_calls=workers)
    dataset = with_fixed_tuning(dataset.batch(1).prefetch(1))
    return lambda: dataset
