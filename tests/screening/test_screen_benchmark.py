"""The benchmark of screens: its table, and the compounds that it builds."""

import importlib.util
from pathlib import Path

import pytest

from perovex.building.compound import Compound

FILE = Path(__file__).resolve().parents[2] / "benchmarks" / "screen.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("screen_benchmark", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_gains_are_compared_with_that_of_independent_processes(script):
    rates = {"alone": {1: [100.0] * 3, 2: [130.0] * 3}, "local": {1: [100.0, 50.0, 80.0], 2: [117.0, 58.5, 93.6]}}
    lines = script.scaling_table(rates).splitlines()
    assert lines[2].endswith("| 100 | 130 | 1.30 (1.30 to 1.30) | 100% |")
    assert lines[3].endswith("| 80 | 94 | 1.17 (1.17 to 1.17) | 90% |")


def test_the_table_stands_between_the_marks_of_the_page(script):
    page = script.PAGE.read_text(encoding="utf-8")
    once = script.written(page, "| a |")
    assert script.written(once, "| b |") == once.replace("| a |", "| b |")
    assert once.partition(script.MARKS[0])[0] == page.partition(script.MARKS[0])[0]
    assert once.partition(script.MARKS[1])[2] == page.partition(script.MARKS[1])[2]


def test_every_compound_to_build_can_be_read(script):
    assert all(Compound.read(*parts).n for parts in (*script.CRYSTALS, *script.RELATED))
