"""README's examples print what it says they print, and its scores are those of the bundled models."""

from __future__ import annotations

import doctest
import importlib.util
import re
import shlex
from pathlib import Path

import pytest
from cli.conftest import run_main
from cli.tree import commands

import perovex
from perovex.cli.examples import EXAMPLES

ROOT = Path(perovex.__file__).parent.parent
pytestmark = pytest.mark.skipif(not (ROOT / "README.md").is_file(), reason="the tests of an installed package")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")


@pytest.fixture(scope="module")
def text():
    return (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("readme", ROOT / "benchmarks" / "readme.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_output_is_what_is_printed(text, script, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    shown = script.examples(text)
    assert len(shown) >= 3
    for line, output in shown:
        printed = script.perovex(line)
        assert NUMBER.sub("#", printed).split() == NUMBER.sub("#", output).split(), line
        numbers = [list(map(float, NUMBER.findall(words))) for words in (printed, output)]
        assert numbers[0] == pytest.approx(numbers[1], rel=0.02, abs=0.2), line  # conformers differ between versions
    session = "\n".join(re.findall(r"```pycon\n(.*?)```", text, flags=re.DOTALL))
    example = doctest.DocTestParser().get_doctest(session, {}, "README", "README.md", 0)
    assert doctest.DocTestRunner().run(example).failed == 0


def test_scores_are_those_of_the_bundled_models(text, script):
    assert script.scores() in text


def shell_lines(text):
    blocks = re.findall(r"```bash\n(.*?)```", text, flags=re.DOTALL)
    return [line.split("  #")[0] for block in blocks for line in block.splitlines() if line.startswith("perovex ")]


def examples_of_help():
    return [line for listed in EXAMPLES.values() for _, line in listed]


def test_every_other_line_is_a_command_with_options_that_exist(text):
    lines = shell_lines(text) + examples_of_help()
    assert len(lines) > 30
    for line in lines:
        done = run_main(*shlex.split(line)[1:], "--help")
        assert done.status == 0, (line, done.err)


def test_every_command_has_examples():
    assert set(EXAMPLES) == set(commands())
    for command, listed in EXAMPLES.items():
        assert listed
        assert all(line.startswith(f"perovex {command}") for _, line in listed)
