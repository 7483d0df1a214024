"""How a screen is ranked and refined."""

from __future__ import annotations

from dataclasses import dataclass, field

from perovex.errors import PerovexError
from perovex.screening.goals import Goal


@dataclass(frozen=True)
class Options:
    """How a screen is ranked and refined.

    Attributes
    ----------
    goal : Goal
    top : int
        Hits.
    any_formability : bool
        Rank also cations that break a rule, or are known to form something else.
    inside : bool
        Rank only compounds inside what was learnt.
    diverse : float
        Largest Tanimoto similarity of a hit to a better one (Morgan fingerprints, radius 2); 1 allows all.
    refine : int
        Compounds that are built and predicted by rung (b), too: from a known crystal of the same spacer where there is
        one, else from nothing; ``built_rung`` says which.
    refine_by : {"best", "uncertain"}
        Which of the hits.
    n_builds : int
        Crystals built of each.
    """

    goal: Goal = field(default_factory=Goal)
    top: int = 100
    any_formability: bool = False
    inside: bool = False
    diverse: float = 1.0
    refine: int = 0
    refine_by: str = "best"
    n_builds: int = 1

    def __post_init__(self) -> None:
        if self.top < 1:
            raise PerovexError(f"{self.top} hits", remedy="ask for at least one")
        if not 0 < self.diverse <= 1:
            raise PerovexError(f"a similarity of {self.diverse:g}", remedy="give a number above 0, at most 1")
        if self.refine_by not in ("best", "uncertain"):
            raise PerovexError(f"cannot refine by {self.refine_by!r}", remedy="use best or uncertain")
        if self.refine < 0 or self.n_builds < 1:
            raise PerovexError("a negative number of compounds or builds", remedy="give 0 or more, 1 or more")
