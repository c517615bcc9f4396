import os
from pathlib import Path

import pytest

from keras_nonlocal.data.find_files import (
    VIDEO_SUFFIXES,
    files_by_stem,
    find_videos,
    list_folder,
    subfolders,
)


@pytest.fixture
def folder(tmp_path):
    for name in ("run/b.mp4", "run/a.AVI", "run/deep/c.mkv", "walk/d.mp4"):
        _touch(tmp_path / name)
    for name in ("run/notes.txt", "run/._a.mp4", ".cache/e.mp4"):
        _touch(tmp_path / name)
    return tmp_path


def _touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def _below(folder, paths):
    return [path.relative_to(folder).as_posix() for path in paths]


def test_folders_are_searched_recursively_and_sorted(folder):
    found = ["run/a.AVI", "run/b.mp4", "run/deep/c.mkv", "walk/d.mp4"]
    assert _below(folder, find_videos(folder)) == found


def test_paths_keep_the_order_in_which_they_are_given(folder):
    found = find_videos([folder / "walk", str(folder / "run" / "b.mp4")])
    assert _below(folder, found) == ["walk/d.mp4", "run/b.mp4"]


def test_a_file_that_is_given_may_have_any_suffix(folder):
    assert _below(folder, find_videos(folder / "run" / "notes.txt")) == ["run/notes.txt"]


def test_suffixes_start_with_a_dot_and_are_lower_case():
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in VIDEO_SUFFIXES)


def test_a_path_that_does_not_exist_raises(folder):
    with pytest.raises(FileNotFoundError, match=r"There is no file or folder '.*/nowhere'"):
        find_videos([folder, folder / "nowhere"])


@pytest.mark.parametrize("nothing", [True, False])
def test_finding_no_video_raises(tmp_path, nothing):
    with pytest.raises(
        FileNotFoundError, match=r"files that end in .*\.mp4.*Received: no video in"
    ):
        find_videos([] if nothing else tmp_path)


def test_each_folder_is_a_class_sorted_by_name(folder):
    paths, labels, class_names = list_folder(folder)
    assert _below(folder, paths) == ["run/a.AVI", "run/b.mp4", "run/deep/c.mkv", "walk/d.mp4"]
    assert labels == [0, 0, 0, 1]
    assert class_names == ["run", "walk"]


def test_a_class_without_a_video_raises_with_its_name(folder):
    (folder / "swim").mkdir()
    with pytest.raises(FileNotFoundError, match="swim"):
        list_folder(folder)


def test_a_folder_without_folders_of_classes_raises(folder):
    with pytest.raises(FileNotFoundError, match="one folder of videos per class"):
        list_folder(folder / "walk")


def test_a_missing_folder_raises(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no folder"):
        list_folder(tmp_path / "nowhere")


def test_broken_links_and_pipes_named_like_a_video_are_listed(folder):
    (folder / "walk" / "a.mp4").symlink_to(folder / "gone.mp4")
    os.mkfifo(folder / "walk" / "b.mp4")
    names = ["walk/a.mp4", "walk/b.mp4", "walk/d.mp4"]
    assert _below(folder, find_videos(folder / "walk")) == names


def test_a_link_to_itself_is_listed_if_named_like_a_video(folder):
    for name in ("again.mp4", "circle"):
        (folder / "walk" / name).symlink_to(folder / "walk" / name)
    assert _below(folder, find_videos(folder / "walk")) == ["walk/again.mp4", "walk/d.mp4"]
    assert subfolders(folder / "walk") == []


def test_files_by_stem_keeps_the_first_file_of_a_name(folder):
    _touch(folder / "also" / "b.mkv")
    found = {stem: Path(path) for stem, path in files_by_stem(folder).items()}
    names = {"a": "run/a.AVI", "b": "also/b.mkv", "c": "run/deep/c.mkv", "d": "walk/d.mp4"}
    assert found == {stem: folder / name for stem, name in names.items()}


def test_links_to_folders_are_followed(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("disk")
    _touch(elsewhere / "jump" / "f.mp4")
    (folder / "swim").symlink_to(elsewhere)
    assert "swim/jump/f.mp4" in _below(folder, find_videos(folder))
    assert files_by_stem(folder)["f"] == str(folder / "swim" / "jump" / "f.mp4")


def test_circular_links_are_not_followed(folder):
    (folder / "run" / "again").symlink_to(folder / "run")
    (folder / "run" / "other").symlink_to(folder / "walk")
    (folder / "walk" / "other").symlink_to(folder / "run")
    inside = ["run/a.AVI", "run/b.mp4", "run/deep/c.mkv", "run/other/d.mp4"]
    assert _below(folder, find_videos(folder / "run")) == inside
    assert files_by_stem(folder / "run").keys() == {"a", "b", "c", "d"}


def test_links_to_a_folder_above_are_not_followed(folder):
    before = list_folder(folder)
    (folder / "run" / "up").symlink_to(folder)
    (folder / "run" / "further").symlink_to(folder.parent)
    assert list_folder(folder) == before


@pytest.mark.parametrize("name", ["b.MTS", "d.vob", "g.3g2", "i.divx", "k.M2TS", "y.y4m"])
def test_videos_of_cameras_and_discs_are_found(tmp_path, name):
    _touch(tmp_path / name)
    assert _below(tmp_path, find_videos(tmp_path)) == [name]


@pytest.mark.parametrize("search", [find_videos, files_by_stem])
def test_a_skipped_file_is_named(folder, search):
    for name in ("run/x.dat", "run/no_suffix", "run/a.jpg"):
        _touch(folder / name)
    with pytest.warns(UserWarning, match=r"2 files in '.*run'.*skipped, such as 'no_suffix'"):
        assert len(search(folder)) == 4
