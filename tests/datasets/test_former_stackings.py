"""Tables of former releases: what they called a phase was the shift of the slabs."""

from __future__ import annotations

import pandas as pd
import pytest

from perovex.datasets.stacking import family_of, stacking_of, with_stacking


@pytest.mark.parametrize(
    ("smiles", "family"),
    [("CCCC[NH3+]", "RP"), ("[NH3+]CCCC[NH3+]", "DJ"), ("C[NH3+].[NH3+]CC[NH3+]", "mixed"), ("no SMILES", "unknown")],
)
def test_the_family_follows_from_the_cations(smiles, family):
    assert family_of(smiles) == family


def test_a_former_table_gets_a_column_of_stackings_and_families_by_the_cations():
    former = pd.DataFrame(
        {
            "phase": ["RP", "DJ", "3D"],
            "spacer_smiles": ["[NH3+]CCCC[NH3+]", "CCCC[NH3+]", ""],
            "parent_phase": ["DJ", "RP", ""],
        },
        index=["shifted dication", "eclipsed monocation", "network"],
    )
    table = with_stacking(former)
    assert table["stacking"].tolist() == ["staggered", "eclipsed", ""]
    assert table["phase"].tolist() == ["DJ", "RP", "3D"]
    assert table["parent_stacking"].tolist() == [stacking_of(name) for name in former["parent_phase"]]
    assert former.columns.tolist() == ["phase", "spacer_smiles", "parent_phase"]  # left as it was
    assert with_stacking(table) is table
