"""Published weights can be loaded in every way, from local files in the original formats."""

import hashlib
import json
from dataclasses import replace

import keras
import numpy as np
import pytest
from checkpoints import writers
from download.faulty_server import FaultyServer, body
from weights.name_maps.synthetic import entries, their_layout

from keras_nonlocal import models, zoo
from keras_nonlocal.cli.main import main
from keras_nonlocal.download import Digest, PublishedFile
from keras_nonlocal.pretrained import fetch_weights, read_card, resolve
from keras_nonlocal.pretrained.card_weights import cached_path
from keras_nonlocal.pretrained.cards import Card
from keras_nonlocal.utils.schema import parse
from keras_nonlocal.weights.assign import named_weights
from keras_nonlocal.zoo import load

pytestmark = pytest.mark.usefixtures("undrawn_weights")

OFFICIAL = "nl_i3d_r50_kinetics400_official_32x2"
HASHED = "nl_i3d_r50_kinetics400_mmaction2_embedded_gaussian"
EMBEDDED = "nl_i3d_small_weizmann"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder."""
    monkeypatch.setenv("KERAS_NONLOCAL_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir()
    return tmp_path / "cache"


def random_checkpoint(model, source, blocks):
    """Returns random arrays with the names and layout of the source, and those of this package."""
    rng = np.random.default_rng(0)
    names = {target_name: source_name for source_name, target_name in entries(source, 50, blocks)}
    expected = {
        name: (rng.uniform(0.1, 0.2, variable.shape) / fan_in(variable.shape)).astype("float32")
        for name, variable in named_weights(model).items()
    }
    return {names[name]: their_layout(name, array) for name, array in expected.items()}, expected


def fan_in(shape):
    """The inputs of each output: without this divisor, the features of random weights overflow."""
    return max(np.prod(shape[:-1]), 1)


def image_checkpoint(model):
    """Returns a random checkpoint of torchvision's ResNet-50, without its classifier."""
    rng, variables = np.random.default_rng(0), named_weights(model)
    arrays = {}
    for source_name, target_name in entries("torchvision", 50):
        shape = variables[target_name].shape
        shape = shape[1:] if len(shape) == 5 else shape
        array = (np.abs(rng.normal(size=shape)) / fan_in(shape)).astype("float32")
        arrays[source_name] = np.transpose(array, (3, 2, 0, 1)) if array.ndim == 4 else array
    return arrays


def assert_holds(model, arrays):
    for name, variable in named_weights(model).items():
        np.testing.assert_array_equal(variable.numpy(), arrays[name], err_msg=name)


def torch_file(path, arrays):
    path.write_bytes(
        writers.torch_zip(
            {"state_dict": {name: writers.tensor(array) for name, array in arrays.items()}}
        )
    )
    return path


def test_a_builder_loads_a_published_file_from_the_cache(cache):
    """This also works on a machine without network, whose cache was filled by hand."""
    model = models.nl_i3d_r50()
    tensors, expected = random_checkpoint(model, "caffe2", 5)
    cached_path(read_card(OFFICIAL)).write_bytes(writers.caffe2(tensors))
    loaded = models.nl_i3d_r50(weights=OFFICIAL)
    assert_holds(loaded, expected)
    assert fetch_weights(OFFICIAL).parent == cache
    classifier = load(OFFICIAL)
    assert classifier.card.classes[0] == "abseiling"
    assert_holds(classifier.model, expected)


def test_a_file_with_another_digest_is_an_error(cache):
    path = cached_path(read_card(HASHED))
    path.write_bytes(b"something else")
    with pytest.raises(ValueError, match=path.name):
        models.nl_i3d_r50(weights="kinetics400")
    assert path.read_bytes() == b"something else"


def test_a_restricted_license_has_to_be_accepted(cache, capsys):
    for call in (
        lambda: models.nl_i3d_r50(weights=OFFICIAL),
        lambda: fetch_weights(OFFICIAL),
        lambda: fetch_weights(OFFICIAL, accept_license="yes"),
    ):
        with pytest.raises(PermissionError, match=r"--accept-license CC-BY-NC-4\.0"):
            call()
    assert main(["zoo", "fetch", OFFICIAL]) == 2
    assert "CC-BY-NC-4.0" in capsys.readouterr().err
    assert not list(cache.iterdir())


def test_a_restricted_file_is_downloaded_once_its_license_is_accepted(cache):
    card = read_card(OFFICIAL)
    with FaultyServer() as server:
        file = replace(card.weights, url=server.on("/a", body(b"weights")))
        card = replace(card, weights=file)
        path = fetch_weights(card, accept_license="CC-BY-NC-4.0")
    assert path == cached_path(card)
    assert fetch_weights(card).read_bytes() == b"weights"


def test_weights_in_the_package_need_no_download(cache, capsys):
    assert fetch_weights(EMBEDDED) == read_card(EMBEDDED).path
    assert main(["zoo", "path", EMBEDDED, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["exists"] is True
    assert main(["zoo", "path", OFFICIAL]) == 0
    assert capsys.readouterr().out.strip() == str(cached_path(read_card(OFFICIAL)))


def test_imagenet_weights_are_downloaded_and_inflated(cache, monkeypatch):
    fresh = models.i3d_r50()
    arrays = image_checkpoint(fresh)
    data = writers.torch_zip({name: writers.tensor(array) for name, array in arrays.items()})
    digest = Digest("sha256", hashlib.sha256(data).hexdigest())
    with FaultyServer() as server:
        source = PublishedFile("resnet50.pth", (server.on("/image.pth", body(data)),), digest)
        monkeypatch.setitem(resolve.RESNETS, ("video_classification", "r50"), source)
        weights = named_weights(models.i3d_r50(weights="imagenet", classes=7))
    kernel = np.transpose(arrays["conv1.weight"], (2, 3, 1, 0))
    np.testing.assert_allclose(weights["conv1_conv/kernel"].numpy().sum(axis=0), kernel, rtol=1e-5)
    assert weights["logits/kernel"].shape == (2048, 7)


def test_small_networks_have_no_imagenet_weights():
    with pytest.raises(ValueError, match="50 and 101 layers"):
        models.i3d_small(weights="imagenet")


def test_a_converted_checkpoint_is_written_with_its_card(tmp_path, capsys):
    tensors, expected = random_checkpoint(
        models.i3d_r50(variant="gluoncv", classes=9), "gluoncv", 0
    )
    tensors = {f"module.{name}": array for name, array in tensors.items()}
    path, out = torch_file(tmp_path / "mine.pth", tensors), tmp_path / "i3d_mine"
    command = ["zoo", "convert", str(path), "--as", "i3d_r50", "--variant", "gluoncv"]
    assert main([*command, "--out", str(out), "--report"]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in tensors)
    assert "its names are read without module." in printed
    assert sorted(file.name for file in out.iterdir()) == [
        "card.json",
        "model.keras",
        "model.weights.h5",
    ]
    card = parse(Card, json.loads((out / "card.json").read_text()), "the card")
    assert len(card.classes) == 9
    assert card.arguments["variant"] == "gluoncv"
    assert (
        card.weights.digest.value
        == hashlib.sha256((out / "model.weights.h5").read_bytes()).hexdigest()
    )
    model = keras.models.load_model(out / "model.keras")
    assert_holds(model, expected)
    assert_holds(
        models.i3d_r50(variant="gluoncv", classes=9, weights=str(out / "model.weights.h5")),
        expected,
    )
    assert main([*command, "--out", str(out)]) == 2
    assert "does not exist yet" in capsys.readouterr().err


def test_a_published_file_keeps_its_card(tmp_path):
    card = read_card(HASHED)
    model = models.nl_i3d_r50(variant="mmaction2")
    path = torch_file(tmp_path / card.weights.name, random_checkpoint(model, "mmaction2", 5)[0])
    report = zoo.convert_checkpoint(
        path, "nl_i3d_r50", variant="mmaction2", out=tmp_path / "converted"
    )
    assert report.source == "mmaction2"
    kept = parse(Card, json.loads((tmp_path / "converted" / "card.json").read_text()), "the card")
    assert (kept.classes, kept.clip, kept.license) == (card.classes, card.clip, card.license)
    assert len(kept.golden["logits"]) == 400


def test_a_checkpoint_that_does_not_fit_is_an_error_and_writes_nothing(tmp_path):
    tensors, _ = random_checkpoint(models.i3d_r50(variant="gluoncv"), "gluoncv", 0)
    path = torch_file(tmp_path / "plain.pth", tensors)
    with pytest.raises(ValueError, match="_nonlocal/"):
        zoo.convert_checkpoint(path, "nl_i3d_r50", variant="gluoncv", out=tmp_path / "out")
    with pytest.raises(ValueError, match="variant"):
        zoo.convert_checkpoint(path, "i3d_r50", out=tmp_path / "out")
    with pytest.raises(ValueError, match=r"'blocks', .*Received: arguments='depth'"):
        zoo.convert_checkpoint(path, "i3d_r50", variant="gluoncv", depth=50, out=tmp_path / "out")
    assert [file.name for file in tmp_path.iterdir()] == ["plain.pth"]


def test_the_network_in_the_package_is_verified(capsys):
    assert main(["zoo", "verify", EMBEDDED, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["difference"] < 1e-4


def test_a_card_without_golden_logits_cannot_be_verified():
    with pytest.raises(ValueError, match="no golden"):
        zoo.verify(OFFICIAL)
