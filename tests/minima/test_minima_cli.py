"""``perovex minima`` from files to tables."""

import pandas as pd
import pytest
from typer.testing import CliRunner

from perovex.cli.main import app
from perovex.crystal.examples import cubic
from perovex.elasticity.potentials import names
from perovex.errors import SearchError

from .conftest import Octahedra


@pytest.fixture
def iodide(tmp_path, monkeypatch):
    """File of a crystal that the potential "springs" knows."""

    class Point:
        name = "springs"

        @staticmethod
        def load():
            return lambda **_: Octahedra()

    monkeypatch.setattr(names, "entry_points", lambda group: [Point] if group == names.GROUP else [])
    path = tmp_path / "iodide.cif"
    cubic("Pb", "I", "Cs").to(filename=str(path), fmt="cif")
    return path


def minima(*arguments):
    return CliRunner().invoke(app, ["minima", "--potential", "springs", *map(str, arguments)])


def test_candidates_labels_and_the_statement(iodide, tmp_path):
    out = tmp_path / "search"
    arguments = (iodide, "--out", out, "--strategy", "given", "--strategy", "substitute", "--halide", "Br")
    done = minima(*arguments, "--label-within", 0, "--origin", "a book")
    assert done.exit_code == 0, done.output
    assert "lowest found once by 1 strategy out of 1 candidates" in done.output
    assert done.output.count("label of ") == 2
    compounds = pd.read_csv(out / "compounds.csv").set_index("compound")
    assert list(compounds.index) == ["Cs_PbBr_3D", "Cs_PbI_3D"]
    candidates = pd.read_csv(out / "candidates.csv").set_index("compound")
    assert candidates.loc["Cs_PbBr_3D", "strategy"] == "substitute"
    assert candidates.loc["Cs_PbI_3D", "parent"] == "iodide"
    again = minima(*arguments)
    assert "2 candidates of 2 compounds" in again.output
    assert "label of" not in again.output


def test_what_cannot_be_searched_is_refused_before_work_starts(iodide, tmp_path):
    out = tmp_path / "search"
    for arguments, words in (
        ((iodide,), "--out"),
        (("--out", out), "no crystals"),
        ((iodide, "--out", out, "--strategy", "guess"), "unknown strategy"),
        ((iodide, "--out", out, "--resume", tmp_path), "no packed search"),
    ):
        failed = minima(*arguments)
        assert isinstance(failed.exception, SearchError)
        assert words in str(failed.exception)


def test_strategies_are_listed_with_what_they_do():
    listed = minima("--list").output
    assert "given" in listed.splitlines()[0]
    assert "anneal" in listed
