"""The CSV files of Kinetics and Charades."""

import numpy as np
import pytest

from keras_nonlocal.data.manifest import Entry
from keras_nonlocal.data.sources import read_source

KINETICS = """label,youtube_id,time_start,time_end,split
testifying,---QUuC4vJs,84,94,validate
eating spaghetti,--3ouPhoy2A,20,30,validate
dribbling basketball,--4-0ihtnBU,58,68,validate
dribbling basketball,--gone,7,17,validate
"""
CHARADES = '''id,subject,scene,quality,relevance,verified,script,objects,descriptions,actions,length
46GP8,HR43,Kitchen,6,7,Yes,"Cooks, then eats.",,"a ""meal""",c092 11.90 21.20;c147 0.00 12.60,24.83
N11GT,0KZ7,Stairs,6,7,Yes,x,,y,,18.33
'''


@pytest.fixture
def kinetics(folder):
    return folder(
        "val/testifying/---QUuC4vJs_000084_000094.MKV",
        "val/--3ouPhoy2A.mp4",
        "deep/down/--4-0ihtnBU_000058_000068.webm",
        "deep/--4-0ihtnBU.mp4",
        "val/--gone_000007_000017.txt",
        text={"lists/val.csv": KINETICS},
    )


def test_kinetics_files_are_found_by_id_and_times(kinetics):
    manifest = read_source(kinetics / "lists" / "val.csv", root=kinetics)
    names = ("dribbling basketball", "eating spaghetti", "testifying")
    assert manifest.class_names == names
    assert manifest.entries == (
        Entry(f"{kinetics}/val/testifying/---QUuC4vJs_000084_000094.MKV", (2,), split="validate"),
        Entry(f"{kinetics}/val/--3ouPhoy2A.mp4", (1,), start=20.0, end=30.0, split="validate"),
        Entry(f"{kinetics}/deep/down/--4-0ihtnBU_000058_000068.webm", (0,), split="validate"),
        Entry(f"{kinetics}/--gone_000007_000017.mp4", (0,), split="validate"),
    )


def test_kinetics_test_videos_have_no_labels(folder):
    text = "youtube_id,time_start,time_end,split\n--3ouPhoy2A,20,30,test\n"
    root = folder("--3ouPhoy2A_000020_000030.mp4", text={"test.csv": text})
    manifest = read_source(root / "test.csv")
    path = f"{root}/--3ouPhoy2A_000020_000030.mp4"
    assert manifest.entries == (Entry(path, split="test"),)


def test_a_wrong_kinetics_time_raises_with_its_line_number(folder):
    root = folder(text={"x.csv": KINETICS.replace("58,68", "58,end")})
    with pytest.raises(ValueError, match=r"line 4: `end` must be seconds.*'end'"):
        read_source(root / "x.csv")


def test_a_missing_kinetics_folder_raises(folder):
    root = folder(text={"x.csv": KINETICS})
    with pytest.raises(FileNotFoundError, match=r"There is no folder '.*/nowhere'"):
        read_source(root / "x.csv", root=root / "nowhere")


def test_charades_videos_have_several_labels_with_times(folder):
    root = folder("46GP8.avi", text={"Charades_v1_train.csv": CHARADES})
    manifest = read_source(root / "Charades_v1_train.csv")
    assert manifest.multi_label
    assert (len(manifest.class_names), manifest.class_names[92]) == (157, "c092")
    assert manifest.entries == (
        Entry(f"{root}/46GP8.avi", (92, 147), times=((11.9, 21.2), (0.0, 12.6))),
        Entry(f"{root}/N11GT.mp4"),
    )
    targets = manifest.targets()
    assert targets.shape == (2, 157)
    assert [list(pair) for pair in np.argwhere(targets)] == [[0, 92], [0, 147]]


def test_charades_class_names_can_be_given(folder):
    root = folder(text={"x.csv": CHARADES})
    names = [f"action {number}" for number in range(157)]
    manifest = read_source(root / "x.csv", class_names=names)
    assert manifest.class_names == tuple(names)
    assert manifest.entries[0].labels == (92, 147)


@pytest.mark.parametrize("action", ["c157 0.00 1.00", "c92 0.00 1.00", "c092 0.00", "eating"])
def test_a_wrong_charades_action_raises_with_its_line_number(folder, action):
    root = folder(text={"x.csv": CHARADES.replace("c092 11.90 21.20", action)})
    with pytest.raises(ValueError, match=f"line 2: an action must be .*'{action}'"):
        read_source(root / "x.csv")
