"""What a study calls its crystals, and what it says of its data."""

from types import SimpleNamespace

import pandas as pd
import pytest

from perovex.study.models import descriptor_units, training_facts
from perovex.study.report.findings import crystals_of, words_for
from perovex.study.result import describe_data
from perovex.study.tables import Quantity
from perovex.study.words import NotOffered


@pytest.mark.parametrize(
    ("unit", "words", "crystals"),
    [
        ("GPa", ("softer", "stiffer"), ("softer crystals", "stiffer crystals")),
        ("eV", ("smaller", "larger"), ("a smaller gap", "a larger gap")),
    ],
)
def test_crystals_are_stiff_by_a_modulus_alone(unit, words, crystals):
    task = SimpleNamespace(task=SimpleNamespace(quantity=Quantity("gap", unit)), target="gap")
    assert words_for(task) == words
    assert crystals_of(task) == crystals


def test_units_come_from_the_registry_and_own_columns_have_none():
    assert descriptor_units(["bridge_angle_mean", "of_my_own"]) == {"bridge_angle_mean": "deg", "of_my_own": ""}


def test_data_of_ones_own_are_described_without_potential_and_layers():
    data = SimpleNamespace(version="table.csv", checksum="0123")
    tables = SimpleNamespace(
        X=pd.DataFrame({"angle": [1.0, 2.0, 3.0]}),
        groups=pd.Series(["a", "a", "b"]),
        meta=pd.DataFrame({"halide": ["I", "Br", "I"]}),
        quantities={"gap": Quantity("gap", "eV", log=False)},
        dropped={"id": NotOffered("not numbers")},
        failures=pd.DataFrame({"error": ["cannot be read"]}, index=["bad.cif"]),
    )
    content = describe_data(data, tables)
    assert (content["crystals"], content["groups"]) == (3, 2)
    assert content["by_halide"] == {"Br": 1, "I": 2}
    assert content["targets"] == {"gap": {"unit": "eV", "log": False}}
    assert content["descriptors_not_offered"] == {"id": "not numbers"}
    assert content["not_described"] == {"bad.cif": "cannot be read"}
    assert "potential" not in content
    assert training_facts(data, "family") == {"data_version": "table.csv", "data_checksum": "0123", "group": "family"}
