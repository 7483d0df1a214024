"""Names that are imported when they are first asked for."""

import sys
from types import ModuleType

import pytest

from perovex._later import import_later


def test_a_name_is_imported_once_and_an_unknown_one_is_refused(monkeypatch):
    package, slow = ModuleType("later_package"), ModuleType("later_package.slow")
    package.__path__ = []
    slow.answer = object()
    monkeypatch.setitem(sys.modules, "later_package", package)
    attribute = import_later("later_package", {"answer": "slow"})
    with pytest.raises(ModuleNotFoundError):
        attribute("answer")  # not before it is asked for
    monkeypatch.setitem(sys.modules, "later_package.slow", slow)
    assert attribute("answer") is slow.answer
    assert package.answer is slow.answer
    with pytest.raises(AttributeError, match=r"module 'later_package' has no attribute 'nope'"):
        attribute("nope")
