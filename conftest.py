"""Keep doctest collection away from modules whose optional dependency is not installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

HERE = Path(__file__).parent
collect_ignore: list[str] = []
if importlib.util.find_spec("torch") is None:
    collect_ignore += [
        str(path.relative_to(HERE))
        for path in (HERE / "perovex" / "elasticity").rglob("*.py")
        if "import torch" in path.read_text(encoding="utf-8")
    ]
