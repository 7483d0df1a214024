"""Which way groups of correlated descriptors act, as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from perovex._seeds import stream
from perovex.explain.statistics import SURE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perovex.explain.attribution.explanation import Explanation
    from perovex.explain.importance.ranking import Ranking


def group_directions(
    explanation: Explanation, ranking: Ranking, *, n: int = 10, n_resamples: int = 200, level: float = 0.9
) -> pd.DataFrame:
    """Return the rank correlation of each leading group's summed SHAP values with its leading descriptor.

    Single members of a group share its credit as the model happens to split it; their sum is what the group does.

    Parameters
    ----------
    explanation : Explanation
        Of held-out rows.
    ranking : Ranking
        Of the same explanation.
    n : int
        Leading groups.
    n_resamples : int
        Draws of groups of rows (spacers) for the intervals.
    level : float
        Confidence level.

    Returns
    -------
    DataFrame
        Index: leaders. ``spearman``, ``lower``, ``upper`` and ``direction``: ``"increasing"`` or ``"decreasing"`` where
        the interval leaves zero out and the correlation is at least 0.3 in size, else ``"undecided"``.
    """
    labels = np.unique(np.asarray(explanation.problem.groups), return_inverse=True)[1]
    rows_of = [np.flatnonzero(labels == label) for label in range(labels.max() + 1)]
    rng = stream(explanation.random_state, "directions of groups")
    draws = [
        np.concatenate([rows_of[k] for k in rng.integers(len(rows_of), size=len(rows_of))]) for _ in range(n_resamples)
    ]
    tail = (1 - level) / 2
    directions = {}
    for name, members in ranking.groups["members"].head(n).items():
        leader = str(name)
        value = explanation.X[leader].to_numpy(float)
        effect = explanation.values[list(members)].to_numpy(float).sum(axis=1)
        rho = _spearman(value, effect)
        lower, upper = np.nanquantile([_spearman(value[draw], effect[draw]) for draw in draws], [tail, 1 - tail])
        sure = abs(rho) >= SURE and (lower > 0 or upper < 0)
        way = "increasing" if rho > 0 else "decreasing"
        directions[leader] = {
            "spearman": rho,
            "lower": lower,
            "upper": upper,
            "direction": way if sure else "undecided",
        }
    return pd.DataFrame.from_dict(directions, orient="index").rename_axis("correlation_group")


def _spearman(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Rank correlation of known values; 0 where one of them does not vary."""
    known = np.isfinite(x) & np.isfinite(y)
    a, b = rankdata(x[known]), rankdata(y[known])
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / norm if norm > 0 else 0.0
