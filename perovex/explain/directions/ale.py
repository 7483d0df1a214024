"""Accumulated local effects: what the model does when one descriptor moves and the others stay plausible.

References
----------
Apley and Zhu, Visualizing the effects of predictor variables in black box supervised learning models,
J. R. Stat. Soc. B 82, 1059 (2020), 10.1111/rssb.12377.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from perovex.explain.tables import predict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perovex.explain.attribution.explanation import Explanation


def accumulated_local_effects(explanation: Explanation, descriptor: str, *, bins: int = 10) -> pd.DataFrame:
    """First-order accumulated local effects of one descriptor, averaged over the fitted models.

    Parameters
    ----------
    explanation : Explanation
        Holds the models.
    descriptor : str
        Column.
    bins : int
        Quantile bins; fewer where values repeat.

    Returns
    -------
    DataFrame
        ``value`` (bin edges), ``effect`` (centred, unit of the target or probability of the positive class),
        ``lower`` and ``upper`` (spread over models, 5 % to 95 %), ``n`` (crystals in the bin below the edge).
        Empty where the descriptor takes fewer than two values.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sklearn.ensemble import ExtraTreesRegressor
    >>> from perovex.explain import explain
    >>> X = pd.DataFrame({"angle": np.linspace(140, 180, 60)})
    >>> explanation = explain(ExtraTreesRegressor(30), X, X["angle"] / 10, n_repeats=1, progress=False)
    >>> effect = accumulated_local_effects(explanation, "angle")["effect"]
    >>> bool(abs(effect.iloc[-1] - effect.iloc[0] - 4) < 0.5)
    True
    """
    column = explanation.X[descriptor].to_numpy()
    known = np.flatnonzero(np.isfinite(column))
    edges = np.unique(np.quantile(column[known], np.linspace(0, 1, bins + 1))) if len(known) else np.empty(0)
    if len(edges) < 2:
        return pd.DataFrame(columns=["value", "effect", "lower", "upper", "n"], dtype=float)
    bin_of = np.clip(np.searchsorted(edges, column[known], side="left") - 1, 0, len(edges) - 2)
    counts = np.bincount(bin_of, minlength=len(edges) - 1)
    low, high = explanation.X.iloc[known].copy(), explanation.X.iloc[known].copy()
    low[descriptor], high[descriptor] = edges[bin_of], edges[bin_of + 1]
    both = pd.concat([low, high])
    curves = np.array(
        [
            _accumulate(predict(fold.model, both, classifier=explanation.problem.classifier), bin_of, counts)
            for fold in explanation.folds
        ]
    )
    lower, upper = np.quantile(curves, [0.05, 0.95], axis=0)
    return pd.DataFrame(
        {
            "value": edges,
            "effect": curves.mean(axis=0),
            "lower": lower,
            "upper": upper,
            "n": np.concatenate([[0], counts]),
        }
    )


def _accumulate(
    predicted: NDArray[np.float64], bin_of: NDArray[np.int64], counts: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Mean local differences per bin, summed up and centred on the crystals."""
    low, high = np.split(predicted, 2)
    local = np.bincount(bin_of, weights=high - low, minlength=len(counts)) / np.maximum(counts, 1)
    curve = np.concatenate([[0.0], np.cumsum(local)])
    middle = (curve[:-1] + curve[1:]) / 2
    centred: NDArray[np.float64] = curve - (middle * counts).sum() / max(counts.sum(), 1)
    return centred
