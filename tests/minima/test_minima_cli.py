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


def test_a_plan_counts_what_would_be_tried_and_tries_nothing(iodide, tmp_path):
    out = tmp_path / "search"
    arguments = (iodide, "--out", out, "--strategy", "given", "--strategy", "substitute", "--halide", "Br")
    planned = minima(*arguments, "--plan")
    assert planned.exit_code == 0, planned.output
    assert "given           1 candidates of 1 compounds" in planned.output
    assert "1 candidates to try of 2 compounds, 0 on record" in planned.output
    assert not list((out / "candidates").glob("*.json"))
    minima(*arguments)
    planned = minima(*arguments, "--plan", "--label-within", 25)
    assert "labels          2 of minima that are on record" in planned.output
    assert "0 candidates to try of 2 compounds, 2 on record" in planned.output


def test_a_search_that_goes_on_takes_every_compound_on_record(iodide, tmp_path):
    first = tmp_path / "first"
    minima(
        iodide, "--out", first, "--strategy", "given", "--strategy", "substitute", "--halide", "Br", "--label-within", 0
    )
    release = tmp_path / "1.0a1"
    packed = CliRunner().invoke(app, ["collect", str(first / "labels"), "--search", str(first), "--out", str(release)])
    assert packed.exit_code == 0, packed.output
    planned = minima("--resume", release, "--out", tmp_path / "second", "--strategy", "tilt", "--plan")
    assert planned.exit_code == 0, planned.output
    assert "of 2 compounds, 2 on record" in planned.output.splitlines()[-1]
    assert "candidates of 2 compounds" in planned.output.splitlines()[-2]


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
