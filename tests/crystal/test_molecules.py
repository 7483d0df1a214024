"""Molecules from coordinates that rdkit embeds: SMILES, charge, stereo and ammonium come back."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure
from rdkit import Chem
from rdkit.Chem import AllChem
from scipy.spatial.transform import Rotation

import perovex
from perovex.building.cation import cation_from_smiles
from perovex.crystal import perceive
from perovex.crystal.examples import cubic

CATIONS = [
    "CCCC[NH3+]", "[NH3+]CCC[NH3+]", "NC=[NH2+]", "NC(N)=[NH2+]", "C[NH2+]C", "C[N+](C)(C)C",
    "[NH3+]CCc1ccccc1", "[NH3+]Cc1ccc(C[NH3+])s1", "[NH3+]Cc1cc[nH+]cn1", "c1c[nH]c[nH+]1", "c1cc[nH+]cc1",
    "C[C@H]([NH3+])c1ccccc1", "C[C@@H]([NH3+])c1ccccc1", "C[C@H]([NH3+])c1ccc([N+](=O)[O-])cc1",
    "[NH3+]CCC(=O)O", "[NH3+]CCF", "[NH3+]CCI", "[NH3+]CC#N", "[NH3+]CC#C", "[NH3+]C/C=C/C[NH3+]",
    "[NH3+]C/C=C\\C[NH3+]",
    "[NH3+]CCS(=O)(=O)O", "[NH3+]CCO", "C[NH+]1CCOCC1", "[NH3+]CCSSCC[NH3+]",
    "[NH3+]C[C@H]1CC[C@@H](C[NH3+])CC1",
    "[NH3+]C[C@H]1CC[C@H](C[NH3+])CC1", "Cc1[nH+]ccn1C", "[NH3+]Cc1nc[nH+]nn1",
]  # fmt: skip


def guest_box(smiles, seed=11):
    """One molecule, randomly turned and listed, between n = 1 sheets large enough to hold it."""
    mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
    assert AllChem.EmbedMolecule(mol, randomSeed=seed) == 0
    AllChem.MMFFOptimizeMolecule(mol)
    xyz = mol.GetConformer().GetPositions()
    symbols = [a.GetSymbol() for a in mol.GetAtoms()]
    order = np.random.default_rng(seed).permutation(len(symbols))
    xyz = Rotation.random(random_state=seed).apply(xyz - xyz.mean(axis=0))[order]
    symbols = [symbols[i] for i in order]
    size = max(5, int(np.ceil((np.ptp(xyz, axis=0).max() + 6.0) / 6.3)))
    a, height = 6.3 * size, 26.0
    rows, names = [], []
    for i in range(size):
        for j in range(size):
            base = np.array([6.3 * i, 6.3 * j, 0.0])
            rows += [
                base,
                base + np.array([3.15, 0, 0]),
                base + np.array([0, 3.15, 0]),
                base + np.array([0, 0, 3.15]),
                base - [0, 0, 3.15],
            ]
            names += ["Pb", "I", "I", "I", "I"]
    rows = np.vstack([rows, xyz + np.array([a / 2, a / 2, height / 2])])
    frac = rows / [a, a, height]
    return Structure(Lattice(np.diag([a, a, height])), names + symbols, frac - np.floor(frac))


@pytest.mark.parametrize("smiles", CATIONS)
def test_smiles_charge_and_ammonium_come_back(smiles):
    crystal = perceive(guest_box(smiles))
    (molecule,) = crystal.molecules
    mol = Chem.MolFromSmiles(smiles)
    assert molecule.smiles == Chem.MolToSmiles(mol)
    assert molecule.charge == Chem.GetFormalCharge(mol)
    assert molecule.hydrogens_complete
    assert all(molecule.symbols[i] == "N" for i in molecule.ammonium)
    spread = np.linalg.norm(np.diff(molecule.coordinates[molecule.bonds], axis=1), axis=2)
    assert spread.max() < 2.3
    assert [a.GetSymbol() for a in molecule.mol.GetAtoms()] == list(molecule.symbols)
    found = crystal.structure.lattice.get_fractional_coords(molecule.coordinates)
    expected = crystal.structure.frac_coords[molecule.sites]
    np.testing.assert_allclose((found - expected) - np.round(found - expected), 0, atol=1e-9)


@pytest.mark.parametrize(("smiles", "count"), [("NC=[NH2+]", 2), ("NC(N)=[NH2+]", 3), ("[NH3+]CCC[NH3+]", 2)])
def test_charged_nitrogens(smiles, count):
    (molecule,) = perceive(guest_box(smiles)).molecules
    assert len(molecule.ammonium) == count
    assert molecule.role == "spacer"


@pytest.mark.parametrize(("smiles", "charge"), [("O", 0), ("CO", 0), ("CC#N", 0)])
def test_neutral_molecules_are_guests(smiles, charge):
    crystal = perceive(guest_box(smiles))
    (molecule,) = crystal.molecules
    assert (molecule.role, molecule.charge) == ("guest", charge)
    assert any("neutral guest" in w for w in crystal.warnings)


@pytest.mark.parametrize("smiles", ["[NH3+]CCc1ccccc1", "CCCC[NH3+]", "NC=[NH2+]", "C[NH3+]"])
def test_missing_hydrogens_are_flagged_and_octahedra_still_perceived(smiles):
    structure = guest_box(smiles)
    structure.remove_species(["H"])
    crystal = perceive(structure)
    (molecule,) = crystal.molecules
    assert not molecule.hydrogens_complete
    assert any("hydrogens are missing" in w for w in crystal.warnings)
    assert crystal.n_layers == 1


@pytest.mark.parametrize(
    ("smiles", "lost"),
    [
        ("CCCC[NH3+]", 3),
        ("CCCC[NH3+]", 99),
        ("NC=[NH2+]", 99),
        ("NC(N)=[NH2+]", 99),
        ("CC(N)=[NH2+]", 99),
        ("NC(=O)CC[NH3+]", 99),
    ],
)
def test_charge_of_a_cation_without_its_hydrogens(smiles, lost):
    structure = guest_box(smiles)
    structure.remove_sites([i for i, s in enumerate(structure) if s.specie.symbol == "H"][:lost])
    (molecule,) = perceive(structure).molecules
    assert not molecule.hydrogens_complete
    assert (molecule.smiles, molecule.charge) == (smiles, 1)


def test_one_missing_hydrogen_is_flagged():
    structure = guest_box("CCCC[NH3+]")
    structure.remove_sites([next(i for i, s in enumerate(structure) if s.specie.symbol == "H")])
    (molecule,) = perceive(structure).molecules
    assert not molecule.hydrogens_complete or molecule.charge != 1


def test_alkali_and_protons():
    assert perceive(cubic(cage="Cs")).molecules[0].smiles == "[Cs+]"
    assert perceive(cubic(cage="NH4")).molecules[0].smiles == "[NH4+]"


@pytest.mark.parametrize(("pnictogen", "bond"), [("P", 1.42), ("As", 1.52), ("As", 1.71), ("Sb", 1.70)])
def test_pnictonium_is_a_cage_cation_and_no_octahedral_centre(pnictogen, bond):
    """Antimony centres octahedra elsewhere; with four hydrogens it is the heavy sister of ammonium."""
    structure = cubic(cage="Cs")
    (site,) = [i for i, s in enumerate(structure) if s.specie.symbol == "Cs"]
    centre = structure[site].coords
    structure.replace(site, pnictogen)
    for corner in np.array([[1, 1, 1], [-1, -1, 1], [1, -1, -1], [-1, 1, -1]]) / np.sqrt(3):
        structure.append("H", centre + bond * corner, coords_are_cartesian=True)
    crystal = perceive(structure)
    assert (crystal.metals, crystal.phase) == (("Pb",), "3D")
    (molecule,) = crystal.molecules
    assert (molecule.smiles, molecule.charge, molecule.role) == (f"[{pnictogen}H4+]", 1, "cage")
    assert molecule.hydrogens_complete


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(smiles=st.sampled_from(CATIONS), seed=st.integers(1, 10_000))
def test_atom_order_and_pose_do_not_matter(smiles, seed):
    (molecule,) = perceive(guest_box(smiles, seed)).molecules
    assert molecule.smiles == Chem.MolToSmiles(Chem.MolFromSmiles(smiles))


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("[2H]C([2H])([2H])[NH3+]", "C[NH3+]"),
        ("CCC[N+]([2H])([2H])[2H]", "CCC[NH3+]"),
        ("[13CH3]C[15NH3+]", "CC[NH3+]"),
        ("[3H]c1ccccc1C[NH3+]", "[NH3+]Cc1ccccc1"),
    ],
)
def test_isotopes_change_no_descriptor_of_a_molecule(marked, plain):
    for measure in (perovex.stei, perovex.eccentricity):
        assert measure(marked) == measure(plain)
    assert cation_from_smiles(marked).smiles == cation_from_smiles(plain).smiles
