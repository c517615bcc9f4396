"""A model repository in a real Triton server, asked by our client with real files."""

import dataclasses
import io
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import requests
from PIL import Image
from serving.hostile_uploads import broken, video
from serving.triton_process import missing, triton_server, until

from keras_nonlocal import zoo
from keras_nonlocal.serving import triton
from keras_nonlocal.serving.client import ServerError, TritonClient
from keras_nonlocal.serving.client.videos import jpegs
from keras_nonlocal.video.samples.sample_video import jumping_jacks

NAME = "nl_i3d_small_weizmann"
needs_server = pytest.mark.skipif(bool(missing()), reason=missing())


@pytest.fixture(scope="module")
def classifier():
    return zoo.load(NAME)


@pytest.fixture(scope="module")
def repository(classifier, tmp_path_factory):
    path = tmp_path_factory.mktemp("triton") / "repository"
    assert triton(classifier, path) == path / NAME / "1"
    return path


def test_a_version_is_complete_or_not_there(repository, classifier):
    assert {path.name for path in (repository / NAME).iterdir()} == {"1", "config.pbtxt"}
    files = {path.name for path in (repository / NAME / "1").iterdir()}
    assert files == {"model.py", "network.keras", "predictor.json"}
    with pytest.raises(FileExistsError, match="take another version"):
        triton(classifier, repository, version=1)
    longer = dataclasses.replace(
        classifier, clip=dataclasses.replace(classifier.clip, num_frames=16)
    )
    with pytest.raises(ValueError, match="must have the same inputs"):
        triton(longer, repository)
    with pytest.raises(ValueError, match="part of an address"):
        triton(classifier, repository, name="../evil")
    assert {path.name for path in (repository / NAME).iterdir()} == {"1", "config.pbtxt"}
    assert [path.name for path in repository.iterdir()] == [NAME]


def test_a_model_that_cannot_be_written_leaves_no_folder(classifier, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(keras.Model, "save", fail)
    with pytest.raises(OSError, match="No space left"):
        triton(classifier, tmp_path / "repository")
    assert not list((tmp_path / "repository").iterdir())


@pytest.fixture(scope="module")
def address(repository, tmp_path_factory):
    with triton_server(repository, tmp_path_factory.mktemp("server")) as address:
        yield address


@pytest.fixture
def client(address):
    return TritonClient(address, NAME, deadline=60)


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Four different files."""
    folder = tmp_path_factory.mktemp("clips")
    paths = [folder / f"{number}.mp4" for number in range(4)]
    for number, path in enumerate(paths):
        path.write_bytes(video("mpeg4", frames=30 + 10 * number))
    return paths


def assert_same(found, expected):
    assert list(found) == list(expected)[:5]
    values = list(found.values())
    np.testing.assert_allclose(values, list(expected.values())[:5], rtol=0, atol=1e-6)


@needs_server
@pytest.mark.slow
def test_files_frames_and_views_are_answered_as_by_the_predictor(client, classifier, clips):
    for path in clips:
        assert_same(client.predict(path), classifier.predict(path))
        assert_same(client.predict(classifier.read(path)), classifier.predict(path))
    frames = jumping_jacks(40)
    seen = np.stack([np.asarray(Image.open(io.BytesIO(each))) for each in jpegs(frames)])
    assert_same(client.predict(frames), classifier.predict(seen))


@needs_server
@pytest.mark.slow
def test_requests_that_cannot_be_answered_get_words_and_harm_no_others(client, classifier, clips):
    expected = [classifier.predict(path) for path in clips]
    hopeless = broken()
    chosen = [hopeless[name] for name in ("empty", "text", "playlist", "0.5 of an mp4", "random")]

    def ask(content):
        try:
            client.ask({"video": np.array([[content]], object)})
        except ServerError as error:
            return error

    with ThreadPoolExecutor(8) as threads:
        failures = threads.map(ask, chosen)
        answers = threads.map(client.predict, clips * 2)
        for answer, right in zip(answers, expected * 2, strict=True):
            assert_same(answer, right)
        for failure in failures:
            assert failure.status == 500
            assert "The file " in str(failure)
            assert "/tmp" not in str(failure)
    with pytest.raises(ServerError, match="One of the inputs video, jpegs, views is expected"):
        client.ask(
            {
                "video": np.array([[b"a"]], object),
                "views": np.zeros((1, 1, 12, 96, 120, 3), "uint8"),
            }
        )
    for files in ([b"\xff\xd8\xff broken"], [b"GIF89a"]):
        with pytest.raises(ServerError, match="must be complete JPEG files"):
            client.ask({"jpegs": np.array([files], object)})
    with pytest.raises(ServerError, match="at least one pixel"):
        client.predict(np.zeros((0, 12, 96, 120, 3), "uint8"))


@needs_server
@pytest.mark.slow
def test_requests_are_joined(address, client, clips):
    def counts():
        url = f"{address}/v2/models/{NAME}/stats"
        found = requests.get(url, timeout=10).json()["model_stats"][0]
        return found["inference_count"], found["execution_count"]

    before = counts()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(client.predict, clips * 4))
    requested, executed = (b - a for a, b in zip(before, counts(), strict=True))
    assert requested == 16
    assert executed < 16


@needs_server
@pytest.mark.slow
def test_a_second_version_is_taken_while_the_server_runs(
    address, client, repository, classifier, clips
):
    model = keras.models.clone_model(classifier.model)
    model.set_weights([weight[...] for weight in classifier.model.get_weights()])
    kernel = model.get_layer("logits").kernel
    kernel.assign(kernel * 0.5)
    softer = dataclasses.replace(classifier, model=model)
    assert triton(softer, repository, name=NAME).name == "2"
    ready = f"{address}/v2/models/{NAME}/versions/2/ready"
    until(lambda: requests.get(ready, timeout=10).status_code == 200, 240)
    expected = softer.predict(clips[0])
    assert max(expected.values()) < max(classifier.predict(clips[0]).values()) - 0.05
    assert_same(TritonClient(address, NAME, version=2, deadline=60).predict(clips[0]), expected)
    assert_same(client.predict(clips[0]), expected)
    old = TritonClient(address, NAME, version=1, deadline=60).predict(clips[0])
    assert_same(old, classifier.predict(clips[0]))
