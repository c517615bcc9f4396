"""The page shows all numbers, escapes all text, loads no other file, and removes old plots."""

import os
import re
import shutil

import numpy as np
import pytest
from report.example_scores import (
    EVIL,
    NAMES,
    PROBABILITIES,
    TARGETS,
    history,
    many_classes,
    multi_label,
    scores,
)

from keras_nonlocal.report import classification_sections, write_report

EPOCHS = "Metrics of each epoch"


def test_every_number_of_the_history_is_on_the_page(report):
    rows = history()
    headings, *cells = report(history=rows).tables[EPOCHS]
    assert headings[:5] == ["Epoch", "Step", "Learning rate", "Loss", "Clip top-1"]
    assert "Validation loss" in headings
    names = ["epoch", "step", "learning_rate", "loss", "clip_top1", "seconds"]
    for row, texts in zip(rows, cells, strict=True):
        given = [row[name] for name in names] + [row.get("val_loss"), row.get("val_top1")]
        shown = [float(text) if text else None for text in texts]
        assert shown == [number and pytest.approx(number, rel=5e-4) for number in given]


@pytest.mark.parametrize("make", [scores, multi_label])
def test_markup_in_names_is_escaped(report, videos, make, tmp_path):
    def written(name):
        shown = shutil.copy(videos[0], tmp_path / name.replace("/", ""))
        paths = [shown, *videos[1:5], f"/gone/{name}"]
        return report(
            title=name,
            history=[{"epoch": 1, name: 1.0}],
            facts=[(name, name)],
            scores=make(paths, (name, *NAMES[1:])),
        )

    clean, dirty = written("bend"), written(EVIL)
    assert dirty.tags == clean.tags
    assert "script" not in dirty.tags
    kinds = [pair[:2] for pair in clean.attributes]
    assert [pair[:2] for pair in dirty.attributes] == kinds
    assert dirty.tables["About this run"][1] == [EVIL, EVIL]
    assert dirty.words.count(EVIL) > 5
    assert EVIL.replace("/", "") in dirty.words


def test_a_page_shows_the_history_or_the_scores_alone(report, videos):
    page = report(facts=[("recipe", "i3d"), ("hours", 0.5)])
    assert page.headings == ["Curves", "Epochs"]
    assert page.tables["About this run"] == [["Name", "Value"], ["recipe", "i3d"], ["hours", "0.5"]]
    assert sorted(os.listdir(page.path.parent)) == ["curves.png", "report.html"]
    page = report(scores=scores(videos))
    assert page.headings == ["Results", "Samples", "Classes", "Confusions"]
    assert not (page.path.parent / "curves.png").exists()


def test_png_files_of_an_earlier_report_are_removed(report, videos):
    folder = report(history=history(2), scores=scores(videos)).path.parent
    files = ["confusion.png", "curves.png", "per_class.png", "report.html", "samples.png"]
    assert sorted(os.listdir(folder)) == files
    (folder / "notes.txt").touch()
    report(scores=multi_label(videos))
    assert sorted(os.listdir(folder)) == ["notes.txt", *files[2:]]
    folder.joinpath("samples.png").touch()
    report(scores=scores())  # its videos do not exist
    assert sorted(os.listdir(folder)) == ["confusion.png", "notes.txt", *files[2:4]]


def test_the_page_embeds_its_images_and_loads_nothing_else(report, videos):
    page = report(scores=scores(videos))
    before = page.path.read_bytes()
    assert report(scores=scores(videos)).path.read_bytes() == before
    for name in ("confusion", "per_class"):
        content = (page.path.parent / f"{name}.png").read_bytes()
        assert content in [page.image_bytes(image["alt"]) for image in page.images]
    addresses = [value for _, name, value in page.attributes if name in ("src", "href")]
    assert len(addresses) == len(page.images) + 1
    assert all(address.startswith("data:") for address in addresses)
    text = page.path.read_text("utf-8")
    assert "default-src 'none'" in text
    assert "url(" not in text
    assert not {"script", "iframe", "object"} & set(page.tags)


@pytest.mark.parametrize("make", [scores, multi_label, many_classes])
def test_all_images_have_descriptions_and_all_tables_captions(report, make):
    page = report(history=history(2), scores=make())
    assert all(len(image["alt"]) > 20 for image in page.images)
    assert "" not in page.tables
    assert all(head["scope"] in ("row", "col") for head in page.soup.find_all("th"))
    assert page.soup.html["lang"] == "en"


def test_numbers_of_numpy_are_accepted(report):
    row = {"epoch": np.int64(1), "loss": np.float32(0.5)}
    assert report(history=[row]).tables[EPOCHS] == [["Epoch", "Loss"], ["1", "0.5"]]


WRONG = {
    "history[0]={'loss': 1.0}": [{"loss": 1.0}],
    "history[0]=3": [3],
    "history[1]={'epoch': 2, 'loss': None}": [{"epoch": 1}, {"epoch": 2, "loss": None}],
    "history[1]={'epoch': 1}": [{"epoch": 2}, {"epoch": 1}],
    "`history` or `sections`. Received: neither of them": [],
}


@pytest.mark.parametrize("message", WRONG)
def test_a_wrong_history_is_an_error_and_nothing_is_written(tmp_path, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        write_report(tmp_path / "report", title="A run", history=WRONG[message])
    assert os.listdir(tmp_path) == []


def test_scores_without_videos_are_an_error(tmp_path):
    empty = scores([], targets=TARGETS[:0], probabilities=PROBABILITIES[:0])
    with pytest.raises(ValueError, match="at least one example"):
        classification_sections(empty)
    assert os.listdir(tmp_path) == []


@pytest.mark.filterwarnings("ignore:Glyph")  # plots use the fonts of the machine
def test_other_alphabets_and_names_that_are_not_utf_8_are_shown(report, videos, tmp_path):
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.mp4")
    shutil.copy(videos[0], odd)
    page = report(title="Läufe", scores=scores([odd, *videos[1:]], ("ходьба", "jack", "走る")))
    for words in ("Läufe", "ходьба", "走る", "caf\\udce9.mp4"):
        assert words in page.words
