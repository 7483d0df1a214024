"""What a molecule is by where it lies: spacer between slabs, cage cation inside one, guest where it has no charge."""

from types import SimpleNamespace

import numpy as np
import pytest

from perovex.crystal.perception.molecules import RawMolecule
from perovex.crystal.perception.roles import with_roles

NORMAL = np.array([0.0, 0.0, 1.0])
PERIOD = 20.0
SLABS = [SimpleNamespace(metal_heights=np.array([2.0, 8.0])), SimpleNamespace(metal_heights=np.array([12.0, 18.0]))]


def molecule(height, charge=1):
    centroid = np.array([1.0, 2.0, height])
    return RawMolecule(np.array([7]), centroid[None], ("Cs",), "[Cs+]", charge, (), np.zeros((0, 2), int), True, None,
                       centroid)  # fmt: skip


@pytest.mark.parametrize(
    ("height", "role"),
    [
        (5.0, "cage"),
        (10.0, "spacer"),
        (15.0, "cage"),
        (1.9, "spacer"),
        (18.1, "spacer"),
        (25.0, "cage"),
        (-5.0, "cage"),
    ],
)
def test_a_cation_between_the_metals_of_a_slab_fills_a_cage_in_whichever_period_it_stands(height, role):
    (placed,) = with_roles([molecule(height)], SLABS, NORMAL, PERIOD)
    assert placed.role == role
    assert (placed.smiles, placed.charge, placed.sites.tolist()) == ("[Cs+]", 1, [7])


@pytest.mark.parametrize("charge", [0, -1])
def test_what_is_no_cation_is_a_guest_wherever_it_lies(charge):
    molecules = [molecule(5.0, charge), molecule(10.0, charge)]
    assert {placed.role for placed in with_roles(molecules, SLABS, NORMAL, PERIOD)} == {"guest"}


def test_every_cation_of_a_network_fills_a_cage():
    placed = with_roles([molecule(0.0), molecule(10.0), molecule(3.0, 0)], [], NORMAL, float("nan"))
    assert [one.role for one in placed] == ["cage", "cage", "guest"]


def test_without_axes_no_cage_is_told():
    placed = with_roles([molecule(0.0), molecule(10.0, -1)], [], np.full(3, np.nan), float("nan"))
    assert [one.role for one in placed] == ["spacer", "guest"]


def test_a_slab_of_one_sheet_has_no_cages():
    sheet = [SimpleNamespace(metal_heights=np.array([5.0]))]
    assert with_roles([molecule(5.0)], sheet, NORMAL, PERIOD)[0].role == "spacer"
