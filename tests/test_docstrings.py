"""Every public name is documented as numpydoc wants it: parameters, results, a summary that is a sentence."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil

import pytest
from numpydoc.docscrape import get_doc_object
from numpydoc.validate import validate

import perovex

#: What is asked; the other checks of numpydoc are about layout, which the linter and formatter settle.
CHECKS = {
    "GL08": "no docstring",
    "PR01": "parameters that are not documented",
    "PR02": "documented parameters that do not exist",
    "PR03": "parameters in another order",
    "PR10": "a parameter without space before its colon",
    "RT01": "no section Returns",
    "SS03": "a summary without a full stop",
    "SS05": "a summary that describes instead of telling what is done",
}


def _public() -> list[str]:
    names = {f"perovex.{name}" for name in perovex.__all__ if not name.startswith("__")}
    for info in pkgutil.walk_packages(perovex.__path__, "perovex."):
        if not info.ispkg or ".cli" in info.name:
            continue
        package = importlib.import_module(info.name)
        names |= {f"{info.name}.{name}" for name in getattr(package, "__all__", ())}
    return sorted(names)


def _value(name: str) -> object:
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def _documentable(name: str) -> bool:
    value = _value(name)
    return inspect.isclass(value) or inspect.isfunction(value)


@pytest.mark.parametrize("name", [name for name in _public() if _documentable(name)])
def test_public_docstring(name: str) -> None:
    report = validate(name)
    returns_in_summary = report["docstring"].lstrip().startswith(("Return ", "Tell ", "Whether "))
    errors = [
        f"{code}: {text}"
        for code, text in report["errors"]
        if code in CHECKS and not (code == "RT01" and returns_in_summary)
    ]
    value = _value(name)
    if dataclasses.is_dataclass(value):  # results list their fields as attributes
        errors = [error for error in errors if not error.startswith("PR01")] + _fields_without_words(value)
    assert errors == []


def _fields_without_words(value: object) -> list[str]:
    document = get_doc_object(value)
    told = {name.strip("*") for part in ("Attributes", "Parameters") for entry in document[part] for name in
            entry.name.split(", ")}  # fmt: skip
    return [
        f"field {field.name}" for field in dataclasses.fields(value) if field.name not in told and field.name[0] != "_"
    ]


def test_there_is_something_to_check() -> None:
    assert len(_public()) > 100
