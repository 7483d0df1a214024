"""Progress: a bar on a terminal, a plain line in a file, nothing unasked."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

import perovex
from perovex._progress import progress_bar


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("items", "options", "line"),
    [
        (range(300), {"unit": "crystal"}, "describe: 300 crystals\n"),
        (["a.cif"], {"unit": "crystal"}, "describe: 1 crystal\n"),
        (iter("ab"), {"unit": "frame"}, "describe\n"),
        (iter("ab"), {"unit": "frame", "total": 2}, "describe: 2 frames\n"),
        (range(5), {"leave": False}, "describe\n"),
    ],
)
def test_a_file_gets_one_plain_line(monkeypatch, items, options, line):
    monkeypatch.setattr(sys, "stderr", stream := io.StringIO())
    expected = list(items) if not hasattr(items, "__next__") else ["a", "b"]
    bar = progress_bar(items, shown=True, desc="describe", mininterval=0, **options)
    assert list(bar) == expected
    bar.set_postfix_str("more")
    bar.close()
    assert stream.getvalue() == line


def test_a_terminal_gets_a_bar_that_moves(monkeypatch):
    monkeypatch.setattr(sys, "stderr", stream := Terminal())
    assert list(progress_bar(range(3), shown=True, desc="describe", mininterval=0)) == [0, 1, 2]
    assert stream.getvalue().count("\r") > 1
    assert "3/3" in stream.getvalue()


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_nothing_is_said_unasked(monkeypatch, stream):
    monkeypatch.setattr(sys, "stderr", stream)
    assert list(progress_bar(range(3), shown=False, desc="describe", unit="crystal")) == [0, 1, 2]
    assert stream.getvalue() == ""


def test_a_process_without_stderr_works(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    assert list(progress_bar(range(3), shown=True, desc="describe")) == [0, 1, 2]


def test_every_bar_is_made_here():
    package = Path(perovex.__file__).parent
    users = [
        path.relative_to(package).as_posix() for path in package.rglob("*.py") if "import tqdm" in path.read_text()
    ]
    assert users == ["_progress.py"]
