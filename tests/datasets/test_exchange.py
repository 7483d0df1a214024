"""Exchange energies of made crystals: one compound too high by a known amount."""

import pandas as pd
import pytest

from perovex.datasets.quality.exchange import energy_per_metal, exchange_energies, too_high

SPACERS = ["BA", "PEA", "HA", "OA", "DA"]
EXCESS = 0.2  # eV per metal, of the bromide of BA


@pytest.fixture(scope="module")
def table():
    rows = []
    for number, spacer in enumerate(SPACERS):
        for halide, energy in (("Cl", -10.0), ("Br", -8.0), ("I", -6.0)):
            per_metal = energy - number + EXCESS * (spacer == "BA" and halide == "Br")
            rows.append((f"{spacer}-{halide}", halide, spacer, f"Cs2Pb{halide}4", 14, 2 * per_metal))
    columns = ["crystal_id", "halide", "spacer", "formula", "n_atoms", "energy"]
    return pd.DataFrame(rows, columns=columns).set_index("crystal_id").assign(n_layers=1.0, metal="Pb", cage="")


def test_energies_are_per_metal(table):
    assert energy_per_metal(table)["PEA-I"] == pytest.approx(-7.0)  # two formula units in the cell


def test_one_exchange_costs_alike_for_all_spacers_but_one(table):
    pairs = exchange_energies(table, table["spacer"]).set_index(["exchange", "spacer"])["energy"]
    assert pairs["Cl to Br"].drop("BA").tolist() == pytest.approx([2.0] * 4)
    assert pairs["Cl to Br", "BA"] == pytest.approx(2.0 + EXCESS)
    assert pairs["Br to I", "BA"] == pytest.approx(2.0 - EXCESS)


def test_the_crystal_that_is_too_high_is_named_with_whom_to_borrow_from(table):
    found = too_high(table, table["spacer"])
    assert found.index.tolist() == ["BA-Br"]
    assert found.loc["BA-Br", "too_high"] == pytest.approx(1000 * EXCESS)
    assert found.loc["BA-Br", "borrow_from"] in {"BA-Cl", "BA-I"}
    assert too_high(table, table["spacer"], alarm=1000 * EXCESS + 1).empty
