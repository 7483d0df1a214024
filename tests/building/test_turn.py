"""Molecules that turn in their place."""

import pytest

from perovex.building import build_layered, turn_molecules
from perovex.crystal import perceive
from perovex.errors import BuildError
from perovex.minima import Compound


@pytest.fixture(scope="module")
def diammonium():
    return build_layered("[NH3+]CCCC[NH3+]", "Pb", "Br", n_trials=1)


@pytest.mark.parametrize("how", ["turn", "flip", "mirror"])
def test_turned_molecules_are_the_same_compound(diammonium, how):
    turned = turn_molecules(diammonium, how)
    assert Compound.of(perceive(turned)) == Compound.of(perceive(diammonium))


def test_a_chiral_molecule_is_not_mirrored_silently():
    crystal = build_layered("C[C@H]([NH3+])CC", "Pb", "I", n_trials=1)
    with pytest.raises(BuildError, match="spacers"):
        turn_molecules(crystal, "mirror", which=[0])
    with pytest.raises(BuildError, match="cannot be treated"):
        turn_molecules(crystal, "twist")
