"""Bundles of all tasks answer as their predictors, and refuse what cannot be answered."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from serving.model_servers import grpc_server, rest_server

from keras_nonlocal import zoo
from keras_nonlocal.explain import top_positions
from keras_nonlocal.export import saved_model
from keras_nonlocal.images import ImageSpec
from keras_nonlocal.images.samples.objects import objects_image
from keras_nonlocal.images.samples.scenes import scene
from keras_nonlocal.serving.client import ServerError, TensorFlowServingClient
from keras_nonlocal.serving.client.videos import frames_of
from keras_nonlocal.tasks.segmentation.signatures import GraphLabeler
from keras_nonlocal.video import read_clips, write_video
from keras_nonlocal.video.graph_views import views_of_frames
from keras_nonlocal.video.samples.sample_video import jumping_jacks

pytestmark = pytest.mark.usefixtures("unoptimized_graphs")
REAL = Path(__file__).parents[3] / "shared/data/weizmann"


@pytest.fixture(scope="module")
def classifier():
    loaded = zoo.load("nl_i3d_small_weizmann")
    return replace(loaded, clip=replace(loaded.clip, num_clips=2))


@pytest.fixture(scope="module")
def segmenter():
    return zoo.load("nl_fcn_small_scenes")


@pytest.fixture(scope="module")
def video_bundle(classifier, tmp_path_factory):
    return saved_model(classifier, tmp_path_factory.mktemp("serving") / "video")


@pytest.fixture(scope="module")
def video(video_bundle):
    return tf.saved_model.load(str(video_bundle)).signatures


def test_a_video_bundle_answers_as_the_predictor(video, video_bundle, classifier):
    facts = json.loads((video_bundle / "manifest.json").read_text())
    names = {"views", "serving_default", "jpeg_frames", "encoded_clip", "features", "attention_top"}
    assert set(facts["signatures"]) == names
    assert 0 < facts["difference_to_predict"] <= 0.05
    frames = jumping_jacks(50)
    expected = classifier.predict(frames)
    found = video["views"](views=tf.constant(classifier.read(frames)[None]))
    top = [name.decode() for name in found["top_names"][0].numpy()]
    assert top == list(expected)[:5]
    np.testing.assert_allclose(found["top_scores"][0], list(expected.values())[:5], atol=1e-5)
    whole = video["serving_default"](frames=tf.constant(frames[None]))
    assert whole["top_names"][0, 0].numpy().decode() == top[0]
    np.testing.assert_allclose(whole["probabilities"], found["probabilities"], atol=0.05)


def test_a_bundle_tells_what_a_block_attends_to(video, classifier):
    clips, queries = classifier.read(jumping_jacks(50))[:1], [[(0, 3, 3), (2, 1, 4)]]
    found = video["attention_top"](
        clips=tf.constant(clips),
        block=tf.constant(["res3_1_nonlocal"]),
        queries=tf.constant(queries),
    )
    expected = top_positions(classifier.model, classifier.preprocess(clips), queries=queries[0])
    np.testing.assert_allclose(found["weights"], expected.weights, atol=1e-6)
    np.testing.assert_array_equal(found["positions"][:, :, :3], expected.positions[:, :, :3])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"block": ["res9"]}, "`block` must have one of res3_1_nonlocal"),
        ({"queries": [[(0, 99, 0)]]}, "positions t, h, w on the grid of its block"),
        ({"queries": np.zeros((1, 0, 3), "int32")}, "at least one position"),
        ({"clips": np.zeros((0, 12, 96, 120, 3), "uint8")}, "at least one example"),
    ],
)
def test_a_question_about_attention_that_makes_no_sense_is_refused(video, changes, message):
    request = {
        "clips": np.zeros((1, 12, 96, 120, 3), "uint8"),
        "block": ["res3_1_nonlocal"],
        "queries": [[(0, 3, 3)]],
    }
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        video["attention_top"](**{k: tf.constant(v) for k, v in {**request, **changes}.items()})


def test_weights_are_stored_once(video_bundle):
    weights = json.loads((video_bundle / "manifest.json").read_text())["weights"]
    stored = sum(each.stat().st_size for each in (video_bundle / "variables").iterdir())
    assert weights <= stored <= 1.02 * weights


@pytest.mark.slow  # reads thirty videos twice
@pytest.mark.skipif(not REAL.is_dir(), reason="needs the clips in ../shared/data/weizmann")
def test_thirty_real_clips_have_the_answers_of_the_predictor(video, classifier):
    """Clips as the network sees them are exact; whole videos are resized by another library."""
    exact, whole = [], []
    for path in sorted(REAL.glob("*/*"))[::2]:
        expected = np.array(list(dict(sorted(classifier.predict(path).items())).values()))
        order = np.argsort(classifier.class_names)
        views = video["views"](views=tf.constant(classifier.read(path)[None]))
        frames = video["serving_default"](
            frames=tf.constant(np.stack([*frames_of(path, None)])[None])
        )
        for differences, found in ((exact, views), (whole, frames)):
            probabilities = found["probabilities"][0].numpy()[order]
            assert probabilities.argmax() == expected.argmax(), path
            differences.append(np.abs(probabilities - expected).max())
    assert len(exact) == 30
    print(f"views: {max(exact):.1e}; whole videos: {max(whole):.4f}")
    assert max(exact) <= 1e-5
    assert max(whole) <= 0.05


def assert_same(found, expected, atol):
    names = [name for name, value in expected.items() if value > 2 * atol][:5]
    assert list(found)[: len(names)] == names
    for name in names:
        assert abs(found[name] - expected[name]) <= atol


@pytest.mark.parametrize(
    ("server", "wrong"),
    [(rest_server, 400), (grpc_server, "INVALID_ARGUMENT")],
    ids=["rest", "grpc"],
)
def test_clients_ask_a_bundle_for_videos_frames_views_and_tensors(
    server, wrong, video, classifier, tmp_path
):
    clip, frames = tmp_path / "clip.mp4", jumping_jacks(40)
    write_video(clip, frames[:30], fps=25)
    with server(video) as address:
        exact = TensorFlowServingClient(address, "actions", clip=classifier.clip)
        assert_same(exact.predict(clip), classifier.predict(clip), 1e-5)
        assert_same(exact.predict(classifier.read(frames)), classifier.predict(frames), 1e-5)
        client = TensorFlowServingClient(address, "actions")
        assert_same(client.predict(frames), classifier.predict(frames), 0.05)
        found = client.ask({"frames": frames[None, :, ::4, ::4]})
        assert found["top_names"].shape == (1, 5)
        assert isinstance(found["top_names"][0, 0], str)
        features = client.ask({"views": classifier.read(frames)[None, :1]}, "features")
        assert list(features) == ["outputs" if server is rest_server else "features"]
        asked = {"clips": classifier.read(frames)[:1], "block": np.array(["res3_1_nonlocal"])}
        found = client.ask({**asked, "queries": np.zeros((1, 1, 3), "int32")}, "attention_top")
        assert found["positions"].shape == (1, 1, 20, 3)
        with pytest.raises(ServerError, match="at least 2 frames") as error:
            client.ask({"frames": np.zeros((1, 1, 16, 16, 3), "uint8")})
        assert error.value.status == wrong
        with pytest.raises(ServerError, match="Servable not found"):
            TensorFlowServingClient(address, "nobody").predict(frames)


def jpeg(height, width):
    return tf.io.encode_jpeg(np.zeros((height, width, 3), "uint8")).numpy()


FRAMES = np.zeros((1, 4, 16, 16, 3), "uint8")


@pytest.mark.parametrize(
    ("signature", "request_", "message"),
    [
        ("serving_default", FRAMES[:0], "`frames` must have at least one example"),
        ("serving_default", FRAMES[:, :0], "`frames` must have at least one example"),
        ("serving_default", FRAMES[:, :1], "at least 2 frames"),
        ("serving_default", FRAMES[:, :, :1, :1], "sides of at least 8 pixels"),
        ("serving_default", np.zeros((1, 3001, 8, 8, 3), "uint8"), "at most 3000 frames"),
        ("jpeg_frames", np.array([[b"\xff\xd8\xff broken"] * 2]), "jpegs"),
        ("jpeg_frames", np.array([[b"\x89PNG", b"\x89PNG"]]), "complete JPEG files only"),
        ("jpeg_frames", np.array([[jpeg(16, 16), jpeg(16, 24)]]), "pictures of one size"),
        ("jpeg_frames", np.array([[jpeg(16, 16)]]), "at least 2 frames"),
        ("encoded_clip", np.array([b"GIF89a broken"]), "gifs"),
        ("encoded_clip", np.zeros((0,), "S1"), "at least one GIF file"),
        ("views", np.zeros((1, 0, 12, 96, 120, 3), "uint8"), "`views` must have at least one"),
    ],
)
def test_requests_that_cannot_be_answered_are_refused_in_words(video, signature, request_, message):
    function = video[signature]
    (name,) = function.structured_input_signature[1]
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        function(**{name: tf.constant(request_)})


@pytest.mark.parametrize(
    "changes", [{}, {"num_clips": 3, "num_crops": 3}, {"frame_stride": 3, "sampling": "official"}]
)
def test_the_graph_cuts_the_clips_of_the_reader(classifier, changes):
    """Frames have the size of the network here, so they are not resized."""
    clip = replace(classifier.clip, size=(48, 64), **changes)
    frames = tf.cast(tf.image.resize(jumping_jacks(61), (48, 64)), tf.uint8).numpy()
    np.testing.assert_array_equal(
        views_of_frames(clip, tf.constant(frames)), read_clips(frames, clip)
    )


@pytest.mark.parametrize(
    "spec",
    [
        ImageSpec(),
        ImageSpec(resize=(96, 60), flip=True),
        ImageSpec(window=(48, 64), window_stride=(32, 48)),
        ImageSpec(scales=(0.75, 1.25), resize=(90, 90)),
    ],
    ids=["whole", "mirrored", "windows", "scales"],
)
def test_a_graph_labels_pixels_as_the_predictor(segmenter, spec):
    chosen = replace(segmenter, image=spec)
    images = np.stack([scene(seed, (75, 100))[0] for seed in (0, 1)])
    label = tf.function(GraphLabeler(segmenter.model, spec), autograph=False)
    labels = label(tf.constant(images)).numpy()
    expected = np.stack([chosen.predict(image) for image in images])
    assert (labels == expected).mean() > 0.9999  # but for logits that are equal


def test_a_bundle_of_images_is_written(segmenter, tmp_path):
    folder = saved_model(segmenter, tmp_path / "segmentation")
    image = objects_image(4, (96, 110))[0]
    served = tf.saved_model.load(str(folder)).signatures
    found = served["serving_default"](images=tf.constant(image[None]))
    assert (found["labels"][0].numpy() == segmenter.predict(image)).mean() > 0.999
    again = served["jpeg_images"](jpegs=tf.constant([tf.io.encode_jpeg(image).numpy()]))
    assert set(again) == set(found)
    with pytest.raises(tf.errors.InvalidArgumentError, match="sides of at least 8 pixels"):
        served["serving_default"](images=tf.zeros((1, 1, 9, 3), tf.uint8))
