"""`keras-nonlocal explain` writes a page, prints the health of blocks, and refuses wrong use."""

import pytest

from keras_nonlocal.cli.main import main
from keras_nonlocal.video.samples import sample_video


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    path = tmp_path_factory.mktemp("video") / "jack <b>.mp4"
    sample_video.write_sample(path)
    return path


def test_page_and_health(video, tmp_path, capsys):
    out = tmp_path / "page.html"
    assert main(["explain", str(video), "-o", str(out), "--health", "--clip", "2"]) == 0
    output = capsys.readouterr()
    headings, *rows = output.out.splitlines()
    assert headings.split()[:3] == ["name", "verdict", "ratio"]
    assert [row.split()[:2] for row in rows] == [
        ["res3_1_nonlocal", "works"],
        ["res4_0_nonlocal", "works"],
    ]
    assert str(out) in output.err
    page = out.read_text("utf-8")
    assert "jack &lt;b&gt;.mp4" in page
    assert "<b>" not in page
    assert "2 of 5" in page
    assert rows[0].split()[2] in page  # the ratio


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["VIDEO", "-o", "a.png"], "must end in .html. Received: a.png"),
        (["VIDEO", "VIDEO"], "A page shows one video. Received: 2 videos"),
        (["absent.mp4"], "absent.mp4"),
        (["VIDEO", "--clip", "9"], "--clip must be from 1 to 5. Received: 9"),
        (["VIDEO", "--model", "nl_fcn_small_scenes"], "use `keras-nonlocal segment`"),
    ],
)
def test_wrong_use_is_explained(arguments, message, video, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    arguments = [str(video) if part == "VIDEO" else part for part in arguments]
    assert main(["explain", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
