import pytest

from keras_nonlocal.utils.atomic_files import replacing


def test_a_file_takes_the_place_of_the_one_before_only_when_it_is_complete(tmp_path):
    path = tmp_path / "new" / "note.txt"
    with replacing(path) as partial:
        partial.write_text("first")
        assert not path.exists()
    with pytest.raises(TypeError), replacing(path) as partial, partial.open("w") as file:
        print(file.write("half of the sec"), end=1)  # fails, when that much is written
    assert path.read_text() == "first"
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_is_not_replaced(tmp_path):
    with pytest.raises(IsADirectoryError, match="Expected the name of a file"), replacing(tmp_path):
        pass
    assert tmp_path.is_dir()
