"""What a command imports before it works: libraries that take long and are not needed stay out, without a clock."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pymatgen.io.cif import CifWriter

from perovex.crystal.examples import layered

NUMBERS = {"numpy", "pandas", "scipy", "pymatgen", "gemmi", "rdkit", "ase", "pyarrow", "tqdm", "joblib"}
LEARNING = {"sklearn", "xgboost", "threadpoolctl"}
DRAWING = {"matplotlib", "PIL", "jinja2"}
OTHERS = {"shap", "numba", "skops", "optuna", "sympy", "networkx", "plotly", "torch", "dask", "pandera", "spglib"}
UNUSED_BY_PREDICT = {
    "sklearn.ensemble", "sklearn.cluster", "sklearn.manifold", "perovex.learn.validation", "perovex.learn.splits",
    "perovex.explain", "perovex.study", "perovex.figures", "perovex.report", "perovex.screening",
}  # fmt: skip
RUN = """
import sys
from perovex.cli.main import main
try:
    main(sys.argv[1:])
except SystemExit as error:
    assert not error.code, error.code
print("", *sys.modules, sep="\\n", file=sys.stderr)
"""


@pytest.fixture(scope="module")
def crystal(tmp_path_factory):
    path = tmp_path_factory.mktemp("start") / "crystal.cif"
    CifWriter(layered()).write_file(path)
    return str(path)


def _imported(code, *arguments):
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    return set(done.stderr.splitlines())


def test_importing_the_package_imports_nothing_but_itself():
    names = _imported("import sys, perovex; print(*sys.modules, sep='\\n', file=sys.stderr)")
    assert "perovex" in names
    assert not names & (NUMBERS | LEARNING | DRAWING | OTHERS | {"typer", "rich"})


@pytest.mark.parametrize(
    ("arguments", "unused"),
    [
        (["--help"], NUMBERS | LEARNING | DRAWING | OTHERS),
        (["predict", "--help"], NUMBERS | LEARNING | DRAWING | OTHERS),
        (["describe", "CRYSTAL"], LEARNING | DRAWING | OTHERS),
        (["predict", "CRYSTAL"], DRAWING | OTHERS | UNUSED_BY_PREDICT),
    ],
)
def test_a_command_does_not_import_what_it_does_not_need(arguments, unused, crystal):
    names = _imported(RUN, *(crystal if word == "CRYSTAL" else word for word in arguments))
    assert "perovex.cli.main" in names
    assert not names & unused
