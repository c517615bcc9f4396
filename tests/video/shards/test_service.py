"""Reading shards through a `tf.data` service of a dispatcher and two worker processes."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf

from keras_nonlocal.video.clip_spec import ClipSpec
from keras_nonlocal.video.dataset import video_dataset
from keras_nonlocal.video.shards.reading import shard_clips
from keras_nonlocal.video.shards.service import calls_python, spread_over

CLIP = ClipSpec(2, short_side=48, size=(48, 48))


@pytest.fixture(scope="module")
def service():
    """The address of a dispatcher, and its two worker processes."""
    config = tf.data.experimental.service.DispatcherConfig(
        port=0, job_gc_check_interval_ms=1000, job_gc_timeout_ms=5000
    )
    dispatcher = tf.data.experimental.service.DispatchServer(config)
    address = dispatcher.target.split("://")[1]
    command = [sys.executable, Path(__file__).with_name("service_worker.py"), address]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [worker.stdout.readline() for worker in workers] == ["ready\n"] * 2
    yield f"grpc://{address}", workers
    for worker in workers:
        worker.kill()
        worker.wait()


def test_two_workers_give_each_clip_once_per_epoch_with_new_seeds(service, written, read_indices):
    dataset = shard_clips(written, CLIP, training=True, service=service[0])
    alone = sorted(int(label) for _, label, _ in shard_clips(written, CLIP))
    epochs = [[tuple(seed.numpy()) for *_, seed in dataset] for _ in range(2)]
    assert [len(set(epoch)) for epoch in epochs] == [6, 6]
    assert sorted(int(label) for _, label, _ in dataset) == alone
    assert not set(epochs[0]) & set(epochs[1])


def test_a_dataset_that_decodes_videos_in_python_raises(manifest):
    videos = video_dataset([manifest.entries[0].path], clip=ClipSpec(2, size=(8, 8)))
    assert calls_python(videos)
    with pytest.raises(ValueError, match="write_shards"):
        spread_over(videos, "grpc://localhost:1", 1)


def test_missing_clips_raise_at_the_end_of_the_epoch(service):
    five = spread_over(tf.data.Dataset.range(5), service[0], 6)
    with pytest.raises(tf.errors.FailedPreconditionError, match="contained only 5"):
        list(five)


def _many(_):
    return tf.data.Dataset.from_tensors(tf.zeros(50_000, tf.uint8)).repeat(60)


def test_a_killed_worker_raises_and_causes_neither_a_short_epoch_nor_a_hang(service):
    address, workers = service
    epoch = iter(spread_over(tf.data.Dataset.range(40).flat_map(_many), address, 2400, timeout=3))
    next(epoch)
    workers[0].kill()
    with pytest.raises(tf.errors.OpError, match=r"Has a worker died|contained only"):
        list(epoch)


def test_a_missing_service_raises_after_the_timeout():
    with socket.create_server(("localhost", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(ConnectionError, match=f"at grpc://localhost:{port} for 0.5 seconds"):
        spread_over(tf.data.Dataset.range(3), f"grpc://localhost:{port}", 3, timeout=0.5)


@pytest.mark.parametrize(
    "address",
    ["localhost:5000", "grpc://localhost", "", "grpc://:5000", "grpc://a:x", "grpc://a:99999"],
)
def test_a_wrong_address_raises(address):
    with pytest.raises(ValueError, match=r"`service` must be the address.*Received: service="):
        spread_over(tf.data.Dataset.range(3), address, 3)
