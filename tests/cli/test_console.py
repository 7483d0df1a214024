"""Consoles that cannot print Å, lines of boxes or emphasis: signs are replaced, and no command fails."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tree import commands

from perovex.cli.console import replaced

ENCODINGS = ["cp1252", "gbk", "cp932", "cp437", "ascii"]
#: Commands that take minutes; they print through the same streams, and their help is printed here.
SLOW = {"study": "minutes", "label": "needs a potential", "collect": "needs labels"}
ARGUMENTS = {
    "build": ["CCCC[NH3+]", "--trials", "1", "--out", "{folder}/built.cif"],
    "describe": ["{crystal}"],
    "predict": ["{crystal}"],
    "descriptors list": ["-f", "tilts,layers"],
    "elastic": ["--help"],
    "minima": ["--list"],
}
LINES = [*(command for command in commands() if command not in SLOW)]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_help_of_every_command_can_be_printed(perovex, encoding):
    for command in ("", *commands()):
        done = perovex(*command.split(), "--help", encoding=encoding)
        assert done.status == 0
        assert "Usage" in done.out


@pytest.mark.parametrize("command", LINES)
@pytest.mark.parametrize("encoding", ["cp932", "ascii"])
def test_every_command_prints_on_a_poor_console(perovex, two_crystals, tmp_path, command, encoding):
    places = {"crystal": two_crystals[0], "folder": tmp_path}
    line = [item.format_map(places) for item in ARGUMENTS.get(command, [])]
    done = perovex(*command.split(), *line, encoding=encoding)
    assert done.status == 0 or done.err.startswith("perovex: UsageError: Missing"), done.err
    assert done.out or done.err
    assert not set(done.out + done.err) & {"\r", "\x1b"}  # a file is no terminal


def test_signs_become_letters_that_say_the_same():
    assert "".join(map(replaced, "2.5 Å³ ± 0.1°, R² ≥ 0.5, E⊥")) == "2.5 A3 +/- 0.1 deg, R2 >= 0.5, E?"
    assert "".join(map(replaced, "┏━┳┃│├─┤╰╯")) == "+-+||+-+++"


def test_the_variable_of_the_environment_is_honoured(two_crystals):
    done = subprocess.run(
        [sys.executable, "-m", "perovex", "descriptors", "list", "-f", "layers"],
        capture_output=True,
        check=False,
        env={**__import__("os").environ, "PYTHONIOENCODING": "cp437"},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "(Å)" in done.stdout.decode("cp437")


def test_a_closed_pipe_is_no_error():
    line = f"{sys.executable} -m perovex descriptors list | head -n 1"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False, timeout=300)
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1
