"""What a crystal tells about the sheet plane of its tensor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from pymatgen.core import Structure


@dataclass(frozen=True)
class Sheet:
    """Crystal, normal of its sheets (or pseudo-cubic axes as rows) and stacking period per slab in Å."""

    structure: Structure
    normal: np.ndarray
    thickness: float | None


def sheet_of(path: Path) -> Sheet:
    """Perceive a crystal and return its sheet plane."""
    from perovex.crystal import perceive
    from perovex.datasets.collect import sheet_normal

    crystal = perceive(path)
    period = crystal.repeat_height / len(crystal.slabs) if crystal.slabs else None
    return Sheet(crystal.structure, sheet_normal(crystal), period)
