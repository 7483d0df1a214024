"""How the ranking of descriptors differs between two domains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from perovex.explain.attribution.draws import draw_models
from perovex.explain.attribution.held_out import explain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perovex.explain.transfer.strategies import Domains


def ranking_shift(
    domains: Domains, *, n_resamples: int = 20, level: float = 0.9, progress: bool = False
) -> pd.DataFrame:
    """Share of importance of each descriptor in two domains, explained separately on held-out rows.

    Parameters
    ----------
    domains : Domains
        The two domains.
    n_resamples : int
        Models per domain, each fitted on resampled groups and explained on the groups left out: without refitting
        the intervals would miss most of what a ranking depends on.
    level : float
        Coverage of the intervals.
    progress : bool
        Show bars on stderr.

    Returns
    -------
    DataFrame
        Index: descriptors, largest change first. ``share_source``, ``share_target``, ``difference`` (target
        minus source) with ``difference_lower`` and ``difference_upper``, ``rank_source``, ``rank_target``.

    Raises
    ------
    ModelInputError
        If one domain alone is too small to explain.
    """
    shares, point = [], []
    for rows in (domains.source, domains.target):
        part = domains.problem.take(rows)
        names = [part.group_names[i] for i in part.groups]
        explanation = explain(
            part.estimator,
            part.X,
            part.y,
            names,
            n_splits=domains.n_splits,
            n_repeats=1,
            random_state=domains.seed,
            progress=progress,
        )
        point.append(_share(np.abs(explanation.repeats).mean(axis=(0, 1))))
        draws = draw_models(explanation, n_resamples=n_resamples, progress=progress)
        shares.append(np.array([_share(np.abs(d.values).mean(axis=0)) for d in draws]))
    tail = (1 - level) / 2
    every = (shares[1][:, None, :] - shares[0][None, :, :]).reshape(-1, len(point[0]))  # any model against any
    lower, upper = np.quantile(every, [tail, 1 - tail], axis=0)
    table = pd.DataFrame(
        {
            "share_source": point[0],
            "share_target": point[1],
            "difference": point[1] - point[0],
            "difference_lower": lower,
            "difference_upper": upper,
            "rank_source": rankdata(-point[0]),
            "rank_target": rankdata(-point[1]),
        },
        index=pd.Index(domains.problem.X.columns, name="descriptor"),
    )
    order = table["difference"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order]


def _share(importance: NDArray[np.float64]) -> NDArray[np.float64]:
    share: NDArray[np.float64] = importance / max(float(importance.sum()), 1e-300)
    return share
