import pytest


@pytest.fixture
def folder(tmp_path):
    """`folder("a/b.mp4", "c.txt", text={"x.csv": "..."})` -> a folder with these files."""

    def make(*names, text=None):
        for name, content in {**dict.fromkeys(names, ""), **(text or {})}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return tmp_path

    return make
