import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_nonlocal.data import video_dataset

CLIP = {"frames": 4, "stride": 2, "size": (16, 16), "batch_size": 2}


@pytest.fixture
def paths(write):
    return [write(f"{length}.mp4", frames=length) for length in (5, 20, 28)]


def _numbers(dataset, read_numbers):
    return [read_numbers(clip) for clips, *_ in dataset for clip in clips.numpy()]


def _slanted(write_pictures, count):
    """Videos that are dark on the left, light on the right."""
    video = np.zeros((4, 32, 32, 3), "uint8")
    video[:, :, 16:] = 200
    return [write_pictures(f"{i}.mp4", video) for i in range(count)]


def _mirrored(dataset):
    return [bool(clip[..., :8, :].mean() > 100) for clips in dataset for clip in clips.numpy()]


def test_each_file_gives_its_centred_clip_and_its_label_in_order(paths, read_numbers):
    dataset = video_dataset(paths, [7, 8, 9], **CLIP)
    assert _numbers(dataset, read_numbers) == [[0, 2, 4, 1], [6, 8, 10, 12], [10, 12, 14, 16]]
    assert np.concatenate([labels for _, labels in dataset]).tolist() == [7, 8, 9]


def test_batches_are_uint8_of_static_shape_and_known_number(paths):
    dataset = video_dataset(paths, np.eye(3, dtype="float32"), **CLIP, training=True)
    videos, labels = dataset.element_spec
    assert videos == tf.TensorSpec((None, 4, 16, 16, 3), tf.uint8)
    assert labels == tf.TensorSpec((None, 3), tf.float32)
    assert dataset.cardinality() == 2
    assert [len(clips) for clips, _ in dataset] == [2, 1]


def test_without_labels_a_batch_is_clips_alone(paths):
    assert isinstance(video_dataset(paths, **CLIP).element_spec, tf.TensorSpec)


def test_the_end_of_an_epoch_cannot_wait_for_autotuning(paths):
    assert video_dataset(paths, **CLIP).options().autotune.enabled is False


def test_a_video_is_scaled_to_cover_the_size_and_cut_at_the_centre(write_pictures):
    video = np.zeros((1, 48, 96, 3), "uint8")
    video[:, :, 24:72] = 255
    dataset = video_dataset([write_pictures("a.mp4", video)], frames=1, size=(24, 24))
    assert next(iter(dataset)).numpy()[0, 0, :, 2:-2].min() > 240


def test_training_draws_other_clips_in_another_order_each_epoch(paths, read_numbers):
    dataset = video_dataset(paths, [0, 1, 2], **CLIP, training=True)
    epochs = [_numbers(dataset, read_numbers) for _ in range(8)]
    assert len({str(epoch) for epoch in epochs}) == 8
    long_starts = {clip[0] for epoch in epochs for clip in epoch}
    assert len(long_starts) > 8


def test_clips_and_labels_stay_together_in_training(paths, read_numbers):
    dataset = video_dataset(paths, [5, 20, 28], **CLIP, training=True)
    for clips, labels in dataset.repeat(4):
        for clip, length in zip(clips.numpy(), labels.numpy(), strict=True):
            numbers = read_numbers(clip)
            assert np.all(np.diff(numbers) % length == 2)


def test_one_seed_gives_the_same_epochs_again_and_another_seed_does_not(paths, read_numbers):
    def epochs(seed):
        dataset = video_dataset(paths, [0, 1, 2], **CLIP, training=True, seed=seed)
        return [_numbers(dataset, read_numbers) for _ in range(3)]

    assert epochs(3) == epochs(3)
    assert epochs(3) != epochs(4)


def test_training_mirrors_about_half_of_the_clips(write_pictures):
    paths = _slanted(write_pictures, 40)
    mirrored = _mirrored(video_dataset(paths, frames=2, size=(16, 16), training=True))
    assert 8 < sum(mirrored) < 32


@pytest.mark.parametrize("how", [{"training": False}, {"training": True, "flip": False}])
def test_nothing_is_mirrored_unless_asked(write_pictures, how):
    paths = _slanted(write_pictures, 8)
    assert not any(_mirrored(video_dataset(paths, frames=2, size=(16, 16), **how)))


def test_a_model_trains_on_it_as_it_is(paths):
    model = keras.Sequential(
        [
            keras.Input((4, 16, 16, 3)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.GlobalAveragePooling3D(),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(loss="sparse_categorical_crossentropy")
    history = model.fit(video_dataset(paths, [0, 1, 2], **CLIP, training=True), verbose=0)
    assert np.isfinite(history.history["loss"]).all()


def test_a_file_that_cannot_be_read_stops_the_epoch_by_name(paths, tmp_path):
    fake = tmp_path / "fake.mp4"
    fake.write_bytes(b"not a video")
    with pytest.raises(tf.errors.OpError, match=r"Cannot read '.*fake\.mp4' as a video"):
        list(video_dataset([*paths, fake], **CLIP))


@pytest.mark.parametrize("paths", ["a.mp4", []])
def test_paths_that_are_no_list_of_files_are_refused(paths):
    with pytest.raises(ValueError, match=r"`paths` must be a list .* Received: paths="):
        video_dataset(paths, **CLIP)


def test_labels_of_another_number_are_refused():
    with pytest.raises(ValueError, match="Received: 1 labels for 2 paths"):
        video_dataset(["a.mp4", "b.mp4"], [0], **CLIP)


@pytest.mark.parametrize("name", ["frames", "stride", "size", "batch_size"])
def test_a_number_out_of_range_is_refused_by_name(name):
    with pytest.raises(ValueError, match=f"`{name}`"):
        video_dataset(["a.mp4"], **{**CLIP, name: 0})
