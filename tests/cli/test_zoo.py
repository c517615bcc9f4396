"""`keras-nonlocal zoo` prints cards as text and as JSON."""

import json

import pytest

from keras_nonlocal import zoo
from keras_nonlocal.cli.main import main
from keras_nonlocal.pretrained import card_names, read_card

NAME = "nl_i3d_r50_kinetics400_official_32x2"


def test_list_prints_the_table_of_the_zoo(capsys):
    assert main(["zoo", "list"]) == 0
    assert capsys.readouterr().out.startswith(zoo.markdown_table())


def test_list_as_json_has_every_card(capsys):
    assert main(["zoo", "list", "--json"]) == 0
    cards = json.loads(capsys.readouterr().out)["cards"]
    assert [card["name"] for card in cards] == card_names()
    (card,) = [card for card in cards if card["name"] == NAME]
    assert card["license"]["restricted"] is True
    assert card["weights"]["digest"] is None


def test_show_prints_every_field_of_a_card(capsys):
    assert main(["zoo", "show", NAME]) == 0
    rows = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    card = read_card(NAME)
    assert rows["weights.url"] == card.weights.url
    assert rows["accuracy.0.top1"] == "74.9"
    assert rows["accuracy.1.source"] == "arXiv:1711.07971, Table 2f"
    assert rows["clip.size"] == "256, 256"
    assert rows["weights.digest"] == "-"
    assert rows["classes"].startswith("abseiling, ")
    assert rows["classes"].endswith("(400 in total)")


def test_show_as_json_is_the_card(capsys):
    assert main(["zoo", "show", NAME, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    card = read_card(NAME)
    assert shown["name"] == NAME
    assert tuple(shown["classes"]) == card.classes
    assert shown["accuracy"][0]["top1"] == card.accuracy[0].top1


def test_unknown_card_prints_one_line_on_stderr(capsys):
    assert main(["zoo", "show", "nl_i3d_huge", "--json"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "There is no card 'nl_i3d_huge'. Similar names: nl_i3d_small_weizmann" in printed.err
    assert len(printed.err.splitlines()) == 1


def test_missing_action_is_an_error(capsys):
    with pytest.raises(SystemExit):
        main(["zoo"])
    assert "ACTION" in capsys.readouterr().err
