import os

import numpy as np
import pytest
import tensorflow as tf

from keras_nonlocal.data.manifest import Entry
from keras_nonlocal.video.decoding.container import VideoError
from keras_nonlocal.video.decoding.read import read_frames
from keras_nonlocal.video.shards.encoding import ShardOptions, encode
from keras_nonlocal.video.shards.sequence_example import clip_example

AS_STORED = ShardOptions(short_side=None)


def _example(entry, options=AS_STORED, class_names=()):
    return tf.train.SequenceExample.FromString(clip_example(entry, options, class_names))


def _frames(example):
    features = example.feature_lists.feature_list["image/encoded"].feature
    return np.stack([tf.io.decode_jpeg(f.bytes_list.value[0]).numpy() for f in features])


def _times(example):
    features = example.feature_lists.feature_list["image/timestamp"].feature
    return [feature.int64_list.value[0] for feature in features]


def test_a_parser_with_the_keys_of_the_model_garden_finds_frames_and_labels(write):
    record = clip_example(Entry(str(write("a.mp4", frames=9)), (4, 7)), AS_STORED)
    context, lists = tf.io.parse_single_sequence_example(
        record,
        {"clip/label/index": tf.io.VarLenFeature(tf.int64)},
        {"image/encoded": tf.io.FixedLenSequenceFeature((), tf.string)},
    )
    assert tf.sparse.to_dense(context["clip/label/index"]).numpy().tolist() == [4, 7]
    frames = tf.map_fn(tf.io.decode_jpeg, lists["image/encoded"], fn_output_signature=tf.uint8)
    assert frames.shape == (9, 32, 48, 3)


def test_frames_are_those_of_the_video_up_to_jpeg_compression(write_frames):
    ramp = np.linspace(0, 255, 64).astype("uint8")
    video = np.stack([np.broadcast_to(np.roll(ramp, i)[:, None], (48, 64, 3)) for i in range(4)])
    path = write_frames("ramp.mp4", np.ascontiguousarray(video[:, :, :, :]))
    stored = _frames(_example(Entry(str(path)))).astype(int)
    assert np.abs(stored - read_frames(path, range(4))).mean() < 1.5


def test_context_has_size_rate_path_and_class_names(write):
    path = str(write("a.mp4", frames=6, size=(32, 48)))
    context = _example(Entry(path, (1,)), ShardOptions(64), ("run", "sit")).context.feature
    numbers = {key: list(context[key].int64_list.value) for key in context}
    assert (numbers["image/height"], numbers["image/width"]) == ([64], [96])
    assert numbers["image/frame_rate/fraction"] == [10, 1]
    assert context["image/frame_rate"].float_list.value[0] == 10
    assert context["clip/data_path"].bytes_list.value[0] == path.encode()
    assert context["clip/label/string"].bytes_list.value[0] == b"sit"
    assert context["image/format"].bytes_list.value[0] == b"JPEG"


def test_only_frames_between_start_and_end_are_stored(write, read_indices):
    example = _example(Entry(str(write("a.mp4", frames=20)), start=0.5, end=1.0))
    assert read_indices(_frames(example)) == [5, 6, 7, 8, 9]
    assert _times(example) == [500_000, 600_000, 700_000, 800_000, 900_000]
    assert example.context.feature["clip/start/timestamp"].int64_list.value[0] == 500_000


def test_frame_step_divides_the_frame_rate(write, read_indices):
    example = _example(Entry(str(write("a.mp4", frames=20))), ShardOptions(None, frame_step=3))
    assert read_indices(_frames(example)) == [0, 3, 6, 9, 12, 15, 18]
    fraction = example.context.feature["image/frame_rate/fraction"].int64_list.value
    assert list(fraction) == [10, 3]


def test_times_of_labels_are_stored_as_segments(write):
    entry = Entry(str(write("a.mp4")), (2, 0), times=((0.1, 0.5), (1.0, 1.5)))
    context = _example(entry).context.feature
    assert list(context["segment/start/timestamp"].int64_list.value) == [100_000, 1_000_000]
    assert list(context["segment/end/timestamp"].int64_list.value) == [500_000, 1_500_000]
    assert list(context["segment/label/index"].int64_list.value) == [2, 0]


@pytest.mark.parametrize("frames", [1, 2])
def test_videos_of_one_or_two_frames_can_be_stored(write, frames):
    assert len(_frames(_example(Entry(str(write("a.mp4", frames=frames)))))) == frames


def test_a_part_without_frames_raises_with_the_name_of_the_file(write):
    with pytest.raises(VideoError, match=r"a\.mp4.*no frame in this part"):
        clip_example(Entry(str(write("a.mp4")), start=50.0), AS_STORED)


@pytest.mark.parametrize("wrong", [{"quality": 101}, {"frame_step": 0}, {"short_side": -1}])
def test_options_out_of_range_raise(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ShardOptions(**wrong)


def test_a_path_that_is_not_utf_8_is_stored_as_on_disk(write, tmp_path):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.mp4")
    os.rename(write("a.mp4"), path)
    example = tf.train.SequenceExample.FromString(clip_example(Entry(path)))
    stored = example.context.feature["clip/data_path"].bytes_list.value[0]
    assert stored == os.fsencode(path)


def test_encoding_raises_at_the_time_limit(write):
    with pytest.raises(VideoError, match="longer than 1e-09 seconds"):
        encode(Entry(str(write("a.mp4"))), ShardOptions(), time_limit=1e-9)


def test_a_video_at_an_address_is_encoded_like_a_file(write):
    path = str(write("a.mp4", frames=9))
    tf.io.gfile.copy(path, "ram://examples/a.mp4", overwrite=True)
    example = _example(Entry("ram://examples/a.mp4", (4,)))
    np.testing.assert_array_equal(_frames(example), _frames(_example(Entry(path, (4,)))))
