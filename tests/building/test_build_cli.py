"""``perovex build`` as a user meets it."""

import pytest
from typer.testing import CliRunner

from perovex import perceive
from perovex._extras import install_command
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
        (["--thicken", "FILE", "-n", 3, "-m", "Sn"], "--metal, --n would be ignored beside --thicken"),
        (["--substitute", "FILE", "--swap", "I=Br", "-n", 1], "--n would be ignored beside --substitute"),
        (["--substitute", "FILE", "--swap", "I=Br", "-x", "Br"], "--halide and --swap both say"),
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


def test_without_out_a_file_bears_the_name_of_the_compound_and_replaces_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "crystal.cif").write_text("mine")
    for _ in range(2):
        assert run("CC[NH3+]", "-x", "BR", "--stacking", "Eclipsed", "--trials", 1).exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "C2H5NH3_2PbBr4-2.cif",
        "C2H5NH3_2PbBr4.cif",
        "crystal.cif",
    ]
    assert (tmp_path / "crystal.cif").read_text() == "mine"


def test_a_table_of_compounds_is_built_into_a_folder_one_line_each(tmp_path):
    table = tmp_path / "compounds.csv"
    table.write_text("smiles,halide,stacking\nC[NH3+],br,staggered\nCCN,I,\n")
    done = run("--table", table, "--trials", 1, "--out", tmp_path / "built")
    assert done.exit_code == 2
    assert "compounds.csv:2: (CH3NH3)2PbBr4" in done.output
    assert "compounds.csv:3: SmilesError" in done.output
    assert [path.name for path in (tmp_path / "built").iterdir()] == ["CH3NH3_2PbBr4.cif"]


def test_what_cannot_be_written_is_refused_before_work(tmp_path, monkeypatch):
    def work(*_, **__):
        raise AssertionError("work has started")

    monkeypatch.setattr("perovex.building.build_layered", work)
    blocked = tmp_path / "file"
    blocked.write_text("")
    for out in (blocked / "crystal.cif", tmp_path / "crystal.xyz"):
        assert isinstance(run("CC[NH3+]", "--out", out).exception, PerovexError)
    (tmp_path / "folder.cif").mkdir()
    assert "this is a folder" in str(run("CC[NH3+]", "--out", tmp_path / "folder.cif").exception)
    assert "folder: --out DIR" in str(run("CC[NH3+]", "C[NH3+]", "--out", tmp_path / "a.cif").exception)
    monkeypatch.setattr("perovex.elasticity.potentials.by_name.find_spec", lambda _: None)
    refused = str(run("CC[NH3+]", "--relax", "--out", tmp_path / "a.cif").exception)
    assert f"needs sevenn and dftd3, not installed here ({install_command('labels')})" in refused


def test_a_crystal_goes_to_standard_output(tmp_path):
    done = run("C[NH3+]", "--trials", 1, "--out", "-")
    assert done.exit_code == 0
    path = tmp_path / "piped.cif"
    path.write_text(done.stdout)
    assert perceive(path).structure.properties["build"]["spacer_smiles"] == "C[NH3+]"


def test_mixed_halides_are_built_by_position_and_put_into_a_crystal(two_crystals, tmp_path):
    ordered, mixed = tmp_path / "ordered.cif", tmp_path / "mixed.cif"
    done = run("CC[NH3+]", "-x", "axial=Br,equatorial=I", "--trials", 1, "--out", ordered)
    assert done.exit_code == 0, done.output
    assert "PbBr2I2" in done.output
    assert "Br%20terminal" in ordered.read_text()
    done = run("--substitute", two_crystals[0], "--halide", "axial=Cl,equatorial=Br", "--out", mixed)
    assert done.exit_code == 0, done.output
    assert perceive(mixed).halides == ("Br", "Cl")
