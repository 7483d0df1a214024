"""Every module with behaviour of its own is tested by name, in the folder of its package.

A module is tested where a file under ``tests/PACKAGE`` bears its name (``test_MODULE.py``) or uses one of its public
functions or classes, imported from the module or through a front door. Modules of which neither is true stand below,
each with the reason.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from import_arrows import modules, package_of

TESTS = Path(__file__).parent

#: Modules without a test of their own: the file of tests that runs them, and what they are there.
THROUGH: dict[str, tuple[str, str]] = {
    "datasets.ranking": ("minima/test_release.py", "labels beside a search, made there"),
    "elasticity.potentials.batched_sevennet": ("elasticity/test_batches.py", "needs the potential of an extra"),
    "elasticity.potentials.fused_sevennet": ("elasticity/test_batches.py", "needs the potential of an extra"),
    "minima.strategies.borrowed": ("minima/test_search.py", "proposals of a search"),
    **{
        f"study.report.{name}": ("study/test_study.py", "a section of the report, read there")
        for name in ("finding_sections", "model_section", "report")
    },
    **{
        f"cli.{name}": ("cli/test_sweep.py", "a command, run with all of its options")
        for name in ("audit_data", "build", "collect", "describe", "descriptors", "label", "minima", "model", "report")
    },
    **{
        f"cli.{name}": ("cli/test_sweep.py", "a command, run with all of its options")
        for name in ("spacers", "study", "suggest", "validate_labels")
    },
    "cli.crystals": ("cli/test_describe_table.py", "describe, of whole crystals"),
    "cli.elastic": ("cli/test_elastic_cli.py", "a command, run there"),
    "cli.parts": ("cli/test_describe_parts.py", "describe, of parts"),
}


def _public(module: str) -> list[str]:
    tree = ast.parse(modules()[module].read_text(encoding="utf-8"))
    defined = [node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    return [node.name for node in defined if not node.name.startswith("_")]


@cache
def _door(module: str) -> dict[str, tuple[str, str]]:
    """Names that a front door passes on: where each comes from, and what it is called there."""
    tree = ast.parse(modules()[module].read_text(encoding="utf-8"))
    return {
        alias.asname or alias.name: (str(node.module), alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("perovex")
        for alias in node.names
    }


def _home(module: str, name: str) -> str:
    """Return the module that defines a name imported from another."""
    if f"{module}.{name}" in modules():
        return f"{module}.{name}"
    path = modules().get(module)
    if path is not None and path.name == "__init__.py" and name in _door(module):
        return _home(*_door(module)[name])
    return module


def _used(path: Path) -> set[str]:
    """Return the modules whose names a test file imports, or asks of an imported module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("perovex"):
            imported |= {alias.asname or alias.name: _home(str(node.module), alias.name) for alias in node.names}
        elif isinstance(node, ast.Import):
            imported |= {a.asname or a.name: a.name for a in node.names if a.name.startswith("perovex")}
    asked = {
        _home(imported[node.value.id], node.attr)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in imported
    }
    return asked | set(imported.values())


@cache
def _tested() -> dict[str, set[str]]:
    """Return by folder of tests (its name, or nothing for the top) what is used there, and the names of its files."""
    tested: dict[str, set[str]] = {}
    for path in TESTS.rglob("*.py"):
        parts = path.relative_to(TESTS).parts
        folder = parts[0] if len(parts) > 1 else ""
        tested.setdefault(folder, set()).update(_used(path), {path.stem})
    return tested


def _is_tested(module: str) -> bool:
    package = package_of(module)
    here = _tested().get(package, _tested()[""])
    return module in here or f"test_{module.rsplit('.', 1)[-1].lstrip('_')}" in here


@cache
def _untested() -> tuple[str, ...]:
    return tuple(
        name
        for name, path in modules().items()
        if path.name != "__init__.py" and _public(name) and not _is_tested(name)
    )


def test_every_module_with_behaviour_is_tested_by_name() -> None:
    assert sorted(set(_untested()) - {f"perovex.{name}" for name in THROUGH}) == []


def test_no_exception_is_stale() -> None:
    assert sorted({f"perovex.{name}" for name in THROUGH} - set(_untested())) == []


def test_what_runs_an_untested_module_is_there() -> None:
    assert sorted({path for path, _ in THROUGH.values() if not (TESTS / path).is_file()}) == []


def _clashes(tests: Path) -> dict[str, list[str]]:
    """Return files of one name in folders without ``__init__.py``: pytest imports one of them for both."""
    named: dict[str, list[str]] = {}
    for path in sorted(tests.rglob("test_*.py")):
        if not (path.parent / "__init__.py").is_file():
            named.setdefault(path.name, []).append(path.relative_to(tests).as_posix())
    return {name: paths for name, paths in named.items() if len(paths) > 1}


def test_no_two_files_of_tests_share_a_name(tmp_path: Path) -> None:
    assert _clashes(TESTS) == {}
    for folder in ("one", "other", "package"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "test_x.py").touch()
    (tmp_path / "package" / "__init__.py").touch()
    assert _clashes(tmp_path) == {"test_x.py": ["one/test_x.py", "other/test_x.py"]}


def test_a_module_without_tests_would_be_found() -> None:
    assert _home("perovex.learn", "ModelBundle") == "perovex.learn.bundle.bundle"
    assert not _is_tested("perovex.learn.no_such_module")
