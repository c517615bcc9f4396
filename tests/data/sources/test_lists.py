"""The lists of PySlowFast and MMAction2."""

from pathlib import Path

import pytest

from keras_nonlocal.data.sources import read_source

# A line, its path and its labels.
LINES = [
    ("some/path/000.mp4 1", "some/path/000.mp4", (1,)),
    ("some/path/000.mp4,1", "some/path/000.mp4", (1,)),
    ("some/path/000.mp4\t12 ", "some/path/000.mp4", (12,)),
    ("my clips/the 2nd one.mp4 3", "my clips/the 2nd one.mp4", (3,)),
    ("a, b.mp4,3", "a, b.mp4", (3,)),
    ("no_suffix 7", "no_suffix", (7,)),
]
SEVERAL = [
    ("some/path/000.mp4 1 5 7", "some/path/000.mp4", (1, 5, 7)),
    ("some/path/000.mp4 1,5,7", "some/path/000.mp4", (1, 5, 7)),
    ("some/path/000.mp4 1, 5", "some/path/000.mp4", (1, 5)),
    ("clip 12.mp4 4 0", "clip 12.mp4", (4, 0)),
]


@pytest.mark.parametrize(("line", "path", "labels"), LINES + SEVERAL)
def test_a_line_is_a_path_and_class_indices(folder, line, path, labels):
    root = folder(text={"list.txt": f"{line}\n"})
    (entry,) = manifest = read_source(root / "list.txt")
    assert (entry.path, entry.labels) == (f"{root}/{path}", labels)
    assert manifest.multi_label == (len(labels) > 1)
    assert len(manifest.class_names) == max(labels) + 1


def test_a_line_with_several_labels_makes_the_list_multi_label(folder):
    root = folder(text={"list.csv": "# a comment\na.mp4 1\n\nb.mp4 0 2\n"})
    manifest = read_source(root / "list.csv", class_names=["x", "y", "z"], root="/videos")
    assert manifest.multi_label
    assert manifest.targets().tolist() == [[0, 1, 0], [1, 0, 1]]
    assert [entry.path for entry in manifest] == ["/videos/a.mp4", "/videos/b.mp4"]


def test_a_list_of_raw_frames_raises_with_the_way_to_convert_them(folder):
    root = folder("frames/one/img_00001.jpg", text={"list.txt": "frames/one 163 1\n"})
    with pytest.raises(ValueError, match=r"line 1: .*'frames/one', which is a folder.*ffmpeg"):
        read_source(root / "list.txt")


def test_a_line_without_a_class_index_raises_with_its_line_number(folder):
    root = folder(text={"list.txt": "a.mp4 1\n\nb.mp4 run\n"})
    with pytest.raises(ValueError, match=r"line 3: expected a path and class indices.*b.mp4 run"):
        read_source(root / "list.txt")


def listed(tmp_path, text):
    (tmp_path / "list.txt").write_text(text)
    manifest = read_source(tmp_path / "list.txt")
    paths = [Path(entry.path).relative_to(tmp_path).as_posix() for entry in manifest]
    return paths, [entry.labels for entry in manifest]


def test_quotes_around_a_path_are_no_part_of_it(tmp_path):
    text = '"my dir/video 1.mp4" 1\n"a ""b"".mp4",0\n'
    assert listed(tmp_path, text) == (["my dir/video 1.mp4", 'a "b".mp4'], [(1,), (0,)])


def test_a_path_may_start_like_a_comment(tmp_path):
    text = "#20_Rhythm_clap.avi 0\n#2.mp4,1\nb_clap.avi 0\n"
    paths = ["#20_Rhythm_clap.avi", "#2.mp4", "b_clap.avi"]
    assert listed(tmp_path, text) == (paths, [(0,), (1,), (0,)])
    assert listed(tmp_path, "# made of a.mp4 0\nb.avi 0\n") == (["b.avi"], [(0,)])


def test_a_list_may_have_no_labels(tmp_path):
    assert listed(tmp_path, "a/b 1.avi\nc.mp4\n") == (["a/b 1.avi", "c.mp4"], [(), ()])
    with pytest.raises(ValueError, match="line 2: expected a path and class indices, as other"):
        listed(tmp_path, "a.avi 0\nc.mp4\n")


@pytest.mark.parametrize(("labels", "missing"), [((1, 2), 0), ((0, 2), 1)])
def test_labels_that_count_from_one_or_have_gaps_warn(tmp_path, labels, missing):
    text = "".join(f"{label}.avi {label}\n" for label in labels)
    with pytest.warns(UserWarning, match=f"there are 3 classes, but no video .* class {missing}"):
        listed(tmp_path, text)


def test_class_indices_beyond_the_class_names_raise_with_their_line(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("a.mp4 0\nb.mp4 99\n")
    with pytest.raises(ValueError, match=r"list.txt', line 2: .* from 0 to 1.*Received: \(99,\)"):
        read_source(path, class_names=("bend", "run"))
