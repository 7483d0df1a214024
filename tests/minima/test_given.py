"""Crystals that are given are candidates of their own compound alone."""

from types import SimpleNamespace

from perovex.crystal import perceive
from perovex.crystal.examples import cubic
from perovex.minima import Compound, Start
from perovex.minima.strategies.given import given


def test_every_given_crystal_of_the_compound_is_a_candidate_once():
    crystals = {"one": cubic(), "other": cubic(bond=3.2), "bromide": cubic(halide="Br", bond=3.0)}
    compounds = {name: Compound.of(perceive(crystal)) for name, crystal in crystals.items()}
    known = SimpleNamespace(starts=[Start(name, crystals[name], compounds[name]) for name in crystals])
    candidates = list(given(known, compounds["one"]))
    assert [candidate.parent for candidate in candidates] == ["one", "other"]
    assert candidates[1].make() == crystals["other"]
    assert candidates[1].make() is not crystals["other"]
    assert len({candidate.id for candidate in candidates}) == 2
