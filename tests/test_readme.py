"""README's examples print what it says they print, and its scores are those of the bundled models."""

from __future__ import annotations

import doctest
import importlib.util
import re
import shlex
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from cli.conftest import run_main
from cli.tree import commands
from packaging.version import Version

import perovex
from perovex.cli.examples import EXAMPLES

ROOT = Path(perovex.__file__).parent.parent
pytestmark = pytest.mark.skipif(not (ROOT / "README.md").is_file(), reason="the tests of an installed package")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")


def benchmark(name):
    """Load a script of the folder of benchmarks."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def text():
    return (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def script():
    return benchmark("readme")


def conformers_are_those_of_the_page():
    """Built crystals start from conformers, which differ between versions of RDKit; the page has the pinned one."""
    pinned = re.search(r"^rdkit==(.*)$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)[1]
    return Version(version("rdkit")) == Version(pinned)


def test_every_output_is_what_is_printed(text, script, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    shown = script.examples(text)
    assert len(shown) >= 3
    for line, output in shown:
        printed = script.perovex(line)
        assert NUMBER.sub("#", printed).split() == NUMBER.sub("#", output).split(), line
        numbers = [list(map(float, NUMBER.findall(words))) for words in (printed, output)]
        rel = 0.02 if conformers_are_those_of_the_page() else 0.2
        assert numbers[0] == pytest.approx(numbers[1], rel=rel, abs=0.2), line
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


def test_the_table_by_source_says_first_where_no_skill_is_shown(script, tmp_path, monkeypatch):
    import json

    row = {"part": "source", "model": "model", "n_rows": 20, "n_groups": 15, "lower": -0.6, "upper": 0.2}
    bad = {"value": "experiment", "metric": "R2", "score": -0.15}
    good = {"value": "factorial design", "metric": "R2", "score": 0.5, "lower": 0.3}
    held = [
        {**row, "metric": "coverage", "value": value, "score": 0.75} for value in ("experiment", "factorial design")
    ]
    entry = {"by_part": [{**row, **bad}, {**row, **good, "lower": 0.3}, *held]}
    for moduli in ("relaxed", "soft_frozen"):
        folder = tmp_path / "data" / "models" / moduli
        folder.mkdir(parents=True)
        metrics = dict.fromkeys(script.TARGETS, entry)
        (folder / "manifest.json").write_text(json.dumps({"metrics": metrics}), encoding="utf-8")
    monkeypatch.setattr(script, "ROOT", tmp_path)
    lines = script.by_source().splitlines()
    assert lines[0].startswith(
        "**On crystals whose structure was measured no skill is shown for E_in_plane, E_out_of_plane and E_vrh: "
        "held-out R2 -0.15"
    )
    assert "| measured structures | relaxed | 20 | -0.15 [-0.60, 0.20] |" in "\n".join(lines)
    assert len(lines) == 2 + 2 + 4  # warning, blank, header, rule, two sources of two kinds
    assert lines[-1].endswith("| 75%, 75%, 75% |")


def test_tables_of_screening_are_those_of_the_bundled_models():
    module = benchmark("doc_tables")
    page = module.PAGE.read_text(encoding="utf-8")
    assert module.rendered(page) == page
    assert len(module.MARKED.findall(page)) == 2


def test_the_datasheet_counts_what_the_default_release_holds(elastic_data):
    module = benchmark("datasheet")
    page = module.PAGE.read_text(encoding="utf-8")
    assert module.rendered(page, elastic_data) == page
    assert len(module.MARKED.findall(page)) == 1
    table = module.layered(elastic_data)
    assert module.counts(table)[0] == len(table) > 500


def test_the_datasheet_takes_a_spacer_and_its_mirror_image_as_one():
    module = benchmark("datasheet")
    rows = [("C[C@H](N)CC", "Cl", 1.0, "Pb"), ("C[C@@H](N)CC", "Br", 1.0, "Pb"), ("C[C@H](N)CC", "I", 1.0, "Pb")]
    rows += [("C[C@H](N)CC", "I", 2.0, "Pb"), ("C[C@@H](N)CC", "I", 3.0, "Pb"), ("C[C@@H](N)CC", "I", 1.0, "Sn")]
    columns = ["spacer_smiles", "halide", "n_layers", "metal"]
    table = module.layered(SimpleNamespace(table=pd.DataFrame(rows, columns=columns).assign(cage="")))
    assert module.counts(table) == [6, 1, 1, 1, 4, 4, 1, 1, 5, 1]
    series, of_sheets = module.complete_series(table)
    assert (series.to_dict(), of_sheets, module.beside_lead(table)) == ({1.0: 1}, 1, 1)
