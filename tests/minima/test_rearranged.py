"""Rearrangements of the lowest crystal: which are proposed, of what, and what they make."""

from types import SimpleNamespace

import numpy as np
import pytest

from perovex.building.turn import TURNS
from perovex.crystal import layer_shifts, perceive
from perovex.crystal.examples import cubic, layered
from perovex.minima.strategies.rearranged import SHIFTS, slid, tilted, turned


def known(structure, tried=(), phase="RP"):
    lowest = None if structure is None else SimpleNamespace(structure=structure, id="low", record={"phase": phase})
    return SimpleNamespace(lowest=lambda _: lowest, tried=lambda _: list(tried))


@pytest.fixture(scope="module")
def sheets():
    return layered(1, (0.0, 0.0), spacer="MA")


def test_slabs_are_slid_by_every_shift(sheets):
    candidates = list(slid(known(sheets), "compound"))
    assert [tuple(c.parameters["shift"]) for c in candidates] == list(SHIFTS)
    assert {(c.strategy, c.parent, c.compound) for c in candidates} == {("slide", "low", "compound")}
    before = layer_shifts(perceive(sheets))
    by_shift = {tuple(c.parameters["shift"]): layer_shifts(perceive(c.make())) for c in candidates[1:2]}
    assert before == pytest.approx(np.zeros_like(before), abs=1e-6)
    assert by_shift[0.5, 0.5] == pytest.approx(np.full_like(before, 0.5), abs=1e-3)


def test_molecules_are_turned_in_every_way_all_or_every_second(sheets):
    candidates = list(turned(known(sheets), "compound"))
    asked = [(c.parameters["how"], c.parameters["which"]) for c in candidates]
    assert asked == [(how, which) for how in TURNS for which in ("all", "alternate")]


def test_networks_have_nothing_to_slide_or_turn_and_the_unknown_nothing_at_all():
    network = known(cubic("Pb", "I", "Cs"), phase="3D")
    nothing = known(None)
    assert [*slid(network, "c"), *turned(network, "c")] == []
    assert [*slid(nothing, "c"), *turned(nothing, "c"), *tilted(nothing, "c")] == []


def test_a_pattern_of_tilts_is_tried_once_whatever_its_parent():
    structure = cubic("Pb", "I", "Cs") * (2, 2, 2)
    first = [c.parameters["pattern"] for c in tilted(known(structure), "c")]
    done = SimpleNamespace(record={"strategy": "tilt", "parameters": {"pattern": first[0]}})
    other = SimpleNamespace(record={"strategy": "given", "parameters": {}})
    again = [c.parameters["pattern"] for c in tilted(known(structure, (done, other)), "c")]
    assert len(set(first)) == len(first) > 1
    assert again == first[1:]
