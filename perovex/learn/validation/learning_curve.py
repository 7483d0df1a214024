"""How the error falls with more spacers, and how many a target error would need."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import curve_fit
from sklearn.base import is_classifier

from perovex._json import json_safe
from perovex._progress import progress_bar
from perovex._seeds import seed_for, stream
from perovex.errors import ModelInputError
from perovex.learn import metrics
from perovex.learn.held_out import class_target, held_out
from perovex.learn.provenance import provenance
from perovex.learn.splits import folds_for
from perovex.learn.tables import as_groups, as_table, as_target, need_groups

_BEST = {"R2": 1.0, "Spearman": 1.0, "ROC-AUC": 1.0, "PR-AUC": 1.0, "MCC": 1.0, "balanced accuracy": 1.0}


@dataclass
class LearningCurve:
    """Held-out scores of models trained on ever more groups.

    Attributes
    ----------
    table : DataFrame
        ``n_groups``, ``n_rows`` (mean), ``value`` (mean over repeats), ``lower``, ``upper`` (range of 90 % of
        the repeats).
    runs : DataFrame
        Every repeat: ``repeat``, ``n_groups``, ``n_rows``, ``value``.
    metric : str
    settings : dict
        How the curve was made.
    """

    table: pd.DataFrame
    runs: pd.DataFrame
    metric: str
    settings: dict[str, Any] = field(default_factory=dict)

    def fit_power_law(self, runs: pd.DataFrame | None = None) -> tuple[float, float, float]:
        """Fit loss = a + b m**(-c) to mean losses at m training groups; return (a, b, c).

        Raises
        ------
        ModelInputError
            Fewer than four sizes, or the loss does not fall.
        """
        source = self.runs if runs is None else runs
        mean = source.groupby("n_groups")["value"].mean()
        m, loss = mean.index.to_numpy(float), self._loss(mean.to_numpy())
        if len(m) < 4:
            raise ModelInputError(f"{len(m)} sizes are too few to extrapolate", remedy="at least four")
        if np.polyfit(np.log(m), loss, 1)[0] >= 0:
            raise ModelInputError("the error does not fall with more groups: nothing to extrapolate")
        start = (0.5 * loss.min(), max(loss[0] - 0.5 * loss.min(), 1e-6) * m[0] ** 0.5, 0.5)
        bounds = ([0.0, 0.0, 0.05], [max(loss.max(), 1e-9), np.inf, 3.0])
        try:
            parameters, _ = curve_fit(_power, m, loss, p0=start, bounds=bounds, maxfev=20_000)
        except RuntimeError as error:
            raise ModelInputError(f"the learning curve cannot be fitted: {error}") from error
        return float(parameters[0]), float(parameters[1]), float(parameters[2])

    def needed(self, goal: float, *, n_resamples: int = 200, random_state: int = 0) -> dict[str, Any]:
        """Extrapolate how many spacers (and crystals, at the present number per spacer) reach a score.

        Parameters
        ----------
        goal : float
            Value of `metric`.

        Returns
        -------
        dict
            ``groups`` (inf where the curve levels off before), ``crystals``, ``lower`` and ``upper`` (90 %
            interval of groups over resampled repeats), ``floor`` (score at infinity) and ``beyond`` (needed
            over largest size seen: above about 3 the number is a guess).

        Raises
        ------
        ModelInputError
            As `fit_power_law`.
        """
        rng = stream(random_state, "repeats of a learning curve")
        law = self.fit_power_law()
        repeats = self.runs["repeat"].unique()
        parts = dict(iter(self.runs.groupby("repeat")))
        draws = []
        for _ in range(n_resamples):
            sample = pd.concat([parts[r] for r in rng.choice(repeats, len(repeats))])
            try:
                draws.append(self._solve(self.fit_power_law(sample), goal))
            except ModelInputError:
                draws.append(np.inf)
        groups = self._solve(law, goal)
        per_group = float((self.runs["n_rows"] / self.runs["n_groups"]).mean())
        lower, upper = np.quantile(draws, [0.05, 0.95], method="nearest")
        return {
            "groups": groups,
            "crystals": groups * per_group,
            "lower": float(lower),
            "upper": float(upper),
            "floor": float(self._loss(np.array([law[0]]))[0]),
            "beyond": groups / float(self.table["n_groups"].max()),
        }

    def _loss(self, value: np.ndarray) -> np.ndarray:
        """Distance from perfect; its own inverse for scores, identity for errors."""
        return _BEST[self.metric] - value if self.metric in _BEST else value

    def _solve(self, law: tuple[float, float, float], goal: float) -> float:
        a, b, c = law
        loss = float(self._loss(np.array([goal]))[0])
        return float((b / (loss - a)) ** (1 / c)) if loss > a and b > 0 else float("inf")

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dictionary."""
        return json_safe({"metric": self.metric, "table": self.table, "settings": self.settings})

    def power_law(self, n_groups: np.ndarray) -> np.ndarray:
        """Return the fitted law at numbers of training groups.

        Raises
        ------
        ModelInputError
            If the curve does not fall, so that there is no law.
        """
        return np.asarray(self._loss(_power(np.asarray(n_groups, dtype=float), *self.fit_power_law())))


def _power(m: np.ndarray, a: float, b: float, c: float) -> np.ndarray:
    return a + b * m ** (-c)


def learning_curve(  # noqa: PLR0913 - choices of the user
    estimator: Any,
    X: Any,
    y: Any,
    groups: Any = None,
    *,
    metric: str | None = None,
    fractions: tuple[float, ...] = (0.2, 0.35, 0.5, 0.75, 1.0),
    n_splits: int = 5,
    n_repeats: int = 5,
    random_state: int = 0,
    progress: bool = False,
) -> LearningCurve:
    """Train on ever more groups of each training part and score on the same held-out rows.

    Parameters
    ----------
    estimator, X, y, groups
        As in `evaluate`.
    metric : str, optional
        Default: ``"MAE"`` or ``"ROC-AUC"``.
    fractions : tuple of float
        Shares of the training groups, at least two groups each.
    n_splits, n_repeats : int
        Folds of groups, and repeats with other folds and subsets.
    random_state : int, default 0
    progress : bool, default False

    Returns
    -------
    LearningCurve

    Raises
    ------
    ModelInputError
        Fewer than four groups, or a score that is nowhere defined.

    Examples
    --------
    >>> from perovex.learn import YoungModulusRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame(rng.normal(size=(60, 5)), columns=list("abcde"))
    >>> y = 10 + X["a"] + 0.3 * rng.normal(size=60)
    >>> curve = learning_curve(YoungModulusRegressor("ridge"), X, y, np.arange(60) // 3, n_repeats=2)
    >>> bool(curve.table["value"].iloc[-1] < curve.table["value"].iloc[0])
    True
    """
    table = as_table(X)
    classify = is_classifier(estimator)
    target = as_target(y, len(table), table.index)
    target = class_target(estimator, target)[0] if classify else target.astype(float)
    labels = as_groups(groups, len(table))
    need_groups(labels, 4, "a learning curve")
    name = metric or ("ROC-AUC" if classify else "MAE")
    scores = metrics.CLASSIFICATION if classify else metrics.REGRESSION
    if name not in scores:
        raise ModelInputError(f"unknown metric {name!r}", remedy=f"one of {', '.join(scores)}")
    rows = []
    for repeat in progress_bar(range(n_repeats), desc="learning curve", shown=progress):
        seed = seed_for(random_state, "learning curve", repeat)
        folds = folds_for("group", table, target, labels, classify=classify, n_splits=n_splits, random_state=seed)
        for fraction in fractions:
            entry = _at_fraction(estimator, (table, target, labels), folds, fraction, seed)
            if entry is not None:
                truth, guess, n_groups, n_rows = entry
                value = float(scores[name](truth, guess, np.ones((1, len(truth))))[0])
                rows.append({"repeat": repeat, "n_groups": n_groups, "n_rows": n_rows, "value": value})
    runs = pd.DataFrame(rows).dropna()
    if runs.empty:
        raise ModelInputError("the score is undefined at every size", remedy="add crystals of both classes")
    spread = runs.groupby("n_groups")
    curve = pd.DataFrame(
        {
            "n_rows": spread["n_rows"].mean(),
            "value": spread["value"].mean(),
            "lower": spread["value"].quantile(0.05),
            "upper": spread["value"].quantile(0.95),
        }
    ).reset_index()
    settings = provenance(
        estimator, table, target, labels, n_splits=n_splits, n_repeats=n_repeats, random_state=random_state
    )
    return LearningCurve(curve, runs, name, settings)


def _at_fraction(
    estimator: Any, data: tuple[pd.DataFrame, pd.Series, pd.Series], folds: Any, fraction: float, seed: int
) -> tuple[np.ndarray, np.ndarray, int, float] | None:
    """Pooled held-out truth and predictions, number of training groups and mean number of rows."""
    table, target, labels = data
    truth, guess, sizes = [], [], []
    smallest = min(labels.iloc[train].nunique() for train, _ in folds)
    count = max(2, round(fraction * smallest))
    for k, (train, test) in enumerate(folds):
        # the same order of groups at every size of a fold: subsets are nested, so that sizes compare
        order = stream(seed, "groups of a fold", k).permutation(np.unique(labels.iloc[train]))
        part = train[labels.iloc[train].isin(order[:count]).to_numpy()]
        if len(part) < 4 or target.iloc[part].nunique() < 2:
            return None
        part_of_fold = held_out(estimator, table, target, labels, part, test)
        truth.append(part_of_fold["truth"].to_numpy())
        guess.append(part_of_fold["prediction"].to_numpy())
        sizes.append(len(part))
    return np.concatenate(truth), np.concatenate(guess), count, float(np.mean(sizes))
