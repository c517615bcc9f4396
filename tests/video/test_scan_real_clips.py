"""A scan of real files, some of them damaged."""

import hashlib
from pathlib import Path

import pytest
import real_clips
from real_clips import CLIPS, CUT_SHORT, FACTS, SOUND

from keras_nonlocal.data.error_log import read_error_log
from keras_nonlocal.video.scan_files import scan

pytestmark = real_clips.needed


@pytest.fixture(scope="module")
def scanned(tmp_path_factory):
    error_log = tmp_path_factory.mktemp("scan") / "bad.jsonl"
    usable = scan([CLIPS / name for name in FACTS], error_log=error_log, num_processes=2)
    return {Path(entry.path).name: entry for entry in usable}, read_error_log(error_log)


def test_undamaged_files_are_usable_with_their_number_of_frames(scanned):
    found = {name: entry.frames for name, entry in scanned[0].items()}
    assert found == {name: FACTS[name]["decoded"] for name in SOUND}


def test_sizes_are_those_of_upright_frames(scanned):
    for name, entry in scanned[0].items():
        sides = [FACTS[name]["w"], FACTS[name]["h"]]
        turned = FACTS[name]["rotation"] % 180 == 90
        assert [entry.width, entry.height] == (sides[::-1] if turned else sides), name


def test_sha256_is_that_of_the_file(scanned):
    for name, entry in scanned[0].items():
        assert entry.sha256 == hashlib.sha256((CLIPS / name).read_bytes()).hexdigest()


def test_damaged_files_are_in_the_error_log(scanned):
    lines = {Path(line["path"]).name: line for line in scanned[1]}
    assert lines.keys() == FACTS.keys() - set(SOUND)
    assert {line["policy"] for line in lines.values()} == {"skip"}
    assert lines[CUT_SHORT]["cause"].endswith("after 88 frames")
    assert {name: line["bytes"] for name, line in lines.items()} == {
        name: FACTS[name]["bytes"] for name in lines
    }
