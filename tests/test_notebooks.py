"""The tutorials as they are committed: outputs are there, without errors, and imports stay at the surface."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import perovex

NOTEBOOKS = sorted((Path(perovex.__file__).parent.parent / "notebooks").glob("*.ipynb"))
pytestmark = pytest.mark.skipif(not NOTEBOOKS, reason="the tests of an installed package")
MOST_BYTES = 1_000_000  # what a code host still shows


def test_there_are_tutorials():
    assert [path.name[:2] for path in NOTEBOOKS] == [f"{number:02}" for number in range(1, 10)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_tutorial_is_committed_with_outputs_and_imports_two_names_at_most(path):
    cells = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert all(cell["outputs"] for cell in cells)
    assert all(output["output_type"] != "error" for output in outputs)
    assert path.stat().st_size < MOST_BYTES
    source = "\n".join("".join(cell["source"]) for cell in cells)
    assert re.findall(r"(?:from|import) perovex(?:\.\w+){2,}", source) == []
