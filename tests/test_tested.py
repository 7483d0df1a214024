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

#: Modules or folders that are tested through what they are parts of, and what that is.
THROUGH: dict[str, str] = {
    "_bundled": "found by every loader of data and models",
    "_cluster": "screening/test_dask.py, which needs a cluster of its own",
    "building.packing": "building/test_layered.py: crystals that are packed as asked, without contacts",
    "building.resettle": "a step of slide, turn, thicken and substitute, whose tests ask for its contacts",
    "building.stacking": "slabs taken apart by slide, thicken and thin, whose tests put them together again",
    "cli": "run as people run them, by tests/cli, its sweep of all options, and the tests of the packages they call",
    "crystal.bonding": "what comes out of it: test_molecules, test_charges and test_implied_hydrogens",
    "crystal.drawing": "the view of a crystal; test_perception.py",
    "crystal.model": "what `perceive` returns, asked in every test of perception and descriptors",
    "crystal.perception": "one pass over a crystal; test_perception.py asks for all that comes out",
    "crystal.reading": "one reader of files; test_reading, test_disorder, test_cif_symmetry and test_file_oddities",
    "crystal.trajectory": "one reader of runs; test_trajectory_files.py, by format",
    "datasets.quality": "needs labels with modes or a search; elasticity/test_soft_modes.py, minima/test_release.py",
    "datasets.ranking": "needs a search; minima/test_release.py",
    "datasets.relatives": "needs the packed search; building/test_from_known.py and prediction/test_built.py",
    "descriptors.trajectory.tilt_statistics": "a column of test_trajectory.py",
    "elasticity.potentials": "needs the potential of an extra; test_batches.py and test_devices.py where it is there",
    "elasticity.properties.analysis": "tables that test_elastic_cli.py reads with their numbers",
    "elasticity.reading": "one reader of files; test_reading_tensors.py, by program",
    "elasticity.relaxation.relax_atoms": "needs the potential of an extra; building/test_thicken_substitute.py",
    "explain.attribution": "answers that test_attribution.py and test_explanation.py compare with the definition",
    "explain.claims": "verdicts on a planted truth, on noise and on too little data; test_claims.py",
    "explain.directions.groups": "figures/test_error_figures.py",
    "explain.transfer": "one experiment; test_transfer.py asks for every table of it",
    "learn.bundle.skops_files": "the files of test_model_files.py",
    "learn.estimators.base": "what all estimators share, tested on each in test_estimators.py",
    "learn.validation": "what `evaluate` returns and shows; test_evaluation.py",
    "minima.strategies": "by name through the registry; test_rearranging.py and test_search.py",
    "prediction.relaxing": "needs the potential of an extra; building/test_thicken_substitute.py",
    "report": "pages as a browser and a reader get them; test_document, test_browser and the tests of each command",
    "screening.comparison": "fits three rungs to all crystals; benchmarks/molecule_models.py runs it",
    "study": "a study is run once and everything it writes is read; test_study.py, test_own_data.py",
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


def _within(module: str, part: str) -> bool:
    return f"{module}.".startswith(f"perovex.{part}.")


def test_every_module_with_behaviour_is_tested_by_name() -> None:
    assert [m for m in _untested() if not any(_within(m, part) for part in THROUGH)] == []


def test_no_exception_is_stale() -> None:
    assert [part for part in THROUGH if not any(_within(m, part) for m in _untested())] == []


def test_a_module_without_tests_would_be_found() -> None:
    assert _home("perovex.learn", "ModelBundle") == "perovex.learn.bundle.bundle"
    assert not _is_tested("perovex.learn.no_such_module")
