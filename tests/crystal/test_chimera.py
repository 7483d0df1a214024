"""Molecules that cannot exist are named, and the charge of those that can is told."""

import numpy as np
import pytest

from perovex.crystal.bonding.neighbours import neighbour_pairs
from perovex.crystal.examples import cation
from perovex.crystal.reading.chimera import charge_of_molecules, chimera
from perovex.crystal.reading.component import contacts_of
from perovex.crystal.reading.sites import Sites

BOX = 20.0 * np.eye(3)


def sites_of(symbols, points, occupancy=1.0):
    return Sites.listed(list(symbols), np.array(points) / 20.0 + 0.3, np.full(len(symbols), occupancy))


def judged(symbols, points, partial=True, bereft=False):
    count = len(symbols)
    made = sites_of(symbols, points, 0.5)
    return chimera(made, BOX, np.full(count, partial), np.full(count, bereft))


@pytest.mark.parametrize(
    ("symbols", "points", "said"),
    [
        ("CC", [[0, 0, 0], [0.7, 0, 0]], "C (site 0 of those kept, occupied to 0.50) and C (site 1"),
        ("CCC", [[0, 0, 0], [1.5, 0, 0], [9, 0, 0]], "C (site 2 of those kept, occupied to 0.50) is bonded to nothing"),
        ("OCCC", [[0, 0, 0], [1.4, 0, 0], [-0.7, 1.2, 0], [-0.7, -1.2, 0]], "O (site 0"),
    ],
)
def test_what_is_impossible_is_named(symbols, points, said):
    assert said in judged(symbols, points)
    assert judged(symbols, points, partial=False) == ""  # ordered atoms are not judged


def test_a_halogen_that_lost_its_carbon_is_named_and_a_lone_ion_is_not():
    chlorine = "Cl", [[0, 0, 0]]
    assert judged(["Cl"], chlorine[1]) == ""
    assert "is bonded to nothing" in judged(["Cl"], chlorine[1], bereft=True)


def test_two_orientations_on_top_of_each_other_are_strained():
    square = [[0, 0, 0], [1.5, 0, 0], [0.75, 1.3, 0], [0.75, -1.3, 0]]  # two triangles on one bond
    assert "is in 2 three-membered rings" in judged("CCCC", square)
    assert judged("CCC", square[:3]) == ""  # cyclopropane


@pytest.mark.parametrize(("name", "charge"), [("MA", 1), ("NH4", 1)])
def test_molecules_tell_their_charge(name, charge):
    symbols, points = cation(name)
    made = sites_of(symbols, points)
    pairs = neighbour_pairs(BOX, made.frac, 2.2)
    contacts = contacts_of(made.symbols, pairs)
    everyone = list(range(len(symbols)))
    assert chimera(made, BOX, np.ones(len(symbols), bool), np.zeros(len(symbols), bool)) == ""
    assert charge_of_molecules(made, everyone, contacts, pairs) == charge
    without = [k for k in everyone if k != symbols.index("H")]
    told = charge_of_molecules(made, without, contacts, pairs)
    assert told is None or told < charge
