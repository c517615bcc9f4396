"""Progress bars are shown on a terminal only."""

import io
import sys

import pytest

from keras_nonlocal.utils.progress import progress_bar


class Terminal(io.StringIO):
    def isatty(self):
        return True


def count_to_three(monkeypatch, file, **options):
    monkeypatch.setattr(sys, "stderr", file)
    with progress_bar(3, **options) as bar:
        for _ in range(3):
            bar.update()


@pytest.mark.parametrize(
    ("file", "shown"), [(io.StringIO(), True), (Terminal(), False), (None, True)]
)
def test_nothing_is_printed_to_files_or_if_not_requested(monkeypatch, capfd, file, shown):
    count_to_three(monkeypatch, file, shown=shown)
    assert file is None or file.getvalue() == ""
    assert capfd.readouterr() == ("", "")


def test_a_terminal_shows_a_bar_that_ends_with_a_line_break(monkeypatch, capfd):
    terminal = Terminal()
    count_to_three(monkeypatch, terminal, shown=True)
    last = terminal.getvalue().rsplit("\r", 1)[-1]
    assert last.startswith("100%|")
    assert "| 3/3 [" in last
    assert last.endswith(" files/s]\n")
    assert capfd.readouterr() == ("", "")


def test_bytes_are_shown_in_larger_units(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress_bar(2_000_000, shown=True, unit="B", desc="net.bin") as bar:
        bar.update(2_000_000)
    assert "net.bin: 100%|" in terminal.getvalue()
    assert "| 2.00M/2.00M [" in terminal.getvalue()
