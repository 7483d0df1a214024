"""What helps after a shift of domain: weighting, correcting residuals, a few target crystals.

Also how well intervals made on the source cover the target.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from perovex._seeds import stream
from perovex.explain.statistics import group_mean_interval
from perovex.explain.tables import grouped_folds
from perovex.explain.transfer.domain_shift import domain_probability
from perovex.explain.transfer.strategies import HELD_OUT, Domains, source_only

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CLIP = 10.0  # weights beyond 10 let single source crystals dominate


def importance_weighted(domains: Domains, variant: str) -> NDArray[np.float64]:
    """Predict target rows by source models whose rows are weighted by their likeness to the target.

    Parameters
    ----------
    domains : Domains
        The two domains.
    variant : str
        Which spacers may be seen.

    Returns
    -------
    ndarray, shape (target rows,)
        Predictions. Weights are odds of belonging to the target, clipped to [0.1, 10].

    References
    ----------
    Sugiyama, Krauledat, Müller, Covariate shift adaptation by importance weighted cross validation,
    JMLR 8, 985 (2007).
    """
    problem = domains.problem
    both = np.concatenate([domains.source, domains.target])
    is_target = np.repeat([False, True], [len(domains.source), len(domains.target)])
    codes = pd.factorize(problem.groups[both])[0].astype(np.int64)
    p = domain_probability(problem.X.iloc[both], is_target, codes, random_state=domains.seed)
    p = np.clip(np.nan_to_num(p, nan=0.5), 0.01, 0.99)
    weight = np.ones(len(problem.X))
    weight[both] = np.clip(p / (1 - p), 1 / _CLIP, _CLIP)
    return domains.predict(variant, source_only, weight=weight)


def residual_corrected(domains: Domains, variant: str, prediction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shift source-only predictions by the mean residual of the other target crystals.

    Parameters
    ----------
    domains : Domains
        The two domains.
    variant : str
        Which target crystals may be used.
    prediction : ndarray, shape (target rows,)
        Source-only predictions of the same variant.

    Returns
    -------
    ndarray, shape (target rows,)
        Corrected predictions; a crystal's own residual is never used.
    """
    y = domains.problem.y.to_numpy(dtype=float)
    position = {int(row): i for i, row in enumerate(domains.target)}
    out = np.full(len(prediction), np.nan)
    for _source, others, held in domains.folds(variant):
        seen, new = [position[int(r)] for r in others], [position[int(r)] for r in held]
        known = [i for i in seen if np.isfinite(prediction[i])]
        if not known:
            continue
        shift = float(np.mean(y[domains.target[known]] - prediction[known]))
        corrected = prediction[new] + shift
        out[new] = np.clip(corrected, 1e-3, 1 - 1e-3) if domains.problem.classifier else corrected
    return out


def learning_curve(domains: Domains, *, sizes: tuple[int, ...] = (1, 2, 4)) -> pd.DataFrame:
    """Loss on held-out target groups as target groups are added to the source.

    Parameters
    ----------
    domains : Domains
        The two domains.
    sizes : tuple of int
        Numbers of target groups added; sizes with too few groups are left out. 0 and all groups are not
        repeated here: they are the source-only and the pooled model.

    Returns
    -------
    DataFrame
        ``n_target_groups``, ``n_target_crystals`` (mean over folds), ``loss``, ``loss_lower``,
        ``loss_upper``.
    """
    groups = domains.problem.groups
    codes = pd.factorize(groups[domains.target])[0].astype(np.int64)
    available = len(np.unique(codes)) - -(-len(np.unique(codes)) // max(2, domains.n_splits))
    rows = []
    for size in [s for s in sizes if s < available]:
        rng = stream(domains.seed, "target groups added", size)
        added: list[int] = []

        def some(
            source: NDArray[np.int64],
            others: NDArray[np.int64],
            size: int = size,
            rng: np.random.Generator = rng,
            added: list[int] = added,
        ) -> NDArray[np.int64]:
            names = np.unique(groups[others])
            chosen = rng.choice(names, size=min(size, len(names)), replace=False)
            extra = others[np.isin(groups[others], chosen)]
            added.append(len(extra))
            return np.concatenate([source, extra])

        loss = domains.loss(domains.predict(HELD_OUT, some))
        if np.isfinite(loss).all():
            mean, lower, upper = group_mean_interval(loss[None, :], codes)
            rows.append(
                {
                    "n_target_groups": size,
                    "n_target_crystals": float(np.mean(added)),
                    "loss": mean,
                    "loss_lower": lower,
                    "loss_upper": upper,
                }
            )
    return pd.DataFrame(rows, columns=["n_target_groups", "n_target_crystals", "loss", "loss_lower", "loss_upper"])


def coverage_under_shift(
    domains: Domains, prediction: NDArray[np.float64], *, nominal: float = 0.9
) -> dict[str, float]:
    """Coverage on the target of intervals calibrated on held-out groups of the source.

    Parameters
    ----------
    domains : Domains
        The two domains (regression only).
    prediction : ndarray, shape (target rows,)
        Source-only predictions with the spacer held out.
    nominal : float
        Coverage the intervals are made for (split conformal quantile of absolute residuals).

    Returns
    -------
    dict
        ``nominal``, ``half_width`` (unit of the target), ``coverage``, ``coverage_lower``, ``coverage_upper``
        (interval over target groups), ``half_width_needed`` (the one that would have covered the target).
    """
    source = domains.problem.take(domains.source)
    residual = np.full(len(source.X), np.nan)
    y = source.y.to_numpy(dtype=float)
    for train, test in grouped_folds(source, n_splits=domains.n_splits, random_state=domains.seed):
        residual[test] = np.abs(y[test] - source.predict(source.fit(train, seed=domains.seed), test))
    level = min(1.0, np.ceil((len(residual) + 1) * nominal) / len(residual))
    half = float(np.quantile(residual, level, method="higher"))
    missed = np.abs(domains.problem.y.to_numpy(dtype=float)[domains.target] - prediction)
    known = np.isfinite(missed)
    codes = pd.factorize(domains.problem.groups[domains.target][known])[0].astype(np.int64)
    mean, lower, upper = group_mean_interval((missed[known] <= half).astype(float)[None, :], codes)
    return {
        "nominal": nominal,
        "half_width": half,
        "coverage": mean,
        "coverage_lower": lower,
        "coverage_upper": upper,
        "half_width_needed": float(np.quantile(missed[known], nominal)),
    }
