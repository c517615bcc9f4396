"""`keras-nonlocal predict` prints probabilities, draws attention and rejects invalid input."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from keras_nonlocal.cli.main import main
from keras_nonlocal.video.decoding.write import write_video
from keras_nonlocal.video.samples import sample_video


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("videos")
    sample_video.write_sample(folder / "jack.mp4")
    (folder / "more").mkdir()
    write_video(folder / "more" / "short.mp4", sample_video.jumping_jacks(9), fps=25)
    return folder


def test_sample_is_classified_and_explained(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["predict", "--sample"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "keras_nonlocal_sample.mp4"
    assert len(lines) == 6
    assert lines[1].split()[0] == "jack"
    probabilities = [float(line.split()[1]) for line in lines[1:]]
    assert probabilities == sorted(probabilities, reverse=True)
    assert (tmp_path / "keras_nonlocal_sample_attention.png").stat().st_size > 10_000


def test_stdout_holds_only_json(videos):
    command = [
        sys.executable,
        "-m",
        "keras_nonlocal",
        "predict",
        "--json",
        "--top",
        "3",
        str(videos),
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    rows = json.loads(result.stdout)["results"]
    assert [row["path"] for row in rows] == [
        str(videos / "jack.mp4"),
        str(videos / "more" / "short.mp4"),
    ]
    for row in rows:
        assert len(row["top"]) == 3
        assert set(row["top"][0]) == {"label", "probability"}


def test_files_and_folders_can_be_mixed(videos, capsys):
    assert main(["predict", str(videos / "jack.mp4"), str(videos / "more")]) == 0
    out = capsys.readouterr().out
    assert out.index("jack.mp4") < out.index("short.mp4")


def test_plots_of_several_videos_are_numbered(videos, tmp_path):
    assert main(["predict", str(videos), "--explain", str(tmp_path / "seen.png")]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["seen_1.png", "seen_2.png"]


def test_unreadable_file_is_named_and_the_others_are_classified(videos, tmp_path, capsys):
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"this is no video")
    assert main(["predict", "--json", str(bad), str(videos / "jack.mp4")]) == 1
    output = capsys.readouterr()
    assert [row["path"] for row in json.loads(output.out)["results"]] == [str(videos / "jack.mp4")]
    assert "bad.mp4" in output.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["predict"], "or use --sample"),
        (["predict", "absent.mp4"], "absent.mp4"),
        (["predict", "--sample", "also.mp4"], "or use --sample"),
        (["predict", ""], "Expected the path of a file or folder. Received: ''"),
        (["predict", "PATH", "--explain", "a.xyz"], "must end in .png. Received: a.xyz"),
        (["predict", "PATH", "--explain", "nowhere/a.png"], "There is no folder 'nowhere'"),
        (["predict", "--model", "nobody", "PATH"], "There is no card 'nobody'"),
    ],
)
def test_invalid_options_print_one_line_and_status_is_2(arguments, message, videos, capsys):
    arguments = [str(videos / "jack.mp4") if part == "PATH" else part for part in arguments]
    assert main(arguments) == 2
    assert not Path("nowhere").exists()
    error = capsys.readouterr().err.strip()
    assert message in error
    assert len(error.splitlines()) == 1


def test_invalid_numbers_are_explained(capsys):
    with pytest.raises(SystemExit):
        main(["predict", "--sample", "--top", "none"])
    assert "expected a positive integer, received 'none'" in capsys.readouterr().err
