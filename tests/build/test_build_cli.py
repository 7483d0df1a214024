"""``perovex build`` as a user meets it."""

import pytest
from typer.testing import CliRunner

from perovex import perceive
from perovex.cli.main import app
from perovex.errors import PerovexError


def run(*arguments):
    return CliRunner().invoke(app, ["build", *map(str, arguments)])


def test_written_crystal_is_what_was_asked_for(tmp_path):
    out = tmp_path / "crystal.extxyz"
    done = run("CC[NH3+]", "-x", "Br", "--trials", 1, "--out", out)
    assert done.exit_code == 0, done.output
    assert "not relaxed" in done.output.lower()
    crystal = perceive(out)
    assert (crystal.n_layers, crystal.halides, crystal.phase) == (1, ("Br",), "RP")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [(["CCCCN"], "protonated"), (["CC[NH3+]", "--trials", 1, "--relax", "--potential", "none"], "unknown potential")],
)
def test_refusals_are_typed(arguments, word, tmp_path):
    done = run(*arguments, "--out", tmp_path / "crystal.cif")
    assert done.exit_code != 0
    assert isinstance(done.exception, PerovexError)
    assert word in str(done.exception)
    assert not list(tmp_path.iterdir())
