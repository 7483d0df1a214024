"""The commands `perovex describe` and `perovex descriptors list`, as a user calls them."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from perovex.cli import describe as describe_module
from perovex.cli import descriptors as descriptors_module
from perovex.descriptors import REGISTRY
from perovex.errors import PerovexError

CRYSTALS = Path(__file__).parents[1] / "data" / "crystals"
APP = typer.Typer()
APP.command("describe")(describe_module.describe)
APP.add_typer(descriptors_module.app, name="descriptors")


def run(*arguments):
    return CliRunner().invoke(APP, [str(item) for item in arguments])


@pytest.mark.parametrize("suffix", ["csv", "parquet", "json"])
def test_table_on_disk(tmp_path, suffix):
    out = tmp_path / f"table.{suffix}"
    result = run("describe", CRYSTALS / "CsPbI3_Pnma.extxyz", CRYSTALS / "s01_PbI_n2.extxyz", "--out", out)
    assert result.exit_code == 0, result.output
    if suffix == "csv":
        table = pd.read_csv(out, index_col=0)
    elif suffix == "parquet":
        table = pd.read_parquet(out)
    else:
        table = pd.DataFrame(json.loads(out.read_text(encoding="utf-8"))).T
    assert [Path(name).stem for name in table.index] == ["CsPbI3_Pnma", "s01_PbI_n2"]
    assert list(table.columns) == [*REGISTRY, "warnings", "error"]
    assert [float(n) for n in table["n_layers"]] == [np.inf, 2.0]


def test_one_bad_file_costs_one_row_one_line_and_exit_status_2(tmp_path):
    bad, out = tmp_path / "bad.cif", tmp_path / "table.csv"
    bad.write_text("data_nothing\n", encoding="utf-8")
    result = run("describe", CRYSTALS / "CsPbI3_Pnma.extxyz", bad, "--families", "octahedra,tilts", "--out", out)
    assert result.exit_code == 2
    assert "1 of 2 crystals described" in result.output
    assert len([line for line in result.stderr.splitlines() if line.startswith("perovex: ")]) == 1
    table = pd.read_csv(out, index_col=0)
    assert table["error"].fillna("").str.contains("bad.cif").tolist() == [False, True]
    assert table["bond_length_mean"].notna().tolist() == [True, False]


def test_a_missing_file_costs_one_row_too(tmp_path):
    out = tmp_path / "table.csv"
    result = run("describe", CRYSTALS / "CsPbI3_Pnma.extxyz", tmp_path / "none.cif", "-f", "tilts", "--out", out)
    assert result.exit_code == 2
    assert "1 of 2 crystals described" in result.output
    assert "no such file" in result.stderr


@pytest.mark.parametrize("kind", ["table", "md", "csv", "json"])
def test_table_on_screen(kind):
    result = run("describe", CRYSTALS / "s01_PbBr_n1.extxyz", "-f", "layers", "--format", kind)
    assert result.exit_code == 0
    assert "layer_spacing_halide" in result.output
    assert ("Å" in result.output) == (kind in {"table", "md"})  # units for people
    assert "bond_length_mean" not in result.output


def test_unknown_kind_of_table_is_refused_at_once(tmp_path):
    refused = run("describe", CRYSTALS, "--out", tmp_path / "table.xlsx").exception
    assert isinstance(refused, PerovexError)
    assert "use .csv, .parquet or .json" in str(refused)


@pytest.mark.parametrize("kind", ["table", "md", "json"])
def test_list_of_descriptors(kind, tmp_path):
    result = run("descriptors", "list", "--format", kind, "-f", "cation")
    assert result.exit_code == 0
    assert "stei_max" in result.output
    assert "bond_length_mean" not in result.output
    if kind == "json":
        assert {item["family"] for item in json.loads(result.output)} == {"cation"}


def test_list_to_a_file(tmp_path):
    out = tmp_path / "descriptors.md"
    assert run("descriptors", "list", "--format", "md", "--out", out).exit_code == 0
    assert out.read_text(encoding="utf-8").startswith("# Descriptors")
