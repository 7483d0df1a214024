"""Steric indices and counts against published tables and hand-counted molecules."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdkit import Chem
from rdkit.Chem import rdMolDescriptors

from perovex.crystal.radii import HALIDE_RADII, METAL_RADII
from perovex.descriptors import eccentricity, eccentricity_head, stei, stei_head, stei_min_head, tsei
from perovex.descriptors.composition import cage_radius, tolerance_factor
from perovex.descriptors.molecule import (
    ammonium_types,
    molecular_volume,
    molecule_descriptors,
    signed_stereocentres,
)
from perovex.errors import SmilesError

DATA = Path(__file__).parents[1] / "data"
WU = pd.read_csv(DATA / "stei_wu_2024.csv")
CAO = pd.read_csv(DATA / "tsei_cao_liu_2004.csv")
BENZYLAMINE = "C1=CC=C(C=C1)CN"


def test_stei_and_eccentricity_of_the_published_table():
    labelled = WU["smiles"].str.contains(r"\[[23]H\]")  # the published values count deuterium as a heavy atom
    table = WU[(WU["smiles"] != BENZYLAMINE) & ~labelled]
    assert len(table) == 566
    assert np.abs(table["smiles"].map(stei) - table["stei"]).max() < 1e-8
    assert (table["smiles"].map(eccentricity) == table["eccentricity"]).all()


def test_deuterium_is_hydrogen():
    labelled = WU.loc[WU["smiles"].str.contains(r"\[[23]H\]"), "smiles"]
    assert len(labelled) == 14
    plain = labelled.str.replace(r"\[[23]H\]", "[H]", regex=True)
    assert labelled.map(stei).tolist() == plain.map(stei).tolist()


def test_the_published_value_of_benzylamine_is_a_slip():
    # 1 + 1/8 + 2/27 + 2/64 + 1/125 counts seven carbons; the table prints 0.125 more, a second carbon at two
    # bonds
    by_hand = 1 + 1 / 8 + 2 / 27 + 2 / 64 + 1 / 125
    printed = float(WU.set_index("smiles").loc[BENZYLAMINE, "stei"])
    assert stei(BENZYLAMINE) == pytest.approx(by_hand, abs=1e-12)
    assert printed - by_hand == pytest.approx(1 / 8, abs=1e-6)
    assert stei("NCc1ccccc1") == stei(BENZYLAMINE)


@pytest.mark.parametrize("row", CAO[CAO["note"].isna()].itertuples(), ids=lambda row: f"{row.substituent}-{row.table}")
def test_tsei_of_the_published_tables(row):
    assert tsei(row.smiles, 0, hydrogens=bool(row.hydrogens)) == pytest.approx(row.tsei, abs=1.01e-4)


@pytest.mark.parametrize("hydrogens", [True, False])
def test_printed_tsei_of_tert_butyl_has_a_constant_on_top_of_the_formula(hydrogens):
    printed = CAO[(CAO["substituent"] == "t-Bu") & (CAO["hydrogens"] == hydrogens)]["tsei"].item()
    assert printed - tsei("CC(C)(C)C", 0, hydrogens=hydrogens) == pytest.approx(0.4375, abs=1e-4)


def test_heads_against_the_maximum_over_all_nitrogens():
    histamine = "[NH3+]CCc1c[nH]cn1"
    assert stei(histamine) > stei_head(histamine) == stei_min_head(histamine)
    assert eccentricity("CCC([NH3+])CCC#N") == 6  # from the nitrile
    assert eccentricity_head("CCC([NH3+])CCC#N") == 5
    unlike = "[NH3+]CCC(C)(C)[NH3+]"
    assert stei_head(unlike) > stei_min_head(unlike)


@pytest.mark.parametrize(
    ("smiles", "expected"),
    [
        ("[NH3+]CCC[NH3+]", {"primary": 2}),
        ("C[NH2+]C", {"secondary": 1}),
        ("C[NH+](C)C", {"tertiary": 1}),
        ("C[N+](C)(C)C", {"quaternary": 1}),
        ("C1CC[NH2+]CC1", {"secondary": 1, "cyclic": 1}),
        ("NC=[NH2+]", {"amidinium": 1}),
        ("NC(N)=[NH2+]", {"guanidinium": 1}),
        ("c1cc[nH+]cc1", {"aromatic": 1}),
        ("c1c[nH+]c[nH]1", {"aromatic": 1}),
        ("[NH3+]Cc1cc[nH+]cc1", {"primary": 1, "aromatic": 1}),
        ("[NH4+]", {"primary": 1}),
    ],
)
def test_ammonium_types(smiles, expected):
    assert {name: n for name, n in ammonium_types(smiles).items() if n} == expected


@given(st.sampled_from(sorted(WU["smiles"])), st.integers(0, 2**31 - 1))
def test_indices_do_not_depend_on_how_the_smiles_is_written(smiles, seed):
    mol = Chem.MolFromSmiles(smiles)
    order = [int(i) for i in np.random.default_rng(seed).permutation(mol.GetNumAtoms())]
    other = Chem.MolToSmiles(Chem.RenumberAtoms(mol, order), canonical=False)
    first, second = molecule_descriptors(smiles), molecule_descriptors(other)
    assert dict(first) == pytest.approx(dict(second), rel=1e-9, nan_ok=True)


@given(st.integers(1, 12))
def test_stei_of_a_chain_is_a_partial_zeta_sum(length):
    assert stei("N" + "C" * length) == pytest.approx(sum(d**-3.0 for d in range(1, length + 1)))
    assert eccentricity("[NH3+]" + "C" * length) == length


def test_protonation_makes_no_difference():
    for neutral, charged in (("NCCc1ccccc1", "[NH3+]CCc1ccccc1"), ("NCCCN", "[NH3+]CCC[NH3+]")):
        for function in (stei, stei_head, stei_min_head, eccentricity, eccentricity_head):
            assert function(neutral) == function(charged)


def test_counts_of_fluoro_phenethylammonium():
    values = molecule_descriptors("[NH3+]CCc1ccc(F)cc1")
    assert values["fluorine_count"] == 1
    assert values["aromatic_rings"] == values["ring_count"] == 1
    assert values["heavy_atoms"] == 10
    assert values["carbon_count"] == 8
    assert values["charge"] == 1
    assert values["molar_mass"] == pytest.approx(140.18, abs=0.01)


def test_van_der_waals_volume_of_benzene():
    assert molecular_volume("c1ccccc1") == pytest.approx(6 * 20.58 + 6 * 7.24 - 12 * 5.92 - 14.7)
    assert np.isnan(molecular_volume("[Cs+]"))


def test_stereocentres():
    assert signed_stereocentres("C[C@H]([NH3+])c1ccccc1") in {(1, 0), (0, 1)}
    hands = {signed_stereocentres("C[C@H]([NH3+])c1ccccc1"), signed_stereocentres("C[C@@H]([NH3+])c1ccccc1")}
    assert hands == {(1, 0), (0, 1)}


@pytest.mark.parametrize("smiles", ["", "C1CC", "not a molecule", "C(C)(C)(C)(C)C"])
def test_unreadable_smiles_is_a_typed_error(smiles):
    with pytest.raises(SmilesError, match="SMILES"):
        stei(smiles)


def test_indices_need_a_nitrogen_and_a_valid_centre():
    with pytest.raises(SmilesError, match="no nitrogen"):
        stei("CCO")
    with pytest.raises(SmilesError, match="no atom 7"):
        tsei("CCN", 7)
    with pytest.raises(SmilesError, match="covalent radius for U"):
        tsei("[U]CN", 2)


def test_radii_are_those_that_shannon_printed():
    # Acta Cryst. A 32, 751 (1976), six-coordinate, table 1; high spin of Mn2+, Fe2+, Co2+, Cr2+
    printed = {"Pb": 1.19, "Cd": 0.95, "Mn": 0.83, "Fe": 0.78, "Co": 0.745, "Cr": 0.80, "Bi": 1.03, "Sb": 0.76}
    printed |= {"Ag": 1.15, "In": 0.80, "Ge": 0.73, "Zr": 0.72, "Te": 0.97}
    assert {symbol: METAL_RADII[symbol] for symbol in printed} == pytest.approx(printed)
    assert METAL_RADII["Sn"] == 1.10  # Green et al. 2014; Shannon has no Sn2+
    assert pytest.approx({"F": 1.33, "Cl": 1.81, "Br": 1.96, "I": 2.20}) == HALIDE_RADII


def test_tolerance_factors():
    assert tolerance_factor(1.88, 1.19, 1.96) == pytest.approx(3.84 / (np.sqrt(2) * 3.15))
    assert cage_radius("[NH2+]=CN") == cage_radius("NC=[NH2+]") == 2.53
    assert np.isnan(cage_radius("CCCC[NH3+]"))


# What the quick counts have to tell from plain chains: bulky ends, amides, multiple bonds, bridges, lone pairs, dots.
UNLIKE_CHAINS = (
    "C", "CC", "CCC", "CCCC[NH3+]", "C1CC1", "C1CCCCC1CC[NH3+]", "C1CN2CC[NH+]1CC2", "C1CCC2(CC1)CCCC2",
    "c1ccccc1-c1ccccc1", "CC(C)(C)C[NH3+]", "CC(C)(C)CCC(C)(C)C", "FC(F)(F)CC[NH3+]", "ClC(Cl)(Cl)CC",
    "BrC(Br)(Br)CC", "FC(F)CC(F)F", "CC(=O)NCC[NH3+]", "NC(=O)CC", "CNC(=S)NC", "NC(N)=[NH+]CC", "C#CCC[NH3+]",
    "N#CCC[NH3+]", "C=CC=CC", "c1ccccccc1", "OCC[NH3+]", "COC", "CSC", "CS(=O)(=O)C", "[O-]CC[NH3+]", "NCC[NH3+]",
    "CN(C)C", "C[N+](C)(C)C", "c1cc[nH+]cc1", "c1ccncc1", "c1c[nH]cc1", "[NH3+]CC[N+](=O)[O-]", "CC=[NH2+]", "CCP",
    "CCCl", "CC.CC", "[NH3+]CCC.[Cl-]", "[H][H]", "O", "[NH4+]",
)  # fmt: skip


@pytest.mark.parametrize("smiles", UNLIKE_CHAINS)
def test_quick_counts_are_those_of_rdkit(smiles):
    mol = Chem.MolFromSmiles(smiles)
    values = molecule_descriptors(smiles)
    assert values["rotatable_bonds"] == rdMolDescriptors.CalcNumRotatableBonds(mol)
    assert values["hydrogen_bond_acceptors"] == rdMolDescriptors.CalcNumHBA(mol)
