"""What could say where a prediction is worse, and whether it does: rank correlation with held-out errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex.learn import metrics
from perovex.learn.tables import as_groups

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

SPREAD = "spread of the members"
PROCESS = "standard deviation of the Gaussian process"


def model_scatter(model: Any, X: Any) -> pd.DataFrame:
    """Return what a fitted regressor knows of its own doubt: how far its members lie apart, its process's deviation.

    Parameters
    ----------
    model : YoungModulusRegressor
        Fitted.
    X : DataFrame, shape (n_rows, n_descriptors)

    Returns
    -------
    pandas.DataFrame
        In the unit of the target (a deviation of the logarithm times the prediction); without the columns that the
        algorithm does not have.
    """
    members, table, size = _members(model, X)
    out = {}
    if len(members) > 1:
        out[SPREAD] = np.std([np.asarray(m.predict(table), dtype=float) for m in members], axis=0) * size
    deviation = _deviation(members, table)
    if deviation is not None:
        out[PROCESS] = deviation * size
    return pd.DataFrame(out, index=getattr(X, "index", None))


def process_deviation(model: Any, X: Any) -> NDArray[np.float64] | None:
    """Return the standard deviation that the Gaussian process among a regressor's members gives each row.

    Parameters
    ----------
    model : YoungModulusRegressor
        Fitted.
    X : DataFrame, shape (n_rows, n_descriptors)

    Returns
    -------
    ndarray, shape (n_rows,), or None
        In the unit of the target (a deviation of the logarithm times the prediction); None where no member is a
        Gaussian process.

    Examples
    --------
    >>> from perovex.learn import YoungModulusRegressor
    >>> X = pd.DataFrame({"a": np.linspace(0, 1, 30)})
    >>> model = YoungModulusRegressor("gaussian_process", interval_folds=0).fit(X, 5 + X["a"])
    >>> near, far = process_deviation(model, pd.DataFrame({"a": [0.5, 30.0]}))
    >>> bool(far > near)
    True
    """
    members, table, size = _members(model, X)
    deviation = _deviation(members, table)
    return None if deviation is None else deviation * size


def _members(model: Any, X: Any) -> tuple[list[Any], Any, NDArray[np.float64]]:
    """Fitted members, the table that they see, and what their deviations are multiplied by."""
    inner = model.model_
    table = model._take(model._read(X))  # noqa: SLF001 - what its members see
    size = model.predict(X) if model.log_target else np.ones(len(table))
    return list(getattr(inner, "models_", [inner])), table, size


def _deviation(members: list[Any], table: Any) -> NDArray[np.float64] | None:
    for member in members:
        last = member.steps[-1][1] if hasattr(member, "steps") else member
        if hasattr(last, "log_marginal_likelihood"):
            seen = member[:-1].transform(table) if hasattr(member, "steps") else table
            return np.asarray(last.predict(seen, return_std=True)[1], dtype=float)
    return None


def error_ranking(
    errors: ArrayLike,
    scores: pd.DataFrame,
    groups: ArrayLike | None = None,
    *,
    n_resamples: int = 1000,
    level: float = 0.95,
    random_state: int | None = 0,
) -> pd.DataFrame:
    """Ask of every score whether larger ones go with larger errors.

    Parameters
    ----------
    errors : array_like, shape (n_rows,)
        Absolute held-out errors.
    scores : DataFrame, shape (n_rows, n_scores)
        One column per score, larger where the model should be worse.
    groups : array_like, shape (n_rows,), optional
        Spacers, which the interval resamples.
    n_resamples, level, random_state
        Of the interval.

    Returns
    -------
    pandas.DataFrame
        Index: score. ``spearman`` with absolute errors, ``lower`` and ``upper``, ``n_rows``, ``n_groups``; a score
        whose interval holds zero does not rank errors.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> doubt = rng.uniform(1, 3, 200)
    >>> table = error_ranking(doubt * rng.uniform(0.5, 1.5, 200), pd.DataFrame({"doubt": doubt}))
    >>> bool(table.loc["doubt", "lower"] > 0.5)
    True
    """
    error = np.asarray(errors, dtype=float)
    labels = as_groups(groups, len(error)).to_numpy()
    rows = {}
    for name in scores:
        score = scores[name].to_numpy(dtype=float)
        known = np.isfinite(score) & np.isfinite(error)
        codes, names = pd.factorize(labels[known])
        counts = np.vstack([np.ones((1, len(names))), metrics.bootstrap_counts(len(names), n_resamples, random_state)])
        drawn = metrics.resampled(metrics.spearman, error[known], score[known], counts, codes)
        lower, upper = metrics.bootstrap_interval(drawn[1:], len(names), level)
        numbers = {"spearman": float(drawn[0]), "lower": lower, "upper": upper}
        rows[name] = {**numbers, "n_rows": int(known.sum()), "n_groups": len(names)}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("score")
