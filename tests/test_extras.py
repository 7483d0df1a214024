"""Hints how to install what is missing: one place makes them, for the Python that runs."""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

import perovex
from perovex import _extras
from perovex._extras import MODULES, command_for, install_command

SOURCES = [path for path in Path(perovex.__file__).parent.rglob("*.py") if path.name != "_extras.py"]


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """An environment in this folder that is not activated, and where `python` on the path leads."""
    python = tmp_path / ".venv" / "bin" / "python"
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object())
    monkeypatch.chdir(tmp_path)
    return python


def test_an_environment_that_is_not_active_is_named(environment, monkeypatch, tmp_path):
    assert command_for("optuna>=3.6") == ".venv/bin/python -m pip install 'optuna>=3.6'"
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    assert command_for("optuna") == f"{environment} -m pip install optuna"
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/python")
    assert command_for("optuna") == f"{environment} -m pip install optuna"
    monkeypatch.setattr(shutil, "which", lambda _: str(environment))
    assert command_for("optuna") == "python -m pip install optuna"


def test_an_environment_without_pip_is_served_by_uv(environment, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert command_for("optuna") == "uv pip install --python .venv/bin/python optuna"


@pytest.mark.parametrize("extra", MODULES)
def test_an_extra_is_installed_by_what_it_needs_with_metadata_and_without(extra, monkeypatch):
    assert "perovex" not in install_command(extra).split(" install ", 1)[1]

    def unknown(_):
        raise PackageNotFoundError

    monkeypatch.setattr(_extras.importlib.metadata, "requires", unknown)
    assert install_command(extra).endswith(" ".join(MODULES[extra]))


@pytest.mark.parametrize("pattern", [r"pip install", r"perovex\[", r"remedy=f?\"install (?!its package)"])
def test_nothing_else_says_how_to_install(pattern):
    assert [path.name for path in SOURCES if re.search(pattern, path.read_text(encoding="utf-8"))] == []
