"""Scores of a transfer test: every model and baseline on the same target rows."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex._progress import progress_bar
from perovex.explain.correlation import within
from perovex.explain.statistics import group_mean_interval
from perovex.explain.transfer import adaptation
from perovex.explain.transfer.strategies import ALL, HELD_OUT, MEANS, MODELS, VARIANTS, Domains
from perovex.learn import metrics
from perovex.learn.held_out import takes_weights

RESIDUAL, WEIGHTED = "source only, residual corrected", "source only, weighted"
_LEVEL = ("loss", "loss_lower", "loss_upper", "gain", "gain_lower", "gain_upper")
_RESAMPLES = 1000
_RANK_LEVEL = 0.95  # a verdict on ranks rests on one side of it

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


def score_all(
    domains: Domains,
    families: Mapping[str, Sequence[str]],
    primary: tuple[str, ...],
    *,
    full: bool,
    progress: bool,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score every strategy, model and family of descriptors; returns the scores and the predictions."""
    known: dict[str, list[str]] = {}
    for family, members in families.items():
        known[family] = [column for column in members if column in domains.problem.X.columns]
    plan = _plan(known, primary)
    y = domains.problem.y.to_numpy(dtype=float)[domains.target]
    predictions = pd.DataFrame({"y": y}, index=domains.problem.X.index[domains.target])
    baselines = {variant: domains.means(variant) for variant in VARIANTS}
    rows = []
    for variant, model, family in progress_bar(plan, desc="transfer", shown=progress, leave=False):
        columns = None if family == ALL else known[family]
        prediction = domains.predict(variant, MODELS[model], columns=columns)
        rows.append(_score(domains, variant, model, family, prediction, baselines[variant]))
        if family == ALL:
            predictions[f"{model}, {variant}"] = prediction
    for variant in VARIANTS:
        for name, prediction in baselines[variant].items():
            rows.append(_score(domains, variant, name, "", prediction, baselines[variant]))
            predictions[f"{name}, {variant}"] = prediction
    if full:
        for name, prediction in _adapted(domains, predictions[f"source only, {HELD_OUT}"].to_numpy()).items():
            rows.append(_score(domains, HELD_OUT, name, ALL, prediction, baselines[HELD_OUT]))
            predictions[f"{name}, {HELD_OUT}"] = prediction
    return pd.DataFrame(rows), predictions


def _plan(families: Mapping[str, Sequence[str]], primary: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Variants, models and families to score: whole for all descriptors and primary families, one model for others."""
    every = list(product(VARIANTS, MODELS))
    plan = [(variant, model, ALL) for variant, model in every]
    for family, members in families.items():
        if members and family in primary:
            plan += [(variant, model, family) for variant, model in every]
        elif members:
            plan.append((HELD_OUT, "source only", family))
    return plan


def score_families(domains: Domains, families: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Score the source model of each family, spacers held out."""
    baselines = domains.means(HELD_OUT)
    rows = []
    for family, members in families.items():
        columns = [c for c in members if c in domains.problem.X.columns]
        if columns:
            prediction = domains.predict(HELD_OUT, MODELS["source only"], columns=columns)
            rows.append(_score(domains, HELD_OUT, "source only", family, prediction, baselines))
    return pd.DataFrame(rows)


def _adapted(domains: Domains, plain: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Predictions of the source model after each adaptation that the estimator allows."""
    out = {RESIDUAL: adaptation.residual_corrected(domains, HELD_OUT, plain)}
    if takes_weights(domains.problem.estimator):
        out[WEIGHTED] = adaptation.importance_weighted(domains, HELD_OUT)
    return out


def compare_adaptations(domains: Domains, predictions: pd.DataFrame) -> pd.DataFrame:
    """Compare each adaptation with the plain source model, crystal by crystal.

    Returns
    -------
    DataFrame
        Index: adaptations. ``loss``, ``gain`` over the plain source model (positive is better) with
        ``gain_lower`` and ``gain_upper`` over target groups, and ``wins`` (the whole interval is above zero).
    """
    groups = domains.problem.groups[domains.target]
    plain = domains.loss(predictions[f"source only, {HELD_OUT}"].to_numpy())
    rows = {}
    for name in (RESIDUAL, WEIGHTED):
        column = f"{name}, {HELD_OUT}"
        if column not in predictions:
            continue
        loss = domains.loss(predictions[column].to_numpy())
        known = np.isfinite(loss) & np.isfinite(plain)
        if not known.any():
            continue
        codes = pd.factorize(groups[known])[0].astype(np.int64)
        gain, lower, upper = group_mean_interval((plain - loss)[None, known], codes)
        rows[name] = {"loss": float(loss[known].mean()), "gain": gain, "gain_lower": lower, "gain_upper": upper}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["loss", "gain", "gain_lower", "gain_upper"])
    table["wins"] = table["gain_lower"] > 0
    table.index.name = "adaptation"
    return table


def _score(
    domains: Domains,
    variant: str,
    model: str,
    family: str,
    prediction: NDArray[np.float64],
    baselines: Mapping[str, NDArray[np.float64]],
) -> dict[str, Any]:
    """Score one prediction: its level by the gain over the better of the two mean baselines, its ranks apart."""
    row: dict[str, Any] = {"variant": variant, "model": model, "family": family}
    losses = {name: domains.loss(p) for name, p in baselines.items() if name in MEANS}
    loss = domains.loss(prediction)
    known = np.isfinite(loss) & np.all([np.isfinite(v) for v in losses.values()], axis=0)
    row["n_predicted"] = int(known.sum())
    if not known.any():
        return row | dict.fromkeys((*_LEVEL, *rank_columns(domains)), float("nan"))
    codes = pd.factorize(domains.problem.groups[domains.target][known])[0].astype(np.int64)
    best = min(losses.values(), key=lambda v: v[known].mean())
    values = [
        *group_mean_interval(loss[None, known], codes),
        *group_mean_interval((best - loss)[None, known], codes),
    ]
    row |= dict(zip(_LEVEL, values, strict=True))
    return row | _ranks(domains, prediction, known, codes)


def rank_columns(domains: Domains) -> list[str]:
    """Return the columns that say how well target crystals are ordered."""
    names = ["auc" if domains.problem.classifier else "spearman"]
    names += [f"spearman given {domains.given_name}"] if domains.given is not None else []
    return [f"{name}{end}" for name in names for end in ("", "_lower", "_upper")]


def _ranks(
    domains: Domains, prediction: NDArray[np.float64], known: NDArray[np.bool_], codes: NDArray[np.int64]
) -> dict[str, float]:
    """How well the order of target crystals is told, whatever their level: as it is, and within strata."""
    y = domains.problem.y.to_numpy(dtype=float)[domains.target][known]
    guess = prediction[known]
    nothing = dict.fromkeys(rank_columns(domains), float("nan"))
    if np.ptp(guess) == 0 or np.ptp(y) == 0:
        return nothing
    metric = metrics.roc_auc if domains.problem.classifier else metrics.spearman
    values = list(_with_interval(metric, y, guess, codes))
    if domains.given is not None:
        strata = pd.factorize(domains.given[domains.target][known])[0]
        values += _with_interval(metrics.pearson, within(y, strata), within(guess, strata), codes)
    return dict(zip(nothing, values, strict=True))


def _with_interval(
    metric: Any, y: NDArray[np.float64], guess: NDArray[np.float64], codes: NDArray[np.int64]
) -> tuple[float, float, float]:
    """Score with its interval over groups."""
    n = int(codes.max()) + 1
    counts = np.vstack([np.ones((1, n)), metrics.bootstrap_counts(n, _RESAMPLES, 0)])
    drawn = metrics.resampled(metric, y, guess, counts, codes)
    return float(drawn[0]), *metrics.bootstrap_interval(drawn[1:], n, _RANK_LEVEL)
