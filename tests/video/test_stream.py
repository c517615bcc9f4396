"""Batch `n` of a training stream depends only on `n` and the seed."""

import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_nonlocal import augmentation
from keras_nonlocal.video.clip_spec import ClipSpec
from keras_nonlocal.video.decoding.write import write_video
from keras_nonlocal.video.shards.writing import write_shards
from keras_nonlocal.video.stream import training_stream

VIDEOS, BATCH = 7, 4
CLIP = ClipSpec(3, 2, short_side=(20, 28), size=(16, 16), speed_jitter=1.2)


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """Videos whose brightness encodes the video, and whose stripe encodes the frame."""
    folder = tmp_path_factory.mktemp("videos")
    for number in range(VIDEOS):
        video = np.full((12, 24, 32, 3), 20 + 30 * number, "uint8")
        for index, frame in enumerate(video):
            frame[:, 2 * index : 2 * index + 2] += 12
        path = folder / f"class{number % 2}" / f"{number}.mp4"
        path.parent.mkdir(exist_ok=True)
        write_video(path, video)
    return folder


@pytest.fixture(scope="module")
def shards(videos, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shards") / "set"
    write_shards(videos, folder, shards=3)
    return folder


@pytest.fixture(params=["videos", "shards"])
def source(request):
    return request.getfixturevalue(request.param)


def batches(source, count, **options):
    layers = [augmentation.RandomFlip()]
    stream = training_stream(source, clip=CLIP, augment=layers, batch_size=BATCH, **options)
    return [tuple(part.numpy() for part in batch) for batch in stream.take(count)]


def videos_of(clips):
    """The index of the video of each clip."""
    return np.round((np.median(clips, axis=(1, 2, 3, 4)) - 20) / 30).astype(int)


def assert_equal(batches, expected):
    for batch, expected_batch in zip(batches, expected, strict=True):
        for part, expected_part in zip(batch, expected_batch, strict=True):
            np.testing.assert_array_equal(part, expected_part)


def test_resume_with_first_gives_the_same_batches(source):
    whole = batches(source, 9)
    for first in (1, 4, 8):
        assert_equal(batches(source, 9 - first, first=first), whole[first:])


def test_each_epoch_has_every_video_once_in_a_new_order(source):
    clips = np.concatenate([batch[0] for batch in batches(source, 3 * VIDEOS)])
    epochs = videos_of(clips).reshape(-1, VIDEOS)
    np.testing.assert_array_equal(np.sort(epochs), [list(range(VIDEOS))] * len(epochs))
    assert len({tuple(epoch) for epoch in epochs}) > len(epochs) // 2


def test_the_global_seed_of_tensorflow_has_no_effect(source):
    tf.random.set_seed(5)
    expected = batches(source, 3)
    tf.random.set_seed(6)
    assert_equal(batches(source, 3), expected)


def test_labels_are_those_of_the_videos(source):
    for clips, labels in batches(source, 4):
        np.testing.assert_array_equal(labels, videos_of(clips) % 2)


def test_shards_of_a_batch_make_up_the_batch(source):
    whole = batches(source, 5, first=1)
    parts = [batches(source, 5, first=1, shard=(index, 2)) for index in range(2)]
    joined = [
        tuple(np.concatenate(pair) for pair in zip(*halves, strict=True))
        for halves in zip(*parts, strict=True)
    ]
    assert_equal(joined, whole)


def test_each_epoch_has_a_different_clip_of_a_video(videos):
    clips = np.concatenate([batch[0] for batch in batches(videos, 4 * VIDEOS)])
    of_first = clips[videos_of(clips) == 0]
    assert len({clip.tobytes() for clip in of_first}) > len(of_first) // 2


def test_different_seeds_give_different_clips(source):
    pairs = zip(batches(source, 2), batches(source, 2, seed=1), strict=True)
    assert any((clips != other_clips).any() for (clips, _), (other_clips, _) in pairs)


def test_num_parallel_calls_does_not_change_the_clips(source):
    assert_equal(batches(source, 4, num_parallel_calls=1), batches(source, 4, num_parallel_calls=3))


def test_a_stream_has_class_names_and_number_of_videos(source):
    stream = training_stream(source, clip=CLIP)
    assert stream.class_names == ("class0", "class1")
    assert (stream.videos, stream.multi_label) == (VIDEOS, False)


def test_a_single_video_is_repeated(videos):
    stream = training_stream([(videos / "class0" / "0.mp4", 0)], clip=CLIP, batch_size=3)
    (clips, labels), *_ = stream.take(1)
    assert (videos_of(clips.numpy()) == 0).all()
    assert labels.shape == (3,)


@pytest.mark.parametrize("part", [(0, 3), (2, 2), (-1, 2)])
def test_a_shard_that_does_not_divide_the_batch_raises(videos, part):
    with pytest.raises(ValueError, match="`shard` must be"):
        training_stream(videos, clip=CLIP, batch_size=4, shard=part)


def test_zero_parallel_calls_raise(videos):
    with pytest.raises(
        ValueError, match=r"`num_parallel_calls` must be a positive integer.*num_parallel_calls=0"
    ):
        training_stream(videos, clip=CLIP, num_parallel_calls=0)


def test_a_negative_first_raises(videos):
    with pytest.raises(ValueError, match="`first` must be a number of at least 0"):
        training_stream(videos, clip=CLIP, first=-1)


def test_a_seed_that_is_not_an_integer_raises(videos):
    with pytest.raises(ValueError, match=r"`seed` must be an integer\. Received: seed='x'"):
        training_stream(videos, clip=CLIP, seed="x")


def test_an_error_log_that_cannot_be_written_raises_at_once(videos, tmp_path):
    with pytest.raises(OSError, match="error log cannot be written"):
        training_stream(videos, clip=CLIP, error_log=tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [("split", "train"), ("class_names", ("b", "a")), ("root", "/x"), ("error_log", "x.jsonl")],
)
def test_arguments_that_do_not_apply_to_shards_raise(shards, name, value):
    with pytest.raises(ValueError, match=f"is a folder of shards.*Received: {name}="):
        training_stream(shards, clip=CLIP, **{name: value})


def test_shards_with_missing_clips_raise_in_the_first_epoch(shards, tmp_path):
    broken = tmp_path / "set"
    shutil.copytree(shards, broken)
    file = max(broken.glob("*.tfrecord"), key=lambda path: path.stat().st_size)
    records = [*tf.data.TFRecordDataset(str(file)).as_numpy_iterator()]
    with tf.io.TFRecordWriter(str(file)) as writer:
        for record in records[:-1]:
            writer.write(record)
    stream = training_stream(broken, clip=CLIP, batch_size=1)
    with pytest.raises(tf.errors.OpError, match=rf"{file}.*has no record.*check_shards"):
        list(stream.take(2 * VIDEOS))


@pytest.mark.parametrize("clip", [None, {"frames": 3}])
def test_a_clip_that_is_not_a_clip_spec_raises(videos, clip):
    with pytest.raises(ValueError, match=r"`clip` must be a `keras_nonlocal.video.ClipSpec`"):
        training_stream(videos, clip=clip)


def test_three_crop_raises(source):
    with pytest.raises(ValueError, match=r"one clip of each.*make 3 of each"):
        training_stream(source, clip=CLIP, augment=keras.Sequential([augmentation.ThreeCrop(8)]))


@pytest.mark.parametrize(("name", "value"), [("first", 1.5), ("shard", (0.5, 2))])
def test_first_and_shard_must_be_integers(videos, name, value):
    with pytest.raises(ValueError, match=f"`{name}` must be an integer"):
        training_stream(videos, clip=CLIP, **{name: value})


def test_mixing_a_shard_of_one_clip_raises(videos):
    mixing = augmentation.MixUp(classes=2)
    with pytest.raises(ValueError, match=r"MixUp mixes the clips of a batch.*batches of 1"):
        training_stream(videos, clip=CLIP, augment=mixing, batch_size=2, shard=(0, 2))
