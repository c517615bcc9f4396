"""A dispatcher and two workers, each a process of its own."""

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


def _start(*arguments):
    command = [sys.executable, str(Path(__file__).with_name("service_process.py")), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def service():
    """The address of a dispatcher, and its two workers."""
    dispatcher = _start("dispatcher")
    address = dispatcher.stdout.readline().strip()
    workers = [_start("worker", address) for _ in range(2)]
    assert [worker.stdout.readline() for worker in workers] == ["ready\n"] * 2
    yield f"grpc://{address}", workers
    for process in (*workers, dispatcher):
        process.kill()
        process.wait()


def test_two_workers_give_each_clip_once_in_an_epoch_and_new_ones_in_the_next(
    service, written, read_numbers
):
    dataset = shard_clips(written, CLIP, training=True, service=service[0])
    alone = sorted(int(label) for _, label, _ in shard_clips(written, CLIP))
    epochs = [[tuple(seed.numpy()) for *_, seed in dataset] for _ in range(2)]
    assert [len(set(epoch)) for epoch in epochs] == [6, 6]
    assert sorted(int(label) for _, label, _ in dataset) == alone
    assert not set(epochs[0]) & set(epochs[1])


def test_a_data_set_that_decodes_videos_in_python_is_refused_with_the_way_out(manifest):
    videos = video_dataset([manifest.entries[0].path], clip=ClipSpec(2, size=(8, 8)))
    assert calls_python(videos)
    with pytest.raises(ValueError, match="write_shards"):
        spread_over(videos, "grpc://localhost:1", 1)


def test_fewer_clips_than_there_are_end_in_an_error(service):
    five = spread_over(tf.data.Dataset.range(5), service[0], 6)
    with pytest.raises(tf.errors.FailedPreconditionError, match="contained only 5"):
        list(five)


def _many(_):
    return tf.data.Dataset.from_tensors(tf.zeros(50_000, tf.uint8)).repeat(60)


def test_a_worker_killed_in_mid_epoch_is_an_error_and_neither_a_short_epoch_nor_a_hang(service):
    address, workers = service
    epoch = iter(spread_over(tf.data.Dataset.range(40).flat_map(_many), address, 2400, timeout=3))
    next(epoch)
    workers[0].kill()
    with pytest.raises(tf.errors.OpError, match=r"Has a worker died|contained only"):
        list(epoch)


def test_a_service_that_is_not_there_is_waited_for_no_longer_than_asked():
    with socket.create_server(("localhost", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ConnectionError, match=f"at grpc://localhost:{port} for 0.5 seconds"):
        spread_over(tf.data.Dataset.range(3), f"grpc://localhost:{port}", 3, timeout=0.5)


@pytest.mark.parametrize(
    "address",
    ["localhost:5000", "grpc://localhost", "", "grpc://:5000", "grpc://a:x", "grpc://a:99999"],
)
def test_what_is_no_address_of_a_service_is_refused(address):
    with pytest.raises(ValueError, match=r"`service` must be the address.*Received: service="):
        spread_over(tf.data.Dataset.range(3), address, 3)
