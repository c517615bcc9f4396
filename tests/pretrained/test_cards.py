"""Every card is complete and consistent, and a weights file that ships is the one of its card."""

import hashlib
import re
from collections import Counter
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_nonlocal import models
from keras_nonlocal.download.digests import ALGORITHMS
from keras_nonlocal.pretrained import card_names, read_card, resolve
from keras_nonlocal.pretrained.resolve import card_for
from keras_nonlocal.regions import REGION_VARIANTS
from keras_nonlocal.zoo import load, preprocess_input

NAMES = card_names()
CARDS = {name: read_card(name) for name in NAMES}
VIDEOS = {name: card for name, card in CARDS.items() if card.clip}
IMAGES = {name: card for name, card in CARDS.items() if card.image}
DETECTORS = {name: card for name, card in CARDS.items() if card.detection}
EMBEDDED = [name for name, card in CARDS.items() if card.weights.url is None]
PUBLISHED = [name for name in NAMES if name not in EMBEDDED]
RESTRICTED = "CC-BY-NC-4.0"
FORMATS = {".pkl": "caffe2", ".pth": "torch", ".pyth": "torch"}


def test_every_published_checkpoint_has_a_card():
    """There are as many cards as the sources list checkpoints."""
    origin = re.compile(
        "official|slowfast|pytorchvideo|mmaction2_v0|mmaction2|gluoncv|mmsegmentation"
        "|detectron2|torchvision|mmdetection"
    )
    found = Counter(origin.search(name)[0] for name in PUBLISHED)
    assert found == {
        "official": 15,
        "slowfast": 3,
        "pytorchvideo": 2,
        "mmaction2": 10,
        "mmaction2_v0": 10,
        "gluoncv": 6,
        "mmsegmentation": 81,
        "detectron2": 8,
        "torchvision": 4,
        "mmdetection": 21,
    }
    assert EMBEDDED == [
        "mask_rcnn_small_objects",
        "nl_fcn_small_scenes",
        "nl_i3d_small_weizmann",
    ]


def test_every_published_network_for_segmentation_has_a_card():
    """There are as many cards of each family as MMSegmentation lists files of ResNets."""
    found = Counter(card.builder.rsplit("_", 1)[0] for card in IMAGES.values() if card.weights.url)
    assert found == {"fcn": 21, "nl_fcn": 16, "gc_fcn": 16, "dnl_fcn": 12, "cc_fcn": 16}


@pytest.mark.parametrize("name", NAMES)
def test_the_name_starts_with_builder_and_data_set(name):
    card = CARDS[name]
    assert card.name == name
    assert re.fullmatch(rf"{card.builder}_{card.dataset}(_[a-z0-9_]+)?", name)
    assert callable(getattr(models, card.builder))


def test_addresses_are_https_and_unique():
    addresses = [
        address
        for name in PUBLISHED
        for address in (CARDS[name].weights.url, *CARDS[name].weights.mirrors)
    ]
    assert all(address.startswith("https://") for address in addresses)
    assert len(set(addresses)) == len(addresses)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_file_has_the_name_in_its_address_and_a_source(name):
    file = CARDS[name].weights
    assert file.name == file.url.rsplit("/", 1)[1]
    assert file.source is not None
    assert FORMATS[Path(file.name).suffix] == file.format


def test_names_of_published_files_are_unique():
    names = [CARDS[name].weights.name for name in PUBLISHED]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", NAMES)
def test_digests_have_the_length_of_their_kind(name):
    digest = CARDS[name].weights.digest
    if digest is not None:
        _, fewest, most = ALGORITHMS[digest.kind]
        assert fewest <= len(digest.value) <= most
        assert re.fullmatch("[0-9a-f]+", digest.value)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_digest_in_the_file_name_is_that_of_the_card(name):
    file = CARDS[name].weights
    in_name = re.search(r"[-_]([0-9a-f]{6}|[0-9a-f]{8})\.p(th|kl)$", file.name)
    assert (in_name is None) == (file.digest is None)
    if in_name:
        assert file.digest.value.startswith(in_name[1])


@pytest.mark.parametrize("name", NAMES)
def test_exactly_non_commercial_licenses_are_restricted(name):
    license = CARDS[name].license
    assert license.restricted == (license.name == RESTRICTED)
    assert license.note
    assert license.restricted == ("_official_" in name)


@pytest.mark.parametrize("name", IMAGES)
def test_mean_ious_are_percentages_with_their_protocol_and_source(name):
    assert CARDS[name].accuracy
    for row in CARDS[name].accuracy:
        assert 30 < row.mean_iou < 100
        assert row.top1 is None
        assert "images" in row.protocol or "windows" in row.protocol
        assert row.source


@pytest.mark.parametrize("name", IMAGES)
def test_images_are_tested_as_the_file_name_says(name):
    """Networks for crops of 769 and 480 pixels are tested in windows of that size."""
    card = CARDS[name]
    assert len(card.classes) == {"cityscapes": 19, "ade20k": 150, "voc": 21, "scenes": 7}.get(
        card.dataset, len(card.classes)
    )
    size = re.search(r"_(\d+)x(\d+)_", card.weights.name)
    if size and size[1] in ("769", "480"):
        assert card.image.window == (int(size[1]), int(size[2]))
    else:
        assert card.image.window is None
    assert bool(card.arguments.get("align_corners")) == (size is not None and size[1] == "769")


@pytest.mark.parametrize("name", VIDEOS)
def test_accuracies_are_percentages_with_their_protocol_and_source(name):
    assert CARDS[name].accuracy
    for row in CARDS[name].accuracy:
        assert row.top1 is not None
        assert 50 < row.top1 < (row.top5 or 100) <= 100
        assert "clips" in row.protocol or "positions" in row.protocol
        assert row.source


@pytest.mark.parametrize("name", NAMES)
def test_pixels_are_normalized_in_the_range_0_to_255(name):
    card = CARDS[name]
    spec = card.clip or card.image or card.detection
    assert all(100 < mean < 130 for mean in spec.mean)
    # The networks of Caffe are not divided by a standard deviation.
    caffe = card.arguments.get("variant") in ("detectron2", "mmdetection_caffe")
    assert spec.std == (1, 1, 1) if caffe else all(50 < std < 60 for std in spec.std)


@pytest.mark.parametrize("name", [name for name in DETECTORS if name in PUBLISHED])
def test_detectors_have_the_precisions_of_their_heads_and_the_classes_of_their_code_base(name):
    card = DETECTORS[name]
    for row in card.accuracy:
        assert 30 < row.box_ap < 60
        has_keypoints = card.builder.startswith("keypoint")
        assert (row.keypoint_ap is not None) == has_keypoints
        # MMDetection states no mask AP for one of its files.
        assert row.mask_ap is None or not has_keypoints
        assert "val2017" in row.protocol
    count = 1 if card.builder.startswith("keypoint") else 80 + 10 * ("torchvision" in name)
    assert len(set(card.classes)) == len(card.classes) == count
    is_bgr = card.weights.source == "detectron2" or card.arguments["variant"] in (
        "mmdetection_caffe",
        "mmdetection_32x8d",
    )
    assert card.detection.channel_order == ("bgr" if is_bgr else "rgb")
    assert card.arguments["variant"] in REGION_VARIANTS


def test_a_network_with_blocks_is_offered_the_weights_of_the_one_without():
    names = "'coco', 'imagenet', .*mask_rcnn_r50_fpn_coco_detectron2"
    with pytest.raises(ValueError, match=f"of nl_mask_rcnn_r50_fpn must .*{names}"):
        models.nl_mask_rcnn_r50_fpn(weights="kinetics400")


@pytest.mark.parametrize("name", VIDEOS)
def test_clips_have_frames_and_a_size(name):
    clip = CARDS[name].clip
    assert min(clip.num_frames, clip.frame_stride, clip.num_clips, clip.num_crops, *clip.size) >= 1


@pytest.mark.parametrize("name", [name for name in PUBLISHED if name in VIDEOS])
def test_the_frames_match_the_name_of_the_file(name):
    clip, file = CARDS[name].clip, CARDS[name].weights
    stated = re.search(r"(\d+)x(\d+)", file.url)
    if (
        CARDS[name].weights.source == "gluoncv"
    ):  # it states 32 frames, which are every second one of 64
        assert (clip.num_frames, clip.frame_stride) == (32, 2)
    else:
        assert (clip.num_frames, clip.frame_stride) == (int(stated[1]), int(stated[2]))


def preference(card):
    """Returns the sort key by which `zoo/README.md` chooses the recommended card."""
    if card.image:
        return card.accuracy[0].mean_iou
    if card.detection:
        row = card.accuracy[0]
        return card.license.name != "unknown", row.mask_ap or row.keypoint_ap or 0
    own = (
        card.arguments.get("blocks", 5) == 5
        and card.arguments.get("instantiation", "embedded_gaussian") == "embedded_gaussian"
        and card.arguments["variant"] != "mmaction2_heavy"
    )
    row = card.accuracy[0]
    return (
        not card.license.restricted,
        own,
        row.top5 is not None,
        card.weights.digest is not None,
        "dense" not in row.protocol,
        row.top1,
    )


@pytest.mark.parametrize("key", sorted({(card.builder, card.dataset) for card in CARDS.values()}))
def test_one_card_of_each_builder_and_data_set_is_recommended(key):
    builder, dataset = key
    cards = [card for card in CARDS.values() if (card.builder, card.dataset) == key]
    recommended = [card for card in cards if card.recommended]
    assert recommended == [max(cards, key=preference)]
    assert card_for(dataset, builder) == recommended[0]
    for card in cards:
        assert card_for(card.name, builder) == card


def test_unknown_weights_are_an_error_that_lists_the_fitting_cards():
    with pytest.raises(ValueError, match=r"'kinetics400', .*nl_i3d_r101_kinetics400_gluoncv_nl5"):
        card_for("imagenet22k", "nl_i3d_r101")
    with pytest.raises(ValueError, match="`weights` of c2d_r101") as error:
        card_for("nl_i3d_r101_kinetics400_gluoncv_nl5", "c2d_r101")
    assert "c2d_r101_kinetics400_mmaction2_nopool_8x8" in str(error.value)


def test_the_classes_of_kinetics_are_in_alphabetical_order():
    """All sources use this order. A few classes are compared with the official `classids.json`."""
    classes = card_for("kinetics400", "nl_i3d_r50").classes
    assert len(set(classes)) == 400
    written = [re.sub("[()]", "-", name).replace(" ", "_") for name in classes]
    assert written == sorted(written)
    official = {
        "abseiling": 0,
        "archery": 5,
        "catching or throwing baseball": 48,
        "eating ice cream": 115,
        "hurling (sport)": 161,
        "massaging person's head": 196,
        "passing American football (in game)": 208,
        "passing American football (not in game)": 209,
        "push up": 260,
        "sharpening knives": 290,
        "skiing (not slalom or crosscountry)": 308,
        "using remote controller (not gaming)": 374,
        "zumba": 399,
    }
    assert {name: classes.index(name) for name in official} == official


@pytest.mark.parametrize("name", EMBEDDED)
def test_the_weights_file_is_that_of_the_card(name):
    card = read_card(name)
    data = card.path.read_bytes()
    assert len(data) == card.weights.bytes
    assert hashlib.sha256(data).hexdigest() == card.weights.digest.value
    assert len(data) <= 5e6


@pytest.mark.parametrize("name", [name for name in EMBEDDED if CARDS[name].golden])
def test_golden_logits_are_reproduced(name):
    """They were stored for generated pixels when the network was trained."""
    classifier = load(name)
    golden = classifier.card.golden
    pixels = np.random.default_rng(golden["seed"]).integers(0, 256, golden["shape"], "uint8")
    network = keras.Model(classifier.model.input, classifier.model.get_layer("logits").output)
    logits = network.predict(preprocess_input(pixels[None], card=name), verbose=0)
    found = logits.reshape(-1, len(classifier.card.classes)).mean(axis=0)
    np.testing.assert_allclose(found, golden["logits"], atol=1e-4)


@pytest.mark.parametrize("name", EMBEDDED)
def test_builders_accept_the_name_of_the_card_or_of_the_data_set(name):
    card = read_card(name)
    builder = getattr(models, card.builder)
    by_name, by_dataset = builder(weights=card.name), builder(weights=card.dataset)
    logits = by_name.get_layer("box_logits" if card.detection else "logits")
    assert logits.output.shape[-1] == len(card.classes) + bool(card.detection)
    for one, other in zip(by_name.weights, by_dataset.weights, strict=True):
        if "seed" not in one.path:
            np.testing.assert_array_equal(
                keras.ops.convert_to_numpy(one), keras.ops.convert_to_numpy(other)
            )
    features = builder(weights=card.name, include_top=False)
    assert features.pyramid_outputs


def test_arguments_that_contradict_the_card_are_an_error():
    with pytest.raises(ValueError, match="belong to a network with axes='spacetime'"):
        models.nl_i3d_small(weights="weizmann", axes="space")
    with pytest.raises(ValueError, match="10 classes"):
        models.nl_i3d_small(weights="weizmann", classes=7)


@pytest.mark.parametrize(
    ("builder", "dataset", "message"),
    [
        ("mask_rcnn_r50_fpn", "coco", "belong to a network with classes=80"),
        ("nl_i3d_r50", "kinetics400", "400 classes"),
        ("nl_fcn_r50", "cityscapes", "classes=19"),
    ],
)
def test_other_classes_are_refused_before_anything_is_downloaded(
    builder, dataset, message, monkeypatch, undrawn_weights
):
    def download(card):
        raise AssertionError(f"{card.name} was asked for")

    monkeypatch.setattr(resolve, "fetch_weights", download)
    with pytest.raises(ValueError, match=message):
        getattr(models, builder)(weights=dataset, classes=3)
    with pytest.raises(AssertionError, match=f"{dataset}.* was asked for"):
        getattr(models, builder)(weights=dataset)


def test_an_unknown_name_is_an_error_that_lists_the_cards():
    with pytest.raises(ValueError, match="nl_i3d_small_weizmann"):
        load("nl_i3d_huge_imaginary")
