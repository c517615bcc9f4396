"""COCO's average precision equals that of pycocotools, called by hand."""

import contextlib
import io
import json
import sys
from dataclasses import replace

import numpy as np
import pytest
from images.object_files import annotation, points, write_coco, write_voc
from real_objects import COCO_MINI, needed

from keras_nonlocal.images import read_object_set
from keras_nonlocal.metrics import CocoScores, coco_average_precision, write_coco_json
from keras_nonlocal.utils.run_lengths import encode_mask

pytest.importorskip("pycocotools", reason="pycocotools is not installed")
TYPES = {"boxes": "bbox", "masks": "segm", "keypoints": "keypoints"}


def detections(objects, seed=0):
    """Moved objects with some wrong classes, with random confidence."""
    random, found = np.random.default_rng(seed), []
    for index in range(len(objects)):
        read = objects.read(index)
        kept = ~read["crowd"]
        count = int(kept.sum())
        wrong = random.random(count) < 0.15
        labels = np.where(wrong, random.integers(0, len(objects.class_names), count), 0)
        each = {
            "boxes": read["boxes"][kept] + random.normal(0, 3, (count, 4)),
            "labels": np.where(wrong, labels, read["labels"][kept]),
            "confidence": random.random(count),
        }
        if "masks" in read:
            moved = np.roll(read["masks"][kept], random.integers(-4, 5, 2), axis=(1, 2))
            each["masks"] = moved.astype(bool)
        if "keypoints" in read:
            shift = random.normal(0, 3, (count, len(objects.keypoint_names), 3)) * (1, 1, 0)
            each["keypoints"] = read["keypoints"][kept] + shift
        found.append(each)
    return found


def by_hand(file, objects, results, kind):
    """The numbers that pycocotools itself makes of COCO's file and of a file of results."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    rows = json.loads(results.read_text())
    for row in rows:
        for name in {"bbox", "segmentation", "keypoints"} - {
            {"boxes": "bbox", "masks": "segmentation"}.get(kind, kind)
        }:
            row.pop(name, None)
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(file))
        evaluator = COCOeval(truth, truth.loadRes(rows), TYPES[kind])
        evaluator.params.imgIds = [image.id for image in objects.images]
        evaluator.evaluate()
        evaluator.accumulate()
        evaluator.summarize()
    return evaluator


@needed
@pytest.mark.parametrize("keypoints", [False, True])
def test_all_numbers_are_those_of_pycocotools(keypoints, tmp_path):
    objects = read_object_set(COCO_MINI, split="val", keypoints=keypoints).part(range(40))
    found = detections(objects)
    scores = coco_average_precision(objects, found)
    assert tuple(scores.numbers) == objects.kinds
    write_coco_json(tmp_path / "results.json", objects, found)
    prefix = "person_keypoints" if keypoints else "instances"
    file = COCO_MINI / "annotations" / f"{prefix}_val2017.json"
    for kind, numbers in scores.numbers.items():
        evaluator = by_hand(file, objects, tmp_path / "results.json", kind)
        assert len(numbers) == (10 if kind == "keypoints" else 12)
        expected = np.where(evaluator.stats == -1, np.nan, evaluator.stats)
        np.testing.assert_allclose(list(numbers.values()), expected, rtol=0, atol=1e-12)
        assert 0.05 < numbers["ap"] < 0.95
        precision = evaluator.eval["precision"]
        for place, name in enumerate(objects.class_names):
            values = precision[:, :, place, 0, -1]
            expected = values[values > -1].mean() if (values > -1).any() else np.nan
            np.testing.assert_allclose(scores.class_ap[kind][name], expected)
        assert scores.precision[kind].shape == (101,)
        np.testing.assert_allclose(scores.precision[kind].mean(), numbers["ap50"])


@pytest.fixture
def objects(tmp_path):
    """Two persons in one image, a dog in another, and an image without objects."""
    person = points((3, 4, 2), (5, 6, 1), (6, 4, 2))
    rows = [
        annotation(1, 10, (2, 3, 4, 4), keypoints=person),
        annotation(2, 10, (8, 1, 6, 6), keypoints=person),
        annotation(3, 11, (1, 1, 5, 5), category=7),
    ]
    write_coco(tmp_path, rows)
    return read_object_set(tmp_path)


def perfect(objects):
    return [
        {**read, "confidence": np.ones(len(read["boxes"]))}
        for read in map(objects.read, range(len(objects)))
    ]


def test_perfect_detections_have_all_points(objects):
    summary = coco_average_precision(objects, perfect(objects)).summary()
    for name in ("box_ap", "mask_ap", "box_ap_small"):
        assert summary[name] == pytest.approx(1)
    assert summary["box_ar1"] == 0.75  # one detection finds one of two persons
    assert "box_ap_large" not in summary


def test_average_precision_of_a_case_that_is_counted_by_hand(objects):
    """Of two persons, one is found second; in front of it is a box where nothing is."""
    found = [
        {"boxes": [[0, 8, 3, 11], [2, 3, 6, 7]], "labels": [0, 0], "confidence": [0.9, 0.8]},
        {"boxes": [[1, 1, 6, 6]], "labels": [1], "confidence": [0.2]},
        {"boxes": np.zeros((0, 4)), "labels": [], "confidence": []},
    ]
    scores = coco_average_precision(objects, found)
    assert tuple(scores.numbers) == ("boxes",)
    # Precision is 1/2 up to a recall of 1/2, which are 51 of 101 places, and then 0.
    np.testing.assert_allclose(scores.class_ap["boxes"]["person"], 0.5 * 51 / 101)
    assert scores.class_ap["boxes"]["dog"] == pytest.approx(1)
    np.testing.assert_allclose(scores.precision["boxes"][[0, 50, 51, 100]], [0.75, 0.75, 0.5, 0.5])
    assert scores.images == 3


def test_no_detections_have_no_points(objects):
    empty = {"boxes": np.zeros((0, 4)), "labels": [], "confidence": [], "masks": []}
    scores = coco_average_precision(objects, [empty] * 3)
    assert scores.summary()["box_ap"] == scores.summary()["mask_ar100"] == 0


def test_masks_may_be_run_lengths(objects):
    found = perfect(objects)
    coded = [{**each, "masks": [encode_mask(mask) for mask in each["masks"]]} for each in found]
    expected, scores = (coco_average_precision(objects, each) for each in (found, coded))
    assert expected.summary() == scores.summary()


def test_difficult_objects_are_neither_missed_nor_found(tmp_path):
    objects = read_object_set(write_voc(tmp_path))
    found = perfect(objects)
    without = [{key: value[~each["crowd"]] for key, value in each.items() if key != "images"}
               for each in found]  # fmt: skip
    for each in (found, without):
        assert coco_average_precision(objects, each).numbers["boxes"]["ap"] == pytest.approx(1)


def test_keypoints_are_compared_with_the_tolerances_of_the_set(tmp_path):
    person = points((3, 4, 2), (5, 6, 1), (6, 4, 2))
    write_coco(tmp_path, [annotation(1, 10, (2, 1, 10, 10), area=2000, keypoints=person)],
               keypoints=True)  # fmt: skip
    objects = read_object_set(tmp_path, keypoints=True)
    found = perfect(objects)
    found[0]["keypoints"] = found[0]["keypoints"] + (3, 0, 0)
    with pytest.raises(ValueError, match="sigmas"):
        coco_average_precision(objects, found)
    # Similarity of each keypoint: exp(-distance^2 / (2 area (2 sigma)^2))
    for sigma in (0.02, 0.05, 0.5):
        similarity = np.exp(-9 / (2 * 2000 * (2 * sigma) ** 2))
        expected = np.mean(similarity >= np.linspace(0.5, 0.95, 10))
        scores = coco_average_precision(replace(objects, sigmas=(sigma,) * 3), found, ["keypoints"])
        np.testing.assert_allclose(scores.numbers["keypoints"]["ap"], expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda found: found[1:], "dict for each image.*2 for 3"),
        (lambda found: [{**each, "labels": each["labels"] + 5} for each in found], "0 to 1"),
        (lambda found: [{**each, "boxes": each["boxes"] * np.nan} for each in found], "finite"),
        (lambda found: [{**each, "boxes": each["boxes"][:, :3]} for each in found], "shape"),
        (lambda found: [{**each, "confidence": [1]} for each in found], "equally many"),
        (lambda found: [{"boxes": each["boxes"]} for each in found], "Missing.*confidence"),
        (lambda found: [{"labels": each["labels"]} for each in found], "nothing to compare"),
        (lambda found: [], "nothing to compare"),
    ],
)
def test_detections_that_do_not_fit_are_refused(objects, change, message):
    with pytest.raises(ValueError, match=message):
        coco_average_precision(objects, change(perfect(objects)))


def test_what_is_not_there_cannot_be_compared(objects, tmp_path):
    with pytest.raises(ValueError, match=r"`kinds`"):
        coco_average_precision(objects, perfect(objects), ["keypoints"])
    empty = objects.part([2])
    with pytest.raises(ValueError, match="no boxes of objects to be found"):
        coco_average_precision(empty, perfect(empty), ["boxes"])
    mixed = replace(objects, objects=([{**objects.objects[0][0], "segmentation": []}],
                                      *objects.objects[1:]))  # fmt: skip
    with pytest.raises(ValueError, match=r"Every object must have a mask.*object 1 "):
        coco_average_precision(mixed, perfect(objects), ["masks"])
    with pytest.raises(ValueError, match="`numbers`"):
        CocoScores(("one",), {}, {}, {})


def test_files_of_results_have_the_ids_of_the_data_set(objects, tmp_path):
    write_coco_json(tmp_path / "results.json", objects, perfect(objects))
    rows = json.loads((tmp_path / "results.json").read_text())
    assert [(row["image_id"], row["category_id"]) for row in rows] == [(10, 3), (10, 3), (11, 7)]
    assert rows[0]["bbox"] == [2, 3, 4, 4]
    assert rows[0]["segmentation"]["size"] == [12, 16]


def test_files_of_results_need_no_library(objects, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pycocotools", None)
    write_coco_json(tmp_path / "results.json", objects, perfect(objects))
    assert len(json.loads((tmp_path / "results.json").read_text())) == 3
