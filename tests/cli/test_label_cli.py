"""``perovex label`` on a cheap analytic potential: which rejections are results and which are failures."""

from __future__ import annotations

import pytest
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.io import write
from typer.testing import CliRunner

from perovex.cli.main import app
from perovex.elasticity.potentials import names as potentials


@pytest.fixture
def metal(tmp_path, monkeypatch):
    """File of a crystal that the potential "emt" knows."""

    class Point:
        name = "emt"

        @staticmethod
        def load():
            return lambda **_: EMT()

    monkeypatch.setattr(potentials, "entry_points", lambda group: [Point] if group == potentials.GROUP else [])
    path = tmp_path / "copper.vasp"
    write(path, bulk("Cu", "fcc", a=3.7), format="vasp")
    return path


def label(out, *arguments):
    return CliRunner().invoke(app, ["label", "--out", str(out), "--potential", "emt", *map(str, arguments)])


def test_an_unreadable_file_is_a_failure_after_all_others_are_done(metal, tmp_path):
    bad = tmp_path / "bad.cif"
    bad.write_text("nothing here")
    out = tmp_path / "records"
    done = label(out, bad, metal)
    assert done.exit_code == 2, done.output
    assert "2 labelled (1 rejected, 1 of them unreadable)" in done.output
    assert {path.name for path in out.glob("*.json")} == {"bad@emt.json", "copper@emt.json"}


def test_a_crystal_that_misses_the_protocol_is_a_result(metal, tmp_path):
    done = label(tmp_path / "records", metal, "--max-seconds", 0)
    assert "not converged" in done.output
    assert "1 labelled (1 rejected)" in done.output
    assert done.exit_code == 0
