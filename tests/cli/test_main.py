"""The command starts quickly where nothing is computed, and prints only its own messages."""

import json
import os
import re
import signal
import subprocess
import sys

import pytest

import keras_nonlocal
from keras_nonlocal.cli import zoo
from keras_nonlocal.cli.main import main
from keras_nonlocal.video.samples import sample_video

HEAVY = """
import sys
from keras_nonlocal.cli.main import main
status = 0
try:
    status = main(sys.argv[1:])
except SystemExit as end:
    status = end.code
heavy = {"keras", "tensorflow", "matplotlib", "av"} & set(sys.modules)
print("status", status, "heavy", *sorted(heavy), file=sys.stderr)
"""
QUICK = {
    "help": (["--help"], 0),
    "help of a command": (["train", "--help"], 0),
    "help of an action": (["data", "scan", "--help"], 0),
    "version": (["--version"], 0),
    "no command": ([], 2),
    "an unknown command": (["nonsense"], 2),
    "a wrong argument": (["predict", "clip.mp4", "--top", "none"], 2),
    "list": (["zoo", "list"], 0),
    "show": (["zoo", "show", "nl_i3d_small_weizmann"], 0),
    "an unknown card": (["zoo", "show", "nobody"], 2),
}


def run(script, *arguments, folder=None, **changed):
    command = [sys.executable, "-c", script, *arguments]
    inherited = {name: value for name, value in os.environ.items() if name[:6] != "TF_CPP"}
    environment = inherited | changed
    return subprocess.run(
        command, capture_output=True, text=True, cwd=folder, env=environment, check=False
    )


@pytest.mark.parametrize("case", QUICK)
def test_commands_without_a_network_import_neither_keras_nor_tensorflow(case):
    arguments, status = QUICK[case]
    result = run(HEAVY, *arguments)
    assert result.stderr.splitlines()[-1].strip() == f"status {status} heavy", result.stderr


def test_version_is_that_of_the_package(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"keras-nonlocal {keras_nonlocal.__version__}\n"


MODULE = "import sys; from keras_nonlocal.cli.main import main; sys.exit(main())"


SEVERAL = """
import json, sys
from keras_nonlocal.cli.main import main
for arguments in json.loads(sys.argv[1]):
    status = main(arguments)
    print("status", status, flush=True)
    print("status", status, file=sys.stderr, flush=True)
"""
SMALL = ("builder=nl_c2d_small", "size=[32, 32]", "short_side=32", "arguments={}", "weights=null")
COMMANDS = {
    "sample": ["predict", "--sample"],
    "half readable": ["predict", "videos"],
    "error within TensorFlow": [
        *("train", "nl_i3d_r50_32x2", "--data", "broken", "--dry-run"),
        *(f"--set={change}" for change in SMALL),
    ],
}


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """The lines of stdout and stderr of several commands, for a reader that knows ASCII only.

    One process runs them, as Keras is imported for seconds; the last line of each is its status.
    """
    folder = tmp_path_factory.mktemp("videos")
    for name in ("videos", "broken/a"):
        (folder / name).mkdir(parents=True)
        (folder / name / "broken.mp4").write_bytes(b"no video")
    sample_video.write_sample(folder / "videos" / "caf\u00e9.mp4")
    commands = json.dumps([*COMMANDS.values()])
    result = run(SEVERAL, commands, folder=folder, PYTHONIOENCODING="ascii")
    assert result.returncode == 0, result.stderr
    stdout, stderr = (
        [each.splitlines() for each in re.findall(r"(?ms).*?^status \d$", text)]
        for text in (result.stdout, result.stderr)
    )
    return dict(zip(COMMANDS, zip(stdout, stderr, strict=True), strict=True))


def test_stderr_holds_only_messages_of_the_command(said):
    message = "The attention of one position is drawn in keras_nonlocal_sample_attention.png"
    assert said["sample"][1] == [message, "status 0"]


def test_a_file_that_is_no_video_gives_one_line_of_stderr(said):
    line, status = filter(None, said["half readable"][1])
    assert line.startswith("Cannot read 'videos/broken.mp4' as a video")
    assert status == "status 1"


def test_stdout_of_ascii_shows_names_with_escapes(said):
    shown = [*filter(None, said["half readable"][0])]
    assert shown[0].endswith("caf\\xe9.mp4")


def test_error_within_tensorflow_prints_one_line(said):
    line, status = filter(None, said["error within TensorFlow"][1])
    assert line.startswith("keras-nonlocal: Cannot read ")
    assert status == "status 2"


def test_verbose_shows_messages_of_tensorflow(tmp_path):
    result = run(MODULE, "predict", "nowhere.mp4", "--verbose", folder=tmp_path)
    assert result.returncode == 2
    assert "oneDNN" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("keras-nonlocal: There is no file or folder")


def test_strategies_are_those_of_training():
    from keras_nonlocal.cli.train import _STRATEGIES as options
    from keras_nonlocal.training.distributed import strategies

    assert options == strategies.STRATEGIES


def test_commands_run_with_closed_stderr(tmp_path):
    command = f"{sys.executable} -m keras_nonlocal predict nowhere.mp4 2>&-"
    assert subprocess.run(command, shell=True, check=False, cwd=tmp_path).returncode == 2


def test_a_reader_that_stops_early_is_told_in_one_line():
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "keras_nonlocal", "zoo", "path", "nl_i3d_small_weizmann"]
    result = subprocess.run(
        command,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        env={**os.environ, "PYTHONUNBUFFERED": ""},  # the line is written when Python exits
    )
    os.close(writer)
    assert result.returncode == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith("keras-nonlocal: the output is not complete")


def test_closed_stdout_is_an_error_before_any_work():
    command = f"{sys.executable} -m keras_nonlocal predict nowhere.mp4 >&-"
    result = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr.startswith("keras-nonlocal: The standard output is closed. Redirect it")


def test_sigterm_is_handled_as_ctrl_c(monkeypatch, capsys):
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(zoo, "_list", lambda _: os.kill(os.getpid(), signal.SIGTERM))
    assert main(["zoo", "list"]) == 130
    assert capsys.readouterr().err == "\nInterrupted.\n"
    assert signal.getsignal(signal.SIGTERM) is before
