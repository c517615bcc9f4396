import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from keras_nonlocal import augmentation
from keras_nonlocal.data.manifest import Entry, Manifest
from keras_nonlocal.video.clip_spec import ClipSpec
from keras_nonlocal.video.sampling.by_index import clip_indices
from keras_nonlocal.video.shards.evaluation import ShardReader, read_videos
from keras_nonlocal.video.shards.jpeg import spread_place
from keras_nonlocal.video.shards.reading import ShardClips, shard_clips
from keras_nonlocal.video.shards.service import calls_python
from keras_nonlocal.video.shards.writing import write_shards
from keras_nonlocal.video.stream import training_stream

CLIP = ClipSpec(4, 2, short_side=48, size=(48, 48))
LENGTHS = (5, 12, 20, 26, 30, 31)


def _arrays(dataset):
    return [tuple(np.asarray(part) for part in element) for element in dataset]


def _indices(dataset, read_indices):
    return [tuple(read_indices(video)) for video, *_ in _arrays(dataset)]


def test_each_video_gives_its_centered_clip_and_label(written, manifest, read_indices):
    clips = _arrays(shard_clips(written, CLIP))
    found = {(tuple(read_indices(video)), int(label)) for video, label, _ in clips}
    starts = [max(length - 7, 0) // 2 for length in LENGTHS]
    expected = {
        (tuple(clip_indices(start, 4, 2, length)), n % 3)
        for n, (start, length) in enumerate(zip(starts, LENGTHS, strict=True))
    }
    assert found == expected
    assert len(clips) == len(LENGTHS)


def test_elements_have_static_shapes_and_a_known_cardinality(written):
    dataset = shard_clips(written, CLIP, training=True)
    assert dataset.element_spec[0] == tf.TensorSpec((4, 48, 48, 3), tf.uint8)
    assert dataset.element_spec[2].shape == (2,)
    assert dataset.cardinality() == len(LENGTHS)


def test_one_seed_gives_the_same_clips_with_new_ones_in_each_epoch(written):
    first, again = (shard_clips(written, CLIP, training=True, seed=3) for _ in range(2))
    one, two, other = _arrays(first), _arrays(first), _arrays(again)
    pairs = list(zip(one, other, strict=True))
    assert all((a[0] == b[0]).all() and (a[2] == b[2]).all() for a, b in pairs)
    assert any((a[0] != b[0]).any() for a, b in zip(one, two, strict=True))
    assert len({tuple(clip[2]) for clip in one + two}) == 2 * len(LENGTHS)


def test_an_epoch_has_each_video_once_in_a_new_order(written):
    source = ShardClips(written, CLIP, training=True)
    order = source.order(0)
    orders = [[int(index) for index, _ in order] for _ in range(8)]
    assert len(list(source.clips(order))) == len(LENGTHS)
    assert all(sorted(order) == list(range(len(LENGTHS))) for order in orders)
    assert len(set(map(tuple, orders))) > 4


def test_one_seed_gives_the_same_augmentation_from_files_and_from_shards(written, manifest):
    """The frames become black, so that pixels depend only on the random noise."""
    noise = [tf.zeros_like, augmentation.RandomNoise(20.0)]
    options = {"clip": CLIP, "augment": noise, "batch_size": 4, "seed": 3}
    pairs = zip(
        training_stream(manifest, **options), training_stream(written, **options), strict=True
    )
    for (file_clips, _), (shard_clips_, _) in itertools.islice(pairs, 3):
        assert np.ptp(file_clips) > 20
        np.testing.assert_array_equal(file_clips, shard_clips_)


def test_only_the_record_of_the_video_is_read(copied):
    """All other records may be damaged."""
    first, last = 0, len(LENGTHS) - 1
    indices = tf.data.Dataset.from_tensor_slices(([first, last], [7, 7]))
    expected = _arrays(ShardClips(copied, CLIP, training=True).clips(indices))
    sizes = [shard["sizes"] for shard in json.loads((copied / "shards.json").read_text())["shards"]]
    spoil(copied / "clips-00000-of-00003.tfrecord", slice(sizes[0][0], None))
    spoil(copied / "clips-00001-of-00003.tfrecord", slice(None))
    spoil(copied / "clips-00002-of-00003.tfrecord", slice(None, -sizes[2][-1]))
    found = _arrays(ShardClips(copied, CLIP, training=True).clips(indices))
    assert all((a[0] == b[0]).all() for a, b in zip(found, expected, strict=True))
    with pytest.raises(tf.errors.DataLossError):
        _arrays(shard_clips(copied, CLIP))


def spoil(path, where):
    content = bytearray(path.read_bytes())
    content[where] = bytes(len(content[where]))
    path.write_bytes(content)


def test_num_parallel_calls_does_not_change_the_clips(written):
    one, four = (
        _arrays(shard_clips(written, CLIP, training=True, num_parallel_calls=n)) for n in (1, 4)
    )
    assert all((a[0] == b[0]).all() for a, b in zip(one, four, strict=True))


def test_training_clips_start_anywhere_where_they_fit(written, read_indices):
    dataset = shard_clips(written, ClipSpec(4, 2, size=(48, 64)), training=True)
    seen = {indices for _ in range(8) for indices in _indices(dataset, read_indices)}
    long = seen - {(0, 2, 4, 1)}  # the video of five frames is looped
    assert all(np.diff(indices).tolist() == [2, 2, 2] for indices in long)
    assert len({indices[0] for indices in long}) > 8
    assert max(map(max, seen)) <= 30


def test_views_of_a_video_are_ordered_by_clip_and_crop(written, read_indices):
    clip = ClipSpec(2, 1, num_clips=2, num_crops=3, short_side=48, size=(48, 48))
    indices = _indices(shard_clips(written, clip), read_indices)
    assert len(indices) == 6 * len(LENGTHS)
    assert all(len(set(indices[i : i + 3])) == 1 for i in range(0, len(indices), 3))
    assert all(indices[i] == (0, 1) for i in range(0, len(indices), 6))


@pytest.fixture(scope="module")
def ramp(tmp_path_factory):
    """Shards of one video that gets lighter from left to right, and its pixels."""
    from keras_nonlocal.video.decoding.read import read_frames
    from keras_nonlocal.video.decoding.write import write_video

    folder = tmp_path_factory.mktemp("ramp")
    row = np.linspace(0, 255, 128).astype("uint8")
    write_video(folder / "r.mp4", np.broadcast_to(row[:, None], (6, 64, 128, 3)).copy())
    one = Manifest((Entry(str(folder / "r.mp4"), (0, 2)),), ("a", "b", "c"), multi_label=True)
    write_shards(one, folder / "s", short_side=None, num_processes=1)
    return folder / "s", read_frames(folder / "r.mp4", range(6))


def test_several_labels_give_multi_hot_targets(ramp):
    _, target, _ = next(iter(shard_clips(ramp[0], ClipSpec(2))))
    assert target.dtype == tf.float32
    assert target.numpy().tolist() == [1, 0, 1]


def test_a_decoded_crop_has_the_pixels_of_the_whole_frame(ramp):
    whole = _arrays(shard_clips(ramp[0], ClipSpec(2)))[0][0]
    crops = _arrays(shard_clips(ramp[0], ClipSpec(2, num_crops=3, size=(64, 50))))
    for (crop, *_), left in zip(crops, (0, 39, 78), strict=True):
        assert np.abs(crop.astype(int) - whole[:, :, left : left + 50]).max() <= 1


@pytest.mark.parametrize(
    "clip", [ClipSpec(2, size=(32, 48)), ClipSpec(2, short_side=96, size=(96, 100))]
)
def test_frames_stored_in_another_size_are_resized_as_videos_are(ramp, tmp_path, clip):
    from keras_nonlocal.video.decoding.read import read_frames

    folder, _ = ramp
    video = folder.parent / "r.mp4"
    short = clip.short_sides and clip.short_sides[0]
    scaled = read_frames(video, [2, 3], short_side=short) if short else None
    expected = scaled[:, :, 46:146] if short else read_frames(video, [2, 3], size=clip.size)
    got = _arrays(shard_clips(folder, clip))[0][0].astype(int)
    assert got.shape == expected.shape
    assert np.abs(got - expected).mean() < 3


def test_a_short_side_is_drawn_from_its_range(ramp):
    dataset = shard_clips(ramp[0], ClipSpec(1, short_side=(64, 80)), training=True)
    sides = {video.shape[1] for _ in range(12) for video, *_ in dataset}
    assert len(sides) > 3
    assert sides <= set(range(64, 81))


def test_crops_are_spread_evenly():
    starts = [spread_place(tf.constant([0, 85]), tf.constant(n), 3).numpy()[1] for n in range(3)]
    assert starts == [0, 42, 85]


def test_the_dataset_calls_no_python(written):
    assert not calls_python(shard_clips(written, CLIP, training=True))


def test_a_flipped_bit_raises_data_loss(copied):
    path = copied / "clips-00000-of-00003.tfrecord"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    all_frames = shard_clips(copied, ClipSpec(31))
    with pytest.raises(tf.errors.DataLossError):
        _arrays(all_frames)


def test_a_missing_record_raises(copied):
    path = copied / "clips-00001-of-00003.tfrecord"
    records = list(tf.data.TFRecordDataset(str(path)).as_numpy_iterator())
    with tf.io.TFRecordWriter(str(path)) as writer:
        writer.write(records[0])
    with pytest.raises(tf.errors.OpError, match=rf"{path}.*has no record.*check_shards"):
        _arrays(shard_clips(copied, CLIP))


def test_exchanged_files_raise(copied):
    first, second = (copied / f"clips-0000{n}-of-00003.tfrecord" for n in (0, 1))
    first.write_bytes(second.read_bytes())
    with pytest.raises(tf.errors.OpError, match=rf"{first}.*has no record.*check_shards"):
        _arrays(shard_clips(copied, CLIP))


def test_an_unfinished_folder_raises_with_the_way_to_resume(copied):
    path = copied / "shards.json"
    content = json.loads(path.read_text())
    content["shards"][1] = None
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"1 of 3 shards.*write_shards"):
        shard_clips(copied, CLIP)


def test_a_folder_without_shards_raises_with_the_way_to_write_them(tmp_path):
    with pytest.raises(FileNotFoundError, match="write_shards"):
        shard_clips(tmp_path, CLIP)


def test_a_multi_label_video_without_labels_gives_zeros(manifest, tmp_path):
    labels = [(0, 2), (), (1,)]
    entries = [Entry(each.path, own) for each, own in zip(manifest, labels, strict=False)]
    shards = tmp_path / "shards"
    write_shards(
        Manifest(tuple(entries), manifest.class_names, True), shards, shards=1, num_processes=1
    )
    rows = {tuple(target.tolist()) for _, target, _ in _arrays(shard_clips(shards, ClipSpec(2)))}
    assert rows == {(1, 0, 1), (0, 0, 0), (0, 1, 0)}


def test_videos_without_labels_give_no_targets(manifest, tmp_path):
    entries = tuple(Entry(each.path) for each in manifest.entries[:2])
    write_shards(Manifest(entries, manifest.class_names), tmp_path / "s", shards=1, num_processes=1)
    assert [len(element) for element in shard_clips(tmp_path / "s", ClipSpec(2))] == [2, 2]


@pytest.mark.parametrize("multi_label", [False, True])
def test_a_label_that_is_not_in_the_list_of_classes_raises(manifest, tmp_path, multi_label):
    write_shards(replace(manifest, multi_label=multi_label), tmp_path, shards=1, num_processes=1)
    file = tmp_path / "shards.json"
    content = json.loads(file.read_text())
    file.write_text(json.dumps({**content, "class_names": ["a", "b"]}))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"(?s)2 classes.*\[2\].*20\.mp4"):
        list(shard_clips(tmp_path, CLIP))
    with pytest.raises(tf.errors.InvalidArgumentError, match="indices of the 2 classes"):
        list(training_stream(tmp_path, clip=CLIP, batch_size=2).take(9))


def test_videos_of_shards_are_a_manifest_whose_clips_are_read_by_index(written, manifest):
    clip = ClipSpec(4, 2, short_side=48, size=(32, 32), num_clips=3, num_crops=2)
    videos = read_videos(written)
    labels = {(entry.path, entry.labels) for entry in videos}
    assert labels == {(entry.path, entry.labels) for entry in manifest}
    assert videos.class_names == manifest.class_names
    reader = ShardReader(videos, clip)
    clips = [reader(index, 0)[0] for index in range(len(videos))]
    expected = [video for video, *_ in _arrays(shard_clips(written, clip))]
    np.testing.assert_array_equal(np.concatenate(clips), expected)
    renamed = read_videos(written, class_names=("z", "c", "b", "a"))
    assert {entry.labels for entry in renamed} == {(1,), (2,), (3,)}
    with pytest.raises(ValueError, match="`split` must be None: there are no splits"):
        read_videos(written, split="val")
