"""A file or folder gets its final name only when it is complete."""

import pytest

from keras_nonlocal.utils.atomic_files import replacing


def test_an_incomplete_file_does_not_replace_the_file_before(tmp_path):
    path = tmp_path / "new" / "note.txt"
    with replacing(path) as partial:
        partial.write_text("first")
        assert not path.exists()
    with pytest.raises(TypeError), replacing(path) as partial, partial.open("w") as file:
        print(file.write("half of the sec"), end=1)  # raises after writing
    assert path.read_text() == "first"
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_is_not_overwritten_by_a_file(tmp_path):
    with pytest.raises(IsADirectoryError, match="Expected the name of a file"), replacing(tmp_path):
        pass
    assert tmp_path.is_dir()
