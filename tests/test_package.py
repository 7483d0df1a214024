"""What is packaged: one version, the newest data alone, lean requirements."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import perovex
from perovex._extras import MODULES

ROOT = Path(perovex.__file__).parent.parent
PROJECT = ROOT / "pyproject.toml"
pytestmark = pytest.mark.skipif(not PROJECT.is_file(), reason="the tests of an installed package")


@pytest.fixture(scope="module")
def project():
    return tomllib.loads(PROJECT.read_text(encoding="utf-8"))


def test_the_version_stands_in_one_place(project):
    assert "version" not in project["project"]
    assert project["tool"]["hatch"]["version"]["path"] == "perovex/__init__.py"
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert not re.search(r"^version:", citation, re.MULTILINE)
    assert f"## {perovex.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_wheel_ships_the_newest_data_and_everything_else_beside_them(project):
    shipped = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    folders = list((ROOT / "data" / "elastic").iterdir())
    finished = [path for path in folders if path.name.replace(".", "").isdigit()]
    # previews stay out: models learnt from the newest finished release, and new compounds are made from its minima
    releases = sorted(finished, key=lambda path: [int(x) for x in path.name.split(".")])
    elastic = [name for name in shipped if name.startswith("data/elastic")]
    assert elastic == [f"data/elastic/{releases[-1].name}"]
    assert (releases[-1] / "candidates.jsonl.gz").is_file()
    others = {f"data/{path.name}" for path in (ROOT / "data").iterdir() if path.name != "elastic"}
    assert others <= set(shipped)
    assert all(target == "perovex/_data" + source.removeprefix("data") for source, target in shipped.items())


def test_every_extra_has_a_use_and_every_module_of_it_is_known(project):
    from perovex.cli.doctor import USES

    extras = set(project["project"]["optional-dependencies"]) - {"dev", "docs"}
    assert set(MODULES) == extras
    assert set(USES) == extras


def test_what_is_required_is_imported_somewhere(project):
    modules = {"pyyaml": "yaml", "scikit-learn": "sklearn", "xgboost-cpu": "xgboost", "pyarrow": "pyarrow|parquet"}
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "perovex").rglob("*.py"))
    for line in project["project"]["dependencies"]:
        name = re.match(r"[\w-]+", line)[0]
        assert re.search(rf"\b(import|from) ({modules.get(name, name)})\b|to_parquet", source), name


def test_every_benchmark_is_listed_with_its_number():
    told = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    for script in (ROOT / "benchmarks").glob("*.py"):
        assert f"| `{script.name}` |" in told, script.name
