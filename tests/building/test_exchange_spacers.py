"""Spacers exchanged for others of like shape: the packing stays, the compound is the new one, nothing overlaps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdkit import Chem

from perovex.building import exchange_spacers, shape_difference, shortest_contact
from perovex.crystal import perceive
from perovex.crystal.examples import cubic
from perovex.datasets import load_elastic
from perovex.errors import BuildError

DIAMMONIUM, MONOAMMONIUM = "s02_PbI_n1", "BA2Cs2Pb3Br10"


@pytest.fixture(scope="module")
def known():
    data = load_elastic()
    return {name: perceive(data.structures[name], source=name) for name in (DIAMMONIUM, MONOAMMONIUM)}


def heads(crystal):
    lattice = crystal.structure.lattice
    points = [crystal.structure.frac_coords[m.sites[list(m.ammonium)]] for m in crystal.spacers]
    metal = crystal.structure.frac_coords[crystal.octahedra.metal[0]]
    return lattice, np.concatenate(points) - metal


def test_a_spacer_exchanged_for_itself_keeps_its_heads_and_its_packing(known) -> None:
    crystal = known[DIAMMONIUM]
    made = perceive(exchange_spacers(crystal, "[NH3+]CCCC[NH3+]"))
    (_, old), (lattice, new) = heads(crystal), heads(made)
    # the gap may have closed a little: heads are compared in fractions of the new cell, within its sheets
    apart = lattice.get_all_distances(np.c_[new[:, :2], np.zeros(len(new))], np.c_[old[:, :2], np.zeros(len(old))])
    assert made.stacking == crystal.stacking
    assert made.structure.volume == pytest.approx(crystal.structure.volume, rel=0.1)
    assert np.sort(apart, axis=1)[:, 0].max() < 1.5


@pytest.mark.parametrize(
    ("name", "spacer"),
    [
        (DIAMMONIUM, "[NH3+]CCC[NH3+]"),
        (DIAMMONIUM, "[NH3+]CCCCCC[NH3+]"),
        (MONOAMMONIUM, "CCCCC[NH3+]"),
    ],
)
def test_the_crystal_of_one_spacer_becomes_that_of_another(known, name, spacer) -> None:
    crystal = known[name]
    structure = exchange_spacers(crystal, spacer)
    made = perceive(structure)
    assert {m.smiles for m in made.spacers} == {spacer}
    assert len(made.spacers) == len(crystal.spacers)
    assert (made.n_layers, made.metals, made.halides, made.stacking) == (
        crystal.n_layers, crystal.metals, crystal.halides, crystal.stacking,
    )  # fmt: skip
    assert [m.smiles for m in made.cage_cations] == [m.smiles for m in crystal.cage_cations]
    assert shortest_contact(made) >= 1
    assert structure.properties["build"] == {"exchanged_from": name, "spacer": spacer}


def test_longer_cations_open_the_gaps(known) -> None:
    volumes = [exchange_spacers(known[DIAMMONIUM], f"[NH3+]{'C' * length}[NH3+]").volume for length in (3, 6)]
    assert volumes[0] < known[DIAMMONIUM].structure.volume < volumes[1]


def test_what_cannot_be_exchanged_is_refused(known) -> None:
    with pytest.raises(BuildError, match=r"spacers of charge \+2, not \+1"):
        exchange_spacers(known[DIAMMONIUM], "CCCC[NH3+]")
    with pytest.raises(BuildError, match="no spacers to exchange"):
        exchange_spacers(cubic("Pb", "I", "Cs"), "CCCC[NH3+]")


chains = st.builds(
    lambda length, end: f"{end}{'C' * length}[NH3+]", st.integers(2, 12), st.sampled_from(["", "O", "F", "CC(C)"])
)


@given(chains, chains, chains)
def test_difference_in_shape_is_a_distance(one, other, third) -> None:
    assert shape_difference(one, one) == 0
    assert shape_difference(one, other) == shape_difference(other, one)
    whole = shape_difference(one, third)
    assert whole <= shape_difference(one, other) + shape_difference(other, third) + 1e-9


@pytest.mark.parametrize("smiles", ["[NH3+]CCc1ccc(F)cc1", "C[C@H]([NH3+])c1ccccc1", "NC(=[NH2+])C1CCCC1"])
def test_difference_in_shape_asks_the_graph_alone(smiles) -> None:
    other = "[NH3+]CCc1ccccc1"
    expected = shape_difference(smiles, other)
    molecule = Chem.MolFromSmiles(smiles)
    for seed in range(5):
        written = Chem.MolToRandomSmilesVect(molecule, 1, randomSeed=seed)[0]
        assert shape_difference(written, other) == shape_difference(other, written) == pytest.approx(expected)


def test_fluorine_is_a_bond_and_its_volume_less_that_of_hydrogen() -> None:
    difference = shape_difference("[NH3+]CCc1ccccc1", "[NH3+]CCc1ccc(F)cc1")
    assert difference == pytest.approx(1 + (13.31 - 7.24) / 17.3)


def test_difference_in_shape_counts_groups() -> None:
    assert shape_difference("CCCC[NH3+]", "CCCCCC[NH3+]") == pytest.approx(4.0, abs=0.02)
    assert shape_difference("CCCC[NH3+]", "[NH3+]CCCC[NH3+]") == float("inf")
