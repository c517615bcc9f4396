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


def test_a_timeline_is_printed_written_and_drawn(videos, tmp_path, capsys):
    table, plot = tmp_path / "parts.csv", tmp_path / "parts.png"
    command = ["predict", "--timeline", str(videos / "jack.mp4"), "--every", "0.5"]
    assert main([*command, "--csv", str(table), "--png", str(plot)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == str(videos / "jack.mp4")
    assert lines[1].split()[:5] == ["0.0", "-", "3.0", "s", "jack"]
    header, row = table.read_text().splitlines()
    assert header == "start,end,label,score"
    assert row.startswith("0.0,3.0,jack,0.")
    assert plot.stat().st_size > 20_000
    assert main([*command, "--json", "--top", "2"]) == 0
    *windows, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert [window["start"] for window in windows] == [0.0, 0.52, 1.0, 1.52, 1.64]
    assert all(len(window["top"]) == 2 for window in windows)
    assert [part["label"] for part in last["segments"]] == ["jack"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["a.mp4", "--every", "1"], "Add --timeline. It is missing for: --every"),
        (["a.mp4", "b.mp4", "--timeline"], "--timeline takes one video. Received: 2"),
        (["a.mp4", "--timeline", "--png", "a.jpg"], "must end in .png"),
        (["a.mp4", "--timeline", "--explain", "a.png"], "Leave it out with --timeline"),
        (["nothing.mp4", "--timeline"], "nothing.mp4"),
        (["/dev/video77", "--timeline"], "Check the address"),
        (["nothing.mp4", "--timeline", "--smoothing", "2"], "`smoothing` must be an odd number"),
        (["a.mp4", "--timeline", "--csv", "/nowhere/a.csv"], "'/nowhere/a.csv' cannot be written"),
        (["htp://host/a.mp4", "--timeline"], "An address must begin with one of http, https"),
    ],
)
def test_wrong_timelines_are_refused(options, message, capsys):
    assert main(["predict", *options]) == 2
    assert message in capsys.readouterr().err
