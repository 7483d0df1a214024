"""``perovex doctor``: what is broken stands beside the command that mends it."""

from __future__ import annotations

from perovex.cli import doctor
from perovex.errors import ModelFileError
from perovex.learn import ModelBundle


def test_models_of_other_versions_are_mended_by_these(perovex, monkeypatch):
    def refuse(_):
        raise ModelFileError("answers 4.40 instead of 8.15", remedy="python -m pip install xgboost==3.2", source="m")

    monkeypatch.setattr(ModelBundle, "load", refuse)
    done = perovex("doctor")
    assert done.status == 2
    assert "m: answers 4.40 instead of 8.15\n        -> python -m pip install xgboost==3.2\n" in done.out


def test_a_dependency_that_is_too_old_is_named_with_its_command(monkeypatch):
    monkeypatch.setattr("importlib.metadata.version", lambda _: "0.0.1")
    findings = {item.subject: item for item in doctor._dependencies()}
    assert findings["scipy"].state == "broken"
    assert " install 'scipy>=" in findings["scipy"].remedy
