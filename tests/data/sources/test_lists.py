"""The lists of PySlowFast and MMAction2."""

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
