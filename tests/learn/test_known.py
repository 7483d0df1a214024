"""Crystals that models know."""

import json

import pandas as pd
import pytest

from perovex.errors import ModelInputError
from perovex.learn.bundle.known import KnownCrystals, as_identity
from perovex.learn.bundle.words import NewKind, domain_reason, kinds_in_words, new_kind_in_words

INDEX = pd.Index(["x", "y"], name="crystal_id")
X = pd.DataFrame({"angle": [150.0, 160.0]}, index=INDEX)
MODULI = pd.DataFrame({"E": [10.0, float("nan")]}, index=INDEX)


def known(**identity):
    return KnownCrystals(X, MODULI, pd.DataFrame(identity, index=INDEX))


def test_only_new_kinds_are_named_and_missing_ones_not_judged():
    crystals = known(halide=["I", "Br"], n=[1.0, 2.0], cage=["", "MA"])
    assert crystals.never_seen({"halide": "Br", "n": 2, "cage": None}) == []
    assert list(map(new_kind_in_words, crystals.never_seen({"halide": "Cl", "n": 3}))) == [
        "n 3 was never seen in training (1, 2)",
        "halide Cl was never seen in training (Br, I)",
    ]


def test_another_dimensionality_says_all():
    crystals = known(dimensionality=[2, 2], halide=["I", "I"])
    assert list(map(new_kind_in_words, crystals.never_seen({"dimensionality": 3, "halide": "Cl"}))) == [
        "a 3D network, and only 2D crystals were learnt from"
    ]


def test_parts_come_back_as_they_were():
    crystals = known(halide=["I", "Br"])
    parts = crystals.to_parts()
    again = KnownCrystals.from_parts(parts)
    pd.testing.assert_frame_equal(again.X, X)
    pd.testing.assert_frame_equal(again.moduli, MODULI)
    pd.testing.assert_frame_equal(again.identity, crystals.identity)
    assert json.dumps(parts["identity"])


def test_rows_must_be_the_same():
    with pytest.raises(ModelInputError, match="differ in rows"):
        KnownCrystals(X, MODULI.iloc[::-1], pd.DataFrame(index=INDEX))


def test_names_of_a_release_and_of_nothing():
    table = as_identity(pd.DataFrame({"n_layers": [1.0, float("inf")], "spacer_smiles": ["C", ""]}, index=INDEX), INDEX)
    assert table["dimensionality"].tolist() == [2, 3]
    assert table["smiles"].tolist() == ["C", ""]
    assert as_identity(None, INDEX).empty
    assert kinds_in_words(["", 1.0, "I"]) == "1, I"


def test_new_kinds_are_named_row_by_row():
    crystals = known(halide=["I", "Br"])
    asked = pd.DataFrame({"halide": ["Cl", "I"]}, index=["p", "q"])
    assert crystals.new_kinds(asked.index, asked) == [[NewKind("halide", "Cl", ["Br", "I"])], []]
    assert crystals.new_kinds(asked.index, None) == [[], []]
    with pytest.raises(ModelInputError, match="differ in rows"):
        crystals.new_kinds(INDEX, asked)


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (NewKind("cage", "", ["MA"]), "no cage cation was never seen in training (MA)"),
        (NewKind("metal", "Ag/Bi", ["Pb"]), "mixed metal Ag/Bi was never seen in training (Pb)"),
        (NewKind("phase", "DJ", ["", "RP"]), "family DJ was never seen in training (RP)"),
    ],
)
def test_kinds_are_said_by_their_names(new, said):
    assert new_kind_in_words(new) == said
    assert domain_reason([new], "angle", "far") == f"{said}; infinite: angle; far"
