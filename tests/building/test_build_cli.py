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


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["CC[NH3+]", "--trials", 1, "--swap", "I=Br"], "--swap would be ignored beside a SMILES"),
        (["CC[NH3+]", "--trials", 1, "--potential", "none"], "--potential would be ignored without --relax"),
        (["--thicken", "FILE", "-n", 3, "-m", "Sn"], "--metal, -n would be ignored beside --thicken"),
        (["--substitute", "FILE", "--swap", "I=Br", "-n", 1], "-n would be ignored beside --substitute"),
    ],
)
def test_options_that_would_be_ignored_are_refused(arguments, words, two_crystals, tmp_path):
    files = {"FILE": two_crystals[0]}
    done = run(*(files.get(item, item) for item in arguments), "--out", tmp_path / "crystal.cif")
    assert isinstance(done.exception, PerovexError)
    assert words in str(done.exception)
    assert not list(tmp_path.iterdir())


def test_a_substituted_crystal_keeps_its_network(two_crystals, tmp_path):
    out = tmp_path / "crystal.cif"
    before = perceive(two_crystals[0])
    other = "Br" if before.halides != ("Br",) else "Cl"
    done = run("--substitute", two_crystals[0], "--swap", f"{before.halides[0]}={other}", "--seed", 1, "--out", out)
    assert done.exit_code == 0, done.output
    after = perceive(out)
    assert (after.halides, after.n_layers) == ((other,), before.n_layers)
