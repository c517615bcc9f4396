import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_nonlocal.data.manifest import Entry, Manifest
from keras_nonlocal.video.clip_spec import ClipSpec
from keras_nonlocal.video.dataset import video_dataset

CLIP = ClipSpec(4, frame_stride=2, size=(16, 16))
NAMES = tuple("abcdefghij")


@pytest.fixture
def videos(write):
    """Three videos of 5, 20 and 28 frames, of the classes 7, 8 and 9."""
    paths = [write(f"{length}.mp4", frames=length) for length in (5, 20, 28)]
    return Manifest(
        tuple(Entry(str(path), (7 + i,)) for i, path in enumerate(paths)), class_names=NAMES
    )


def indices_of(dataset, read_indices):
    return [read_indices(clip) for clips, *_ in dataset for clip in clips.numpy()]


def test_each_video_gives_its_centered_clip_and_label_in_order(videos, read_indices):
    dataset = video_dataset(videos, clip=CLIP, batch_size=2)
    assert indices_of(dataset, read_indices) == [[0, 2, 4, 1], [6, 8, 10, 12], [10, 12, 14, 16]]
    assert np.concatenate([labels for _, labels in dataset]).tolist() == [7, 8, 9]
    assert dataset.class_names == NAMES


def test_batches_have_static_shapes_and_a_known_cardinality(videos):
    dataset = video_dataset(videos, clip=CLIP, batch_size=2, training=True)
    clips, labels = dataset.element_spec
    assert clips == tf.TensorSpec((None, 4, 16, 16, 3), tf.uint8)
    assert labels == tf.TensorSpec((None,), tf.int64)
    assert dataset.cardinality() == 2
    assert [len(clips) for clips, _ in dataset] == [2, 1]


def test_without_labels_a_batch_is_only_clips(videos):
    dataset = video_dataset([entry.path for entry in videos], clip=CLIP)
    assert isinstance(dataset.element_spec, tf.TensorSpec)


def test_class_names_without_labels_give_no_targets(videos):
    unlabeled = [entry.path for entry in videos]
    dataset = video_dataset(unlabeled, clip=CLIP, class_names=NAMES)
    assert isinstance(dataset.element_spec, tf.TensorSpec)
    assert dataset.class_names == NAMES


def test_a_part_includes_the_frame_at_its_start_and_excludes_the_one_at_its_end(
    write, read_indices
):
    path = str(write("a.mp4", frames=100, fps=10))
    # In binary, 8.3 is slightly above 83 tenths, and 1.1 a little above 11.
    for start, end in ((8.3, 8.7), (1.1, 1.5)):
        source = Manifest((Entry(path, start=start, end=end),))
        dataset = video_dataset(source, clip=ClipSpec(4, size=(16, 16)))
        first = round(10 * start)
        ((clip,),) = dataset
        numbers = [number % 32 for number in range(first, first + 4)]  # gray levels repeat
        assert read_indices(clip.numpy()) == numbers


def test_several_labels_give_multi_hot_targets(videos):
    paths = [(entry.path, labels) for entry, labels in zip(videos, [[0], [], [0, 2]], strict=True)]
    dataset = video_dataset(paths, clip=CLIP, class_names=("a", "b", "c"))
    ((_, targets),) = dataset
    np.testing.assert_array_equal(targets, [[1, 0, 0], [0, 0, 0], [1, 0, 1]])


def test_labels_clip_gives_the_labels_that_hold_during_a_clip(videos):
    entry = Entry(videos.entries[1].path, (0, 1, 2), times=((0, 0.3), (0.7, 0.9), (1.5, 2)))
    timed = Manifest((entry,), ("a", "b", "c"), multi_label=True)
    clip = ClipSpec(
        4, frame_stride=2, size=(16, 16), num_clips=3
    )  # 0-0.6, 0.6-1.2, 1.3-1.9 seconds
    ((_, targets),) = video_dataset(timed, clip=clip, labels="clip")
    np.testing.assert_array_equal(targets, [[1, 0, 0], [0, 1, 0], [0, 0, 1]])


def test_a_looped_clip_has_no_labels_of_the_gap(videos):
    entry = Entry(videos.entries[1].path, (0, 1, 2), times=((0, 0.3), (0.8, 0.9), (1.7, 2)))
    timed = Manifest((entry,), ("a", "b", "c"), multi_label=True)
    clip = ClipSpec(4, frame_stride=2, size=(16, 16), sampling="official", num_clips=6)
    ((_, targets),) = video_dataset(timed, clip=clip, labels="clip")
    np.testing.assert_array_equal(targets[-1], [1, 0, 1])


def test_labels_clip_without_multi_label_raises(videos):
    entry = Entry(videos.entries[1].path, (0,), times=((0, 0.3),))
    with pytest.raises(ValueError, match="call the column `labels`"):
        video_dataset(Manifest((entry,), ("a",)), clip=CLIP, labels="clip")


def test_autotuning_is_disabled(videos):
    assert video_dataset(videos, clip=CLIP).options().autotune.enabled is False


def test_only_frames_between_start_and_end_are_read(videos, read_indices):
    entry = Entry(videos.entries[1].path, (0,), start=0.5, end=1.2)  # frames 5 to 11
    part = Manifest((entry,), ("a",))
    assert indices_of(video_dataset(part, clip=CLIP), read_indices) == [[5, 7, 9, 11]]
    drawn = video_dataset(part, clip=ClipSpec(2, size=(16, 16)), training=True).repeat(30)
    assert {number for clip in indices_of(drawn, read_indices) for number in clip} == set(
        range(5, 12)
    )


def test_training_draws_new_clips_in_a_new_order_each_epoch(videos, read_indices):
    dataset = video_dataset(videos, clip=CLIP, training=True)
    epochs = [indices_of(dataset, read_indices) for _ in range(8)]
    assert len({str(epoch) for epoch in epochs}) == 8
    assert len({clip[0] for epoch in epochs for clip in epoch}) > 8


def test_clips_and_labels_stay_together_in_training(videos, read_indices):
    lengths = {7: 5, 8: 20, 9: 28}
    dataset = video_dataset(videos, clip=CLIP, batch_size=2, training=True)
    for clips, labels in dataset.repeat(4):
        for clip, label in zip(clips.numpy(), labels.numpy(), strict=True):
            assert np.all(np.diff(read_indices(clip)) % lengths[label] == 2)


@pytest.mark.parametrize("threads", [1, 3])
def test_one_seed_gives_the_same_epochs_for_any_num_parallel_calls(videos, read_indices, threads):
    def epochs(seed, threads):
        dataset = video_dataset(
            videos, clip=CLIP, training=True, seed=seed, num_parallel_calls=threads
        )
        return [indices_of(dataset, read_indices) for _ in range(3)]

    assert epochs(3, threads) == epochs(3, 2)
    assert epochs(3, threads) != epochs(4, 2)


def test_all_views_of_a_video_follow_each_other(write_frames):
    striped = np.zeros((8, 32, 96, 3), "uint8")
    striped[:, :, 32:64], striped[:, :, 64:] = 100, 200
    paths = [(str(write_frames(f"{i}.mp4", striped)), i) for i in range(2)]
    clip = ClipSpec(2, size=(16, 16), num_clips=2, num_crops=3)
    dataset = video_dataset(paths, clip=clip, batch_size=12)
    assert dataset.cardinality() == 1
    ((clips, labels),) = dataset
    assert labels.numpy().tolist() == [0] * 6 + [1] * 6
    levels = clips.numpy()[:, :, 4:12, 4:12].mean((1, 2, 3, 4))
    np.testing.assert_allclose(levels, [0, 100, 200] * 4, atol=12)


def test_training_crops_are_random_in_position_and_scale(write_frames):
    slope = np.broadcast_to(np.linspace(0, 255, 96)[:, None], (2, 32, 96, 3)).astype("uint8")
    path = [(str(write_frames("a.mp4", slope)), 0)]
    clip = ClipSpec(1, short_side=(16, 32), size=(16, 16))
    drawn = video_dataset(path, clip=clip, training=True).repeat(60)
    rows = np.concatenate([clips.numpy()[:, 0, 8, :, 0] for clips, _ in drawn]).astype(float)
    assert rows[:, 0].min() < 20
    assert rows[:, -1].max() > 235
    reached = (rows[:, -1] - rows[:, 0]).round(-1)
    assert reached.min() <= 50  # a sixth of the width, at the largest scale
    assert reached.max() >= 70  # a third, at the smallest


def test_a_model_trains_on_the_dataset(videos):
    model = keras.Sequential(
        [
            keras.Input((4, 16, 16, 3)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.GlobalAveragePooling3D(),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(loss="sparse_categorical_crossentropy")
    dataset = video_dataset(videos, clip=CLIP, training=True)
    history = model.fit(dataset, verbose=0, shuffle=False)
    assert np.isfinite(history.history["loss"]).all()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"batch_size": 0}, "`batch_size`"),
        ({"clip": {"frames": 4}}, "`clip` must be a `keras_nonlocal.video.ClipSpec`"),
        ({"augment": "flip"}, "`augment` must be a layer"),
        ({"augment": [None]}, "`augment` must be a layer"),
        ({"service": "grpc://localhost:1"}, "write_shards"),
        ({"num_parallel_calls": 0}, "`num_parallel_calls`"),
        ({"num_parallel_calls": -1}, "`num_parallel_calls`"),
        ({"labels": "frame"}, "`labels` must be one of 'video', 'clip'"),
        ({"on_error": "ignore"}, "`on_error` must be one of 'raise', 'skip', 'previous_frame'"),
        ({"split": "test"}, "`split`"),
        ({"seed": "x"}, "`seed` must be an integer"),
        ({"seed": 1.5}, "`seed` must be an integer"),
        ({"seed": 2**32}, "`seed` must be an integer from 0 to"),
    ],
)
def test_a_wrong_argument_raises_with_its_name(videos, wrong, message):
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        video_dataset(videos, **{"clip": CLIP, **wrong})


def test_an_error_log_that_cannot_be_written_raises_at_once(videos, tmp_path):
    with pytest.raises(OSError, match="error log cannot be written"):
        video_dataset(videos, clip=CLIP, error_log=tmp_path)


def test_a_missing_file_raises_before_the_first_batch(videos):
    gone = Manifest((*videos.entries, Entry("/gone/a.mp4", (0,))), NAMES)
    with pytest.raises(ValueError, match=r"/gone/a\.mp4"):
        video_dataset(gone, clip=CLIP)


def test_functions_of_users_may_branch_on_pixels(videos):
    def brightened(clips):
        clips = tf.cast(clips, "float32")
        if tf.reduce_mean(clips) < 1000.0:  # which Python cannot know when it is traced
            clips = clips + 1000.0
        return clips

    options = {"clip": CLIP, "batch_size": 3}
    plain, changed = (
        next(iter(video_dataset(videos, augment=augment, **options)))[0].numpy()
        for augment in (None, [brightened])
    )
    np.testing.assert_array_equal(changed, plain + np.float32(1000))
