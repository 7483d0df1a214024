"""What a study says of its labels is what the checks found, side by side."""

from types import SimpleNamespace

import pandas as pd

from perovex.study import labels


def test_findings_are_those_of_the_three_checks_on_relaxed_moduli(monkeypatch):
    asked = []
    release = SimpleNamespace(relaxed=lambda: "relaxed")
    modes = pd.DataFrame({"E_vrh_fragility": [0.8]}, index=["a"])
    for name, value in (
        ("validate_labels_against_references", SimpleNamespace(to_dict=lambda: {"trends": [1]})),
        ("audit", "findings of the audit"),
        ("soft_mode_table", modes),
    ):
        monkeypatch.setattr(labels, name, lambda data, value=value: asked.append(data) or value)
    found = labels.judge_labels(release)
    assert asked == ["relaxed"] * 3
    assert found.audit == "findings of the audit"
    assert found.to_dict() == {"trends": [1], "soft_modes": {"a": {"E_vrh_fragility": 0.8}}}
    assert isinstance(found, labels.LabelFindings)
