"""Known crystals come before rules, and rules are broken where known crystals say so."""

from __future__ import annotations

import pytest

from perovex.screening.cations import read_cation
from perovex.screening.formability import (
    acidity,
    composition_rules,
    judge,
    known_networks,
    load_known,
    rates,
    statement,
)
from perovex.screening.words import ACIDIC, rule_in_words

#: Kept for checking elsewhere: not among what is known here.
KEPT_OUT = ("[NH3+]C1CC1", "[NH3+]CCBr", "[NH3+]CCI", "C[NH2+]CCCBr", "[NH3+]Cc1ccc(Br)cc1", "[NH3+]C1CC[NH2+]C1")


def test_known_cations_are_readable_have_a_source_and_one_kind_each() -> None:
    known = load_known()
    assert known["source"].str.len().min() > 5
    assert set(known["perovskite"]) == {"layered", "layered (110)", "3D", "none"}
    for smiles in known["smiles"]:
        read_cation(smiles)
    assert not known.duplicated(["smiles", "metal", "halide"]).any()


@pytest.mark.parametrize("smiles", KEPT_OUT)
def test_spacers_kept_for_checking_are_not_known(smiles: str) -> None:
    assert read_cation(smiles).key not in known_networks()


@pytest.mark.parametrize(
    ("smiles", "verdict"),
    [
        ("CCCC[NH3+]", "known layered"),  # 10.1021/acs.chemmater.6b00847 and many others
        ("[NH3+]C1CCCCCCC1", "known otherwise"),  # 10.1039/b618196a: chains of face-sharing octahedra
        ("C[NH3+]", "known otherwise"),  # the three-dimensional perovskite itself
        ("[NH3+]CCCCCCCC[NH3+]", "no rule broken"),
        ("CCCCCC[N+](C)(C)C", "rule broken"),
        ("CCC[NH+](CC)CC", "rule broken"),
        ("c1cc[nH+]cc1", "rule broken"),
    ],
)
def test_verdicts(smiles: str, verdict: str) -> None:
    assert judge(smiles).verdict == verdict


def test_both_hands_of_a_known_cation_are_known() -> None:
    assert judge("C[C@H]([NH3+])c1ccccc1").verdict == judge("C[C@@H]([NH3+])c1ccccc1").verdict == "known layered"


@pytest.mark.parametrize("smiles", ["c1c[nH+]cc[nH+]1", "[NH3+]c1cc[nH+]cc1", "[NH3+]C[NH3+]", "C[NH2+][NH3+]"])
def test_dications_too_acidic_for_halide_are_flagged(smiles: str) -> None:
    assert acidity(smiles) in ACIDIC
    assert judge(smiles).verdict == "rule broken"


@pytest.mark.parametrize("smiles", ["[NH3+]CC[NH3+]", "C1C[NH2+]CC[NH2+]1", "[NH3+]Cc1ccc(C[NH3+])cc1", "CCCC[NH3+]"])
def test_dications_whose_charges_are_apart_are_not(smiles: str) -> None:
    assert acidity(smiles) == ""


def test_octahedral_and_tolerance_factors() -> None:
    assert composition_rules("Pb", "I") == composition_rules("Sn", "Br", 3, "MA") == []
    assert "octahedral factor 0.33" in rule_in_words(composition_rules("Ge", "I")[0])  # 0.73 / 2.20
    assert "too large" in rule_in_words(composition_rules("Pb", "Cl", 2, "GA")[0])
    assert composition_rules("Pb", "Cl", 1, "GA") == []  # no cage to fill


def test_rules_are_right_on_most_known_crystals_and_say_how_often() -> None:
    table = rates()
    assert (table["lower"] < table["share"]).all()
    assert table.loc["layered", "share"] > 0.9
    assert table.loc["otherwise", "share"] > 0.9
    assert f"{table.loc['layered', 'right']:.0f} of {table.loc['layered', 'spacers']:.0f}" in statement()
