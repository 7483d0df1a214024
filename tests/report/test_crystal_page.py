"""The page of predicted crystals: who gets a section, what is said of coverage, and what is refused."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from perovex.errors import ModelInputError
from perovex.report.crystal_page import crystal_page


@pytest.fixture
def bundle():
    known = SimpleNamespace(X=pd.DataFrame({"bridge_angle_mean": [150.0, 160.0, 170.0, 180.0]}))
    manifest = {"training": {"n_rows": 4, "n_groups": 2, "group": "lab"}, "unit": "GPa", "target": "E_vrh"}
    return SimpleNamespace(known=known, manifest=manifest, regressors={"E_vrh": None})


def row(name, **changes):
    table = pd.DataFrame({"value": [165.0], "contribution": [0.25]}, index=["bridge_angle_mean"])
    reasons = SimpleNamespace(
        sentences=lambda: [f"Because of {name}."], scale="ln(target)", target="E_vrh", crystal=name, perceived=None,
        neighbours=pd.DataFrame({"distance": [0.5]}, index=["c1"]), change=None, contributions=table, expected=10.0,
        groups=table.assign(members=1),
    )  # fmt: skip
    facts = {
        "formula": "BA2PbI4", "E_vrh": 12.0, "E_vrh_lower": 9.0, "E_vrh_upper": 15.0, "E_vrh_label": np.nan,
        "coverage": 0.9, "builds": 1, "warnings": ["built"], "why": reasons, "error": "", "probability_stiff": 0.75,
        "class": "stiff", "threshold": 10.0,
    }  # fmt: skip
    return facts | changes


def page(bundle, **rows):
    made = crystal_page(pd.DataFrame(list(rows.values()), index=list(rows)), bundle)
    return made, {section.title: "\n".join(section.blocks) for section in made.sections}


def test_one_crystal_has_three_sections_with_its_numbers(bundle):
    made, sections = page(bundle, one=row("one"))
    assert made.title == "Predicted stiffness of BA2PbI4"
    assert list(sections) == ["Prediction", "Why", "Descriptors"]
    assert "a probability of 0.75 of more than 10 GPa in " in sections["Prediction"]
    assert "90% of new lab groups inside the domain" in sections["Prediction"]
    assert "Because of one." in sections["Why"]
    cells = sections["Descriptors"]
    assert "M-X-M angle" in cells
    assert ">50<" in cells  # two of four training crystals lie below


def test_crystals_that_failed_have_no_section_and_others_bear_their_names(bundle):
    failed = row("bad", error="MoleculeError: torn", why=None)
    _, sections = page(bundle, first=row("first"), bad=failed, second=row("second", coverage=np.nan))
    assert [title for title in sections if title.startswith("Prediction")] == ["Prediction first", "Prediction second"]
    assert "no coverage claimed" in sections["Prediction second"]


def test_predictions_without_reasons_or_crystals_are_refused(bundle):
    with pytest.raises(ModelInputError, match="not explained"):
        crystal_page(pd.DataFrame([row("one")]).drop(columns="why"), bundle)
    with pytest.raises(ModelInputError, match="no crystal was predicted"):
        crystal_page(pd.DataFrame([row("one", error="lost")]), bundle)
