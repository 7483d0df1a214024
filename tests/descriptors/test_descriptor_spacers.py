"""Hydrogen bonds, penetration and interdigitation of molecules placed by hand."""

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from pymatgen.core import Lattice, Structure

from perovex.crystal.model import Molecule
from perovex.descriptors._stacking import Gap, Placed
from perovex.descriptors.cation import enantiomeric_excess, spacer_extents
from perovex.descriptors.hydrogen_bonds import ammonium_contacts
from perovex.descriptors.layers import interdigitation, penetration_depths


def molecule(coordinates, symbols, ammonium=(0,), bonds=()):
    return Molecule(
        sites=np.arange(len(symbols)),
        coordinates=np.array(coordinates, dtype=float),
        symbols=tuple(symbols),
        smiles="",
        charge=len(ammonium),
        role="spacer",
        ammonium=ammonium,
        bonds=np.array(bonds, dtype=int).reshape(-1, 2),
    )


@pytest.mark.parametrize("wrapped", [0.0, 10.0, -10.0])
def test_hydrogen_bond_across_the_cell_boundary(wrapped):
    # H...I of 2.5 Å, straight, through the boundary of a cell of 10 Å; another iodine at 90 degrees
    structure = Structure(Lattice.cubic(10.0), ["I", "I"], [[1.0, 0, 0], [8.5, 2.6, 0]], coords_are_cartesian=True)
    donor = molecule([[7.5 + wrapped, 0, 0], [8.5 + wrapped, 0, 0]], ["N", "H"], bonds=[(0, 1)])
    octahedra = SimpleNamespace(ligand=np.array([[0, 1]]), bridging=np.array([[False, True]]))
    crystal = SimpleNamespace(structure=structure, symbols=("I", "I"), spacers=(donor,), octahedra=octahedra)
    contacts = ammonium_contacts(crystal)
    assert contacts.hydrogens == contacts.nitrogens == 1
    assert contacts.bonded.sum() == 1
    assert_allclose(contacts.length[contacts.bonded], 2.5)
    assert_allclose(contacts.angle[contacts.bonded], 180.0)
    assert_allclose(contacts.reach[contacts.bonded], 3.5)
    assert_allclose(contacts.reduced[contacts.bonded], 2.5 / 3.18)
    assert contacts.terminal[contacts.bonded].tolist() == [True]
    assert_allclose(sorted(contacts.angle), [90.0, 180.0])
    assert_allclose(contacts.nearest, np.hypot(1.0, 2.6))


def placed(heights, ammonium):
    symbols = ["N" if i in ammonium else "C" for i in range(len(heights))]
    coordinates = [[0, 0, h] for h in heights]
    return Placed(molecule(coordinates, symbols, ammonium), 0, np.array(heights, dtype=float))


def test_penetration_and_interdigitation():
    gap = Gap(floor=0.0, ceiling=10.0, metal_floor=-3.0, metal_ceiling=13.0)
    lower, upper = placed([-0.4, 3.0, 6.0], (0,)), placed([10.1, 7.0, 4.5], (0,))
    assert_allclose(penetration_depths([lower, upper], [gap]), [0.4, 0.1])
    assert_allclose(interdigitation([lower, upper], [gap]), 1.5)
    bridging = placed([-0.2, 5.0, 10.3], (0, 2))
    assert_allclose(penetration_depths([bridging], [gap]), [0.2, 0.3])
    assert np.isnan(interdigitation([bridging], [gap])).all()
    assert_allclose(penetration_depths([placed([1.0, 4.0], (0,))], [gap]), [-1.0])  # outside the slab


def test_extents_are_undefined_without_a_long_axis():
    triangle = np.array([[[np.cos(t), np.sin(t), 0.0] for t in (0, 2 * np.pi / 3, 4 * np.pi / 3)]])
    values = spacer_extents(triangle, np.array([1.0, 0, 0]))
    assert np.isnan(values["spacer_length"]).all()
    assert_allclose(values["spacer_height"], 1.5)
    assert np.isnan(spacer_extents(np.zeros((1, 1, 3)), np.array([1.0, 0, 0]))["spacer_tilt"]).all()


def test_enantiomeric_excess():
    one, other = "C[C@H]([NH3+])c1ccccc1", "C[C@@H]([NH3+])c1ccccc1"
    assert enantiomeric_excess([one, one]) == 1.0
    assert enantiomeric_excess([one, other]) == 0.0
    assert enantiomeric_excess([one, one, one, other]) == 0.5
    assert np.isnan(enantiomeric_excess(["CC[NH3+]"]))
