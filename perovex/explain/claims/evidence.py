"""Evidence that claims are judged on: one target, one sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perovex.errors import ExplanationError

if TYPE_CHECKING:
    import pandas as pd

    from perovex.explain.attribution.explanation import Explanation
    from perovex.explain.attribution.skill import Skill
    from perovex.explain.importance.ranking import Ranking
    from perovex.explain.transfer.result import TransferResult


@dataclass(frozen=True, eq=False)
class Evidence:
    """What was measured for one target.

    Attributes
    ----------
    target : str
        Name of the target.
    n_rows, n_groups : int
        Sample size.
    explained : Explanation or None
        None where the data do not allow one.
    rank : Ranking or None
        None where the models have no skill: it would not be read.
    skill : Skill or None
        Held-out skill of the models.
    transfer : TransferResult or None
        None where none was made.
    associations : DataFrame or None
        From `perovex.explain.associations`.
    reason : str
        Why there is no explanation.
    """

    target: str
    n_rows: int
    n_groups: int
    explained: Explanation | None
    rank: Ranking | None = None
    skill: Skill | None = None
    transfer: TransferResult | None = None
    associations: pd.DataFrame | None = None
    reason: str = ""

    @property
    def explanation(self) -> Explanation:
        """The explanation.

        Raises
        ------
        ExplanationError
            If the data did not allow one.
        """
        if self.explained is None:
            raise ExplanationError(self.reason or "nothing was explained")
        return self.explained

    @property
    def ranking(self) -> Ranking:
        """Ranking of the explanation.

        Raises
        ------
        ExplanationError
            If there is none.
        """
        if self.rank is None:
            raise ExplanationError(self.reason or "nothing was ranked")
        return self.rank
