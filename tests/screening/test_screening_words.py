"""What a screen says: every value that is computed has words."""

import pytest

from perovex.screening.formability import _ACIDIC, load_known, rules_broken
from perovex.screening.words import (
    ACIDIC,
    RULES,
    KnownNetwork,
    Rule,
    accuracy_in_words,
    joined,
    known_in_words,
    labelled_in_words,
    left_out,
    no_minimum,
    rule_in_words,
    rung_in_words,
    which_rung_ranks,
)


def test_every_rule_about_acidity_has_words():
    assert {name for _, name in _ACIDIC} == set(ACIDIC)
    assert set(ACIDIC) < set(RULES)


def test_rules_that_known_cations_break_can_be_said():
    said = {rule_in_words(rule) for smiles in load_known()["smiles"] for rule in rules_broken(smiles)}
    assert any(text.startswith("cross-section ") and text.endswith("wider than known spacers (24.2)") for text in said)
    assert all("{" not in text for text in said)


def test_words_of_rules_hold_their_numbers():
    rule = Rule("octahedral factor", {"metal": "Ge", "halide": "I", "ratio": 0.33, "limit": 0.414})
    assert rule_in_words(rule) == "Ge is small for six I: octahedral factor 0.33 below 0.414"
    assert known_in_words(KnownNetwork("layered", "Pb", "I", "layers", "here")) == "Pb I: layers (here)"


@pytest.mark.parametrize(("reasons", "said"), [([""], "the search is left to another process"), (["a", "b"], "a; b")])
def test_a_compound_without_minimum_says_why(reasons, said):
    assert no_minimum(reasons) == said


def test_compositions_are_named_where_others_are_ranked():
    assert left_out([], "why") == "why"
    assert left_out([("Pb", "I", 1), ("Pb", "Br", 2)], "why") == "PbI n=1, PbBr n=2: why"
    assert joined(["", ""]) == ""


def test_what_was_not_measured_is_not_claimed():
    assert rung_in_words("b", None) == "rung (b), crystal built and described: its accuracy was not measured"
    assert accuracy_in_words({}) == []
    assert "was not compared" in which_rung_ranks(None)
    like = {"best": "a", "b - a": [0.1, -0.1, 0.3]}
    assert which_rung_ranks({"best": "b", "b - a": [-0.2, -0.3, -0.1], "like spacers": like}).endswith(
        "on clusters of like spacers by +0.10 GPa [-0.10, +0.30]; what was built and lies outside the domain is ranked "
        "by (a)"
    )


def test_labels_within_intervals_are_counted_only_where_there_are_labels():
    none = labelled_in_words("springs", "E_vrh", n_labelled=0, n_hits=2, n_held=0)
    some = labelled_in_words("springs", "E_vrh", n_labelled=2, n_hits=2, n_held=1)
    assert none == "rung (c), minima searched and labelled by springs: 0 of 2 hits"
    assert some.removeprefix("rung (c), minima searched and labelled by springs: ") == (
        "2 of 2 hits; intervals of rung (a) for E_vrh held 1 of 2 labels"
    )
