"""`perovex describe --per` and trajectories on the command line."""

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from perovex.cli.main import app
from perovex.crystal.examples import cubic, layered


def run(*options):
    return CliRunner().invoke(app, ["describe", *map(str, options)])


@pytest.fixture
def files(tmp_path):
    paths = []
    for n in (1, 2):
        paths.append(tmp_path / f"n{n}.cif")
        layered(n=n, spacer="Cs").to(filename=str(paths[-1]))
    return paths


@pytest.fixture
def trajectory(tmp_path):
    crystal = layered(n=1, spacer="Cs")
    cell = " ".join(map(str, crystal.lattice.matrix.ravel()))
    lines = [str(len(crystal)), f'Lattice="{cell}" Properties=species:S:1:pos:R:3']
    lines += [f"{site.specie} {site.x} {site.y} {site.z}" for site in crystal]
    path = tmp_path / "run.extxyz"
    path.write_text("\n".join(lines * 4) + "\n")
    return path


def test_parts_of_several_crystals(files, tmp_path):
    out = tmp_path / "octahedra.csv"
    result = run(*files, "--per", "octahedron", "--out", out)
    assert result.exit_code == 0, result.stderr
    table = pd.read_csv(out)
    assert table.groupby("file").size().tolist() == [2, 4]
    printed = run(files[1], "--per", "sheet", "--format", "json")
    assert [row["outer"] for row in json.loads(printed.stdout)] == [True] * 4
    for kind in ("table", "md", "csv"):
        assert "bond_length_mean" in run(files[0], "--per", "octahedron", "--format", kind).stdout


def test_a_network_without_slabs_is_said_so(tmp_path):
    path = tmp_path / "cubic.cif"
    cubic().to(filename=str(path))
    result = run(path, "--per", "slab")
    assert result.exit_code == 0
    assert "no slabs in this crystal" in result.stderr


def test_tolerance_of_glazers_symbol(files):
    printed = run(files[0], "--per", "crystal", "--glazer-tolerance", 2.5, "--format", "json")
    assert json.loads(printed.stdout)[0]["glazer_tolerance"] == 2.5
    for options in (("--glazer-tolerance", 2.5), ("--per", "slab", "--glazer-tolerance", 2.5)):
        assert run(files[0], *options).exit_code != 0


def test_a_bad_file_costs_its_rows(files, tmp_path):
    (tmp_path / "bad.cif").write_text("nothing")
    result = run(*files, tmp_path / "bad.cif", "--per", "bridge", "--format", "csv")
    assert result.exit_code == 2
    assert "n1.cif" in result.stdout
    assert "StructureFileError" in result.stderr


def test_trajectory(trajectory, tmp_path):
    result = run(f"{trajectory}@:", "--out", tmp_path / "told")
    assert result.exit_code == 0, result.stderr
    assert "4 frames" in result.stderr
    frames = pd.read_csv(tmp_path / "told" / "frames.csv", index_col="frame")
    assert frames["bond_length_mean"].tolist() == pytest.approx([3.15] * 4)
    names = {path.name for path in (tmp_path / "told").iterdir()}
    assert names == {
        "frames.csv",
        "summary.csv",
        "tilt_density.csv",
        "tilt_correlation.csv",
        "broken.csv",
        "average.cif",
    }
    again = run(f"{trajectory}@:", "--out", tmp_path / "told")
    assert again.exit_code != 0
    assert json.loads(run(f"{trajectory}@::2", "--format", "json").stdout)["bond_length_mean"]["mean"] == 3.15


def test_an_interrupted_trajectory_leaves_whole_rows_and_no_table(trajectory, tmp_path):
    trajectory.write_text(trajectory.read_text()[:-60])
    result = run(f"{trajectory}@:", "--out", tmp_path / "told")
    assert result.exit_code != 0
    (part,) = (tmp_path / "told").iterdir()
    assert part.name == "frames.csv.part"
    assert len(pd.read_csv(part, index_col="frame").dropna(how="all")) >= 1


def test_options_that_do_not_go_together(files, trajectory):
    for options in (
        (f"{trajectory}@:", files[0]),
        (f"{trajectory}@:", "--per", "slab"),
        (files[0], "--types", "Pb"),
        (files[0], "--reference", files[1]),
        (files[0], "--per", "atom"),
        (f"{trajectory}@:", "--out", "table.csv"),
    ):
        assert run(*options).exit_code != 0
