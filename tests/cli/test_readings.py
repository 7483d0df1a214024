"""What commands make of what is typed, and how they lay results out for people."""

import numpy as np
import pandas as pd
import pytest
from rdkit import Chem
from rich.text import Text
from tree import commands

from perovex.cli.examples import EXAMPLES, epilog
from perovex.cli.predict import compounds_of, read_csv
from perovex.cli.predict import for_reading as predicted
from perovex.cli.screen import counts, listed, sdf_bytes
from perovex.cli.screen import for_reading as screened
from perovex.errors import PerovexError


def test_lists_are_divided_by_commas_and_name_each_thing_once():
    assert listed(" pb, SN,,pb", str.capitalize) == ("Pb", "Sn")
    assert counts("3, 1,3") == (3, 1)
    with pytest.raises(PerovexError, match="no numbers of sheets: 'one'"):
        counts("one")


def test_a_table_of_compounds_takes_what_it_lacks_from_the_options(tmp_path):
    path = tmp_path / "wanted.csv"
    path.write_text("Spacer,halide\nCCCC[NH3+],Br\nnonsense,I\n")
    compounds, names = compounds_of(None, path, {"halide": "Cl", "metal": "Sn", "n": 2, "cage": "FA", "stacking": None})
    assert list(names) == ["wanted.csv:2", "wanted.csv:3"]
    assert str(compounds[0]) == "CCCC[NH3+] SnBr n=2 FA"
    assert isinstance(compounds[1], PerovexError)


def test_spacers_name_their_rows_as_they_were_written():
    _, names = compounds_of(["[NH3+]CCCC", "nonsense"], None, {"metal": "Pb", "halide": "Br", "n": 1})
    assert list(names) == ["[NH3+]CCCC PbBr n=1", "nonsense"]


@pytest.mark.parametrize("text", ["", "spacer\n"])
def test_a_table_without_compounds_is_refused(text, tmp_path):
    (tmp_path / "empty.csv").write_text(text)
    with pytest.raises(PerovexError, match=r"empty\.csv"):
        read_csv(tmp_path / "empty.csv")


@pytest.fixture
def hits():
    row = {"smiles": "CCCC[NH3+]", "name": "", "metal": "Pb", "halide": "Br0.5I0.5", "n": 2.0, "formability": "known",
           "in_domain": False, "rung": "a"}  # fmt: skip
    for name in ("E_in_plane", "E_out_of_plane", "E_vrh"):
        row |= {name: 10.04, f"{name}_lower": 8.0, f"{name}_upper": 12.96}
    return pd.DataFrame([row])


def test_hits_are_read_with_intervals_in_one_cell(hits):
    view = screened(hits).loc["CCCC[NH3+]"]
    assert view["compound"] == "Pb Br0.5I0.5 n=2"
    assert (view["E_vrh (GPa)"], view["E_vrh interval"]) == ("10.0", "8.0 to 13.0")
    assert view["learnt from such compounds"] == "NO"
    labelled = hits.assign(label="x", labelled_E_in_plane=9.0, labelled_E_out_of_plane=8.0, labelled_E_vrh=7.0)
    assert screened(labelled)["labelled (GPa)"].tolist() == ["9.0 / 8.0 / 7.0"]


def test_a_file_of_structures_keeps_every_number_as_a_property(hits):
    supplier = Chem.SDMolSupplier()
    supplier.SetData(sdf_bytes(hits).decode())
    (molecule,) = supplier
    assert Chem.MolToSmiles(molecule) == "CCCC[NH3+]"
    assert molecule.GetProp("_Name") == "CCCC[NH3+]"
    assert float(molecule.GetProp("perovex_E_vrh")) == pytest.approx(10.04)
    assert not molecule.HasProp("perovex_name")
    assert np.ptp([point[2] for point in molecule.GetConformer().GetPositions()]) == 0


def test_predictions_are_read_without_columns_that_say_nothing():
    row = {"formula": "BA2PbI4", "smiles": "", "metal": "Pb", "halide": "I", "n": 1.0, "phase": "RP", "stacking": "",
           "in_domain": True, "probability_stiff": 0.456, "class": "soft", "threshold": 10.0, "E_vrh": 9.96,
           "E_vrh_lower": 8.0, "E_vrh_upper": 12.0, "E_vrh_label": np.nan, "coverage": np.nan}  # fmt: skip
    view = predicted(pd.DataFrame([row]), {"E_vrh": "GPa", "threshold": "GPa"}).iloc[0]
    assert view["probability of stiff"] == "0.46"
    assert (view["E_vrh (GPa)"], view["E_vrh interval"]) == ("10.0", "8.0 to 12.0")
    assert view["coverage of intervals"] == "not claimed"
    assert not {"smiles", "stacking", "E_vrh label"} & set(view.index)
    undefined = pd.DataFrame([row | {"E_vrh": np.nan, "E_vrh_lower": np.nan, "E_vrh_upper": np.nan}])
    view = predicted(undefined, {}).iloc[0]  # a sheet in vacuum has no modulus across it
    assert view["E_vrh"] == "none"
    assert "E_vrh interval" not in view


def test_every_command_has_examples_that_name_it_and_brackets_survive():
    assert set(EXAMPLES) == set(commands())
    assert all(line.startswith(f"perovex {name}") for name, shown in EXAMPLES.items() for _, line in shown)
    assert "CCCC[NH3+]" in Text.from_markup(epilog("build")).plain
    assert epilog("no such command") == "[bold]Examples[/bold]\n\n"
