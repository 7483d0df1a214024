"""Compounds made from known relatives: which one, and of which hand."""

from importlib import import_module

import numpy as np
import pytest

from perovex import perceive
from perovex.building import build_layered, from_known, nearest_known, patterns_from_known
from perovex.errors import BuildError

HANDS = ("C[C@H]([NH3+])CC", "C[C@@H]([NH3+])CC")


@pytest.fixture(scope="module")
def one_hand():
    return perceive(build_layered(HANDS[0], n_trials=1), source="one hand")


def test_a_relative_of_the_other_hand_is_mirrored(one_hand):
    (other,) = {m.smiles for m in perceive(build_layered(HANDS[1], n_trials=1)).spacers}
    assert {m.smiles for m in one_hand.spacers} != {other}
    made = from_known([one_hand], HANDS[1], "Pb", "I")
    assert {m.smiles for m in perceive(made).spacers} == {other}
    assert made.properties["build"] == {"mirrored": True, "from": "one hand", "steps": ""}
    # a mirror image has the same distances
    assert np.allclose(made.distance_matrix, one_hand.structure.distance_matrix)


def test_the_right_hand_comes_first_and_no_hand_takes_any(one_hand):
    mirrored = perceive(from_known([one_hand], HANDS[1], "Pb", "I"), source="mirrored")
    assert nearest_known([one_hand, mirrored], HANDS[1], "Pb", "I") is mirrored
    assert nearest_known([mirrored, one_hand], HANDS[0], "Pb", "I") is one_hand
    assert nearest_known([mirrored, one_hand], "CC([NH3+])CC", "Pb", "I") is mirrored


def test_another_diastereomer_is_no_relative():
    cis = "C[C@H]1CCCC[C@@H]1[NH3+]"
    crystal = perceive(build_layered(cis, n_trials=1))
    trans = "C[C@@H]1CCCC[C@@H]1[NH3+]"
    assert nearest_known([crystal], cis, "Pb", "I") is crystal
    assert nearest_known([crystal], trans, "Pb", "I") is None


def test_an_unknown_metal_is_no_relative(one_hand):
    assert from_known([one_hand], HANDS[0], "Xx", "I") is None


def test_every_relative_has_its_pattern_and_one_that_cannot_be_changed_is_passed_over(one_hand, monkeypatch):
    bromide = perceive(build_layered(HANDS[0], "Pb", "Br", n_trials=1), source="bromide")
    wanted = ([one_hand, bromide], HANDS[0], "Pb", "Cl")
    assert [made.properties["build"]["from"] for made in patterns_from_known(*wanted)] == ["bromide", "one hand"]
    assert len(patterns_from_known(*wanted, most=1)) == 1
    assert len(patterns_from_known([one_hand, bromide], HANDS[0], "Pb", "I")) == 1  # known itself

    def change(structure, swap):
        if "Br" in swap:
            raise BuildError("molecules overlap")
        return structure

    monkeypatch.setattr(import_module("perovex.building.from_known"), "substitute", change)
    assert from_known(*wanted).properties["build"]["from"] == "one hand"
