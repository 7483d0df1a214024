"""Whether changes of descriptors within matched series explain the change of a modulus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import LeaveOneGroupOut
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from perovex.explain.correlation import spearman_matrix
from perovex.explain.statistics import bootstrap_groups, holm, interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MIN_CLUSTERS = 4


def changes_explained(
    pairs: pd.DataFrame,
    cluster: str,
    target: str,
    descriptors: list[str],
    n_permutations: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Correlate changes one descriptor at a time; significance by exchanging changes within each step.

    Parameters
    ----------
    pairs : DataFrame
        Changes of all columns, with ``from`` and ``to``.
    cluster, target : str
        Columns of the cluster and of the target.
    descriptors : list of str
        Columns to correlate with the target.
    n_permutations : int
        Exchanges, at most 500.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    DataFrame
        See `MatchedSeries.explained_by`.
    """
    names = ["spearman", "within_step", "lower", "upper", "n_pairs", "p", "p_holm"]
    rows: dict[str, Any] = {}
    resampled: dict[bytes, Any] = {}  # descriptors with the same gaps share exchanges and draws
    step = pairs.groupby(["from", "to"]).ngroup()
    for name in descriptors:
        known = pairs[name].notna() & pairs[target].notna()
        part = pairs.loc[known, [target, name]]
        if len(part) < 5 or part[name].nunique() < 2:
            continue
        plain = float(spearman_matrix(part).to_numpy()[0, 1])
        centred = part - part.groupby(step[known]).transform("mean")
        a = centred[target].rank().to_numpy(dtype=float)
        b = centred[name].rank().to_numpy(dtype=float)
        within = float(spearman_matrix(centred).to_numpy()[0, 1])
        strata = np.asarray(step[known], dtype=np.int64)
        key = known.to_numpy().tobytes()
        if key not in resampled:
            codes = pd.factorize(pairs.loc[known, cluster])[0].astype(np.int64)
            orders = _exchanges(strata, min(n_permutations, 500), rng)
            resampled[key] = orders, [bootstrap_groups(codes, rng)[0] for _ in range(200)]
        orders, draws = resampled[key]
        null = (a - a.mean())[orders] @ (b - b.mean()) / max(len(a) * a.std() * b.std(), 1e-300)
        p = (1 + (np.abs(null) >= abs(within) - 1e-12).sum()) / (1 + len(null)) if np.isfinite(within) else np.nan
        lower, upper = interval([_correlation(a[d], b[d]) for d in draws])
        rows[name] = {
            "spearman": plain,
            "within_step": within,
            "lower": lower,
            "upper": upper,
            "n_pairs": len(part),
            "p": p,
        }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=names[:-1])
    table["p_holm"] = holm(table["p"].tolist())
    table.index.name = "descriptor"
    return table.sort_values("p", kind="stable")


def _exchanges(strata: NDArray[np.int64], n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw orders that exchange rows within strata only, shape (n, rows)."""
    orders = np.tile(np.arange(len(strata)), (n, 1))
    for stratum in np.unique(strata):
        inside = np.flatnonzero(strata == stratum)
        orders[:, inside] = rng.permuted(np.tile(inside, (n, 1)), axis=1)
    return orders


def _correlation(a: NDArray[Any], b: NDArray[Any]) -> float:
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def changes_together(pairs: pd.DataFrame, cluster: str, target: str, descriptors: list[str]) -> dict[str, float]:
    """Predict the target's change from all descriptors' changes, each cluster by a model that has not seen it.

    A ridge regression on changes from which the mean change of the step (over the other clusters) was taken, so
    that what a step does to everything alike earns nothing.

    Parameters
    ----------
    pairs : DataFrame
        Changes of all columns, with ``from`` and ``to``.
    cluster, target : str
        Columns of the cluster and of the target.
    descriptors : list of str
        Columns to predict from; those that miss a value are left out.

    Returns
    -------
    dict
        See `MatchedSeries.together`.
    """
    known = pairs[pairs[target].notna()].reset_index(drop=True)
    used = [d for d in descriptors if known[d].notna().all() and known[d].nunique() > 1]
    codes = pd.factorize(known[cluster])[0].astype(np.int64) if len(known) else np.empty(0, dtype=np.int64)
    if not used or len(np.unique(codes)) < _MIN_CLUSTERS:
        return {}
    step = known.groupby(["from", "to"]).ngroup().to_numpy()
    values = known[[target, *used]].to_numpy(dtype=float)
    truth, predicted = np.zeros(len(known)), np.zeros(len(known))
    for train, test in LeaveOneGroupOut().split(values, groups=codes):
        overall = values[train].mean(axis=0)
        means = {s: values[train][step[train] == s].mean(axis=0) for s in np.unique(step[train])}
        centred = values - np.array([means.get(s, overall) for s in step])
        # The penalty is chosen on clusters too: rows of one cluster would vouch for each other.
        inner = list(LeaveOneGroupOut().split(values[train], groups=codes[train]))
        model = make_pipeline(StandardScaler(), RidgeCV(np.logspace(0, 5, 6), cv=inner))
        model.fit(centred[train, 1:], centred[train, 0])
        predicted[test], truth[test] = model.predict(centred[test, 1:]), centred[test, 0]
    missed, total = (truth - predicted) ** 2, truth**2
    if not total.sum() > 0:
        return {}
    rng = np.random.default_rng(0)
    rows = [bootstrap_groups(codes, rng)[0] for _ in range(500)]
    lower, upper = interval([1 - missed[r].sum() / max(total[r].sum(), 1e-300) for r in rows])
    return {
        "r2": float(1 - missed.sum() / total.sum()),
        "r2_lower": lower,
        "r2_upper": upper,
        "n_pairs": len(known),
        "n_descriptors": len(used),
    }
