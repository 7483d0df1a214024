"""Sheet energies of made crystals: slabs of one, two and three sheets, one of them too high by a known amount."""

import pandas as pd
import pytest

from perovex import load_elastic
from perovex.datasets.quality.exchange import energy_per_metal, highest, too_high
from perovex.datasets.quality.sheet_energies import sheet_energies, too_high_by_sheets

SPACERS = ["BDA", "PDA", "HDA", "ODA", "DDA"]
SHEET = -50.0  # eV, of MAPbI3
SPACER = -90.0  # eV, of one sheet with its spacers


def made(excess=0.0, n=2, halides=("I",)):
    """Energies of slabs; the crystal of PDA with n sheets lies too high by an excess in eV per metal."""
    rows = []
    for number, spacer in enumerate(SPACERS):
        for halide in halides:
            for layers in (1, 2, 3):
                slab = SPACER - number + (layers - 1) * SHEET
                slab += layers * excess * (spacer == "PDA" and layers == n)
                cage, cell = "MA" if layers > 1 else "", f"Pb{layers}{halide}{3 * layers + 1}"
                rows.append((f"{spacer}-{halide}-{layers}", layers, halide, cage, spacer, cell, 4 * layers + 1, slab))
    columns = ["crystal_id", "n_layers", "halide", "cage", "spacer", "formula", "n_atoms", "energy"]
    table = pd.DataFrame(rows, columns=columns).set_index("crystal_id").assign(metal="Pb")
    return table.astype({"n_layers": float})


def test_one_more_sheet_costs_what_a_sheet_is_made_of_whatever_the_spacer():
    table = made()
    pairs = sheet_energies(table, table["spacer"])
    assert len(pairs) == 2 * len(SPACERS)
    assert pairs["energy"].tolist() == pytest.approx([SHEET] * len(pairs))
    assert set(pairs["one"] + " " + pairs["other"]) >= {"BDA-I-1 BDA-I-2", "BDA-I-2 BDA-I-3"}
    assert too_high_by_sheets(table, table["spacer"]).empty


@pytest.mark.parametrize(("n", "lenders"), [(1, {"PDA-I-2"}), (2, {"PDA-I-1", "PDA-I-3"}), (3, {"PDA-I-2"})])
def test_what_is_too_high_is_named_per_metal_with_the_crystal_to_thin_or_to_thicken(n, lenders):
    table = made(0.2, n)
    found = too_high_by_sheets(table, table["spacer"])
    assert found.index.tolist() == [f"PDA-I-{n}"]
    assert found["too_high"].tolist() == pytest.approx([200.0])
    assert set(found["borrow_from"]) <= lenders
    assert too_high_by_sheets(table, table["spacer"], alarm=201.0).empty


def test_a_pattern_too_high_for_all_halides_is_seen_by_its_sheets_alone():
    table = made(0.2, 1, ("Cl", "Br", "I"))
    assert too_high(table, table["spacer"]).empty
    found = highest(too_high(table, table["spacer"]), too_high_by_sheets(table, table["spacer"]))
    assert sorted(found.index) == ["PDA-Br-1", "PDA-Cl-1", "PDA-I-1"]


def test_cells_of_several_slabs_and_higher_minima_make_no_difference():
    table = made(0.2, 1)
    doubled = table.assign(energy=2 * table["energy"], n_atoms=2 * table["n_atoms"])
    higher = table.rename(index=lambda name: f"{name}-high").assign(energy=table["energy"] + 0.5)
    both = pd.concat([doubled, higher])
    pd.testing.assert_frame_equal(too_high_by_sheets(both, both["spacer"]), too_high_by_sheets(table, table["spacer"]))


def test_other_cages_are_no_neighbours_and_few_spacers_no_median():
    table = made(0.2, 3)
    table.loc[table["n_layers"] == 3, "cage"] = "Cs"
    assert len(sheet_energies(table, table["spacer"])) == len(SPACERS)  # of one and two sheets
    few = made(0.2)[lambda rows: rows["spacer"].isin(SPACERS[:3])]
    assert too_high_by_sheets(few, few["spacer"]).empty


def test_most_of_what_the_alarm_names_in_release_0_5_has_a_lower_minimum_since():
    old, new = load_elastic(version="0.5"), load_elastic()
    compound = ["spacer", "metal", "halide", "n_layers", "cage"]
    lowest, released = (
        data.table.assign(per_metal=energy_per_metal(data.table), spacer=data.groups) for data in (new, old)
    )
    lowest = lowest.groupby(compound)["per_metal"].min()
    named = released.loc[too_high_by_sheets(old.table, old.groups).index]
    gained = named["per_metal"].to_numpy() - lowest.reindex(pd.MultiIndex.from_frame(named[compound])).to_numpy()
    assert len(named) == 10
    assert (gained > 0.025).sum() >= 8
