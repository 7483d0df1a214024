"""The crystals as they are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perovex.minima.candidate import Candidate
from perovex.minima.strategies.registry import register_strategy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perovex.minima.compound import Compound
    from perovex.minima.known import Known


@register_strategy("given")
def given(known: Known, compound: Compound) -> Iterator[Candidate]:
    """Crystals of the compound that the user gives."""
    for start in known.starts:
        if start.compound == compound:
            yield Candidate(compound, "given", start.name, start.structure.copy)
