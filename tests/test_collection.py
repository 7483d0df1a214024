"""Nothing that looks like a test is left uncollected; pytest skips some folders for their name alone."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def _needs_torch(path: Path) -> bool:
    return "import torch" in path.read_text(encoding="utf-8")


def _doctested() -> set[Path]:
    modules = [path for path in (ROOT / "perovex").rglob("*.py") if ">>> " in path.read_text(encoding="utf-8")]
    return {path.parent for path in modules if not _needs_torch(path)}


def _test_folders() -> set[Path]:
    return {path.parent for path in (ROOT / "tests").rglob("test_*.py")}


def test_every_folder_is_collected(request: pytest.FixtureRequest) -> None:
    config = request.config
    if config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        pytest.skip("only part of the suite was asked for")
    collected = {Path(item.path).parent for item in request.session.items}
    missing = (_test_folders() | _doctested()) - collected
    assert sorted(str(folder.relative_to(ROOT)) for folder in missing) == []


def test_no_folder_bears_a_name_that_pytest_skips(pytestconfig: pytest.Config) -> None:
    patterns = pytestconfig.getini("norecursedirs")
    folders = [path for top in ("tests", "perovex") for path in (ROOT / top).rglob("*") if path.is_dir()]
    skipped = [str(f.relative_to(ROOT)) for f in folders for p in patterns if f.match(p) and f.name != "__pycache__"]
    assert skipped == []
