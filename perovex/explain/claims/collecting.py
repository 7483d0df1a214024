"""Measure what claims need: an explanation, its skill and a ranking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex.errors import PerovexError
from perovex.explain.attribution.held_out import explain
from perovex.explain.attribution.skill import skill
from perovex.explain.claims.evidence import Evidence
from perovex.explain.importance.ranking import rank

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from perovex.explain.attribution.explanation import Explanation
    from perovex.explain.importance.ranking import Ranking
    from perovex.explain.transfer.result import TransferResult


def collect(  # noqa: PLR0913 -- everything a verdict rests on
    estimator: Any,
    X: pd.DataFrame,
    y: ArrayLike,
    groups: ArrayLike,
    *,
    target: str,
    explanation: Explanation | None = None,
    ranking: Ranking | None = None,
    transfer: TransferResult | None = None,
    associations: pd.DataFrame | None = None,
    random_state: int = 0,
    progress: bool = False,
    **rank_options: Any,
) -> Evidence:
    """Measure what the claims need.

    Parameters
    ----------
    estimator : object
        What predicts.
    X, y, groups
        Table, target and groups, as for `explain`.
    target : str
        Name of the target.
    explanation : Explanation, optional
        Made here by default.
    ranking : Ranking, optional
        Of that explanation; made here by default where the models have skill, as no other would be read.
    transfer : TransferResult, optional
        Transfer test of the same target.
    associations : DataFrame, optional
        From `perovex.explain.associations`, of the same target.
    random_state : int
        Seed.
    progress : bool
        Show bars on stderr.
    **rank_options
        Passed to `perovex.explain.rank`.

    Returns
    -------
    Evidence
        With the reason where the data do not allow an explanation.
    """
    try:
        if explanation is None:
            explanation = explain(estimator, X, y, groups, random_state=random_state, progress=progress)
        skilled = skill(explanation)
        if ranking is None and skilled.above_chance:
            options: dict[str, Any] = {"drop": "none", "n_permutations": 0} | rank_options
            ranking = rank(explanation, progress=progress, **options)
    except PerovexError as error:
        n_groups = len(X) if groups is None else len(pd.unique(np.asarray(groups)))
        return Evidence(
            target, len(X), n_groups, None, transfer=transfer, associations=associations, reason=error.cause
        )
    sizes = explanation.n_rows, explanation.n_groups
    return Evidence(target, *sizes, explanation, ranking, skilled, transfer, associations)
