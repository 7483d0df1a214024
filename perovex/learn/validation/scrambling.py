"""y-scrambling: how good a model looks when there is nothing to learn."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from joblib import delayed
from sklearn.base import is_classifier

from perovex._json import json_safe
from perovex._progress import progress_bar
from perovex._seeds import stream
from perovex._workers import workers
from perovex.errors import ModelInputError
from perovex.learn.held_out import class_target, learns_modulus
from perovex.learn.metrics import LOWER_IS_BETTER, roc_auc
from perovex.learn.provenance import provenance
from perovex.learn.tables import as_groups, as_table, as_target
from perovex.learn.validation.evaluation import evaluate

if TYPE_CHECKING:
    from perovex.learn.validation.result import Evaluation

_BATCH = 10


@dataclass
class Scrambling:
    """Result of `y_scrambling`.

    Attributes
    ----------
    metric : str
    observed : float
        Score with the true target.
    null : ndarray
        Scores with shuffled targets, as many as were run; NaN where a shuffle could not be validated.
    p_value : float
        (1 + number of shuffles at least as good) / (1 + number of shuffles); where the test stopped early, the
        number of shuffles at least as good over the number of shuffles.
    settings : dict
        How the test was made.
    of_class : Scrambling or None
        The same shuffles, scored by how well the predicted modulus tells stiff from soft; only with a `threshold`.
    """

    metric: str
    observed: float
    null: np.ndarray
    p_value: float
    settings: dict[str, Any] = field(default_factory=dict)
    of_class: Scrambling | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dictionary."""
        return json_safe(
            {
                "metric": self.metric,
                "observed": self.observed,
                "p_value": self.p_value,
                "null": self.null,
                "null_mean": float(np.nanmean(self.null)),
                "settings": self.settings,
            }
        )


def shuffle_target(y: pd.Series, groups: pd.Series, rng: np.random.Generator) -> pd.Series:
    """Shuffle a target but keep rows of one spacer alike.

    Values are shuffled within each group, the groups are put in random order, and the resulting sequence is
    laid over the rows sorted by group. What a group has in common survives, so that the null is not narrower
    than the number of independent spacers allows; every relation with descriptors is broken.

    Parameters
    ----------
    y : Series, shape (n_rows,)
        Target.
    groups : Series, shape (n_rows,)
        Spacer of each row.
    rng : numpy.random.Generator

    Returns
    -------
    Series
        With the index of `y`.

    Examples
    --------
    >>> y, g = pd.Series([1.0, 2.0, 8.0, 9.0]), pd.Series(["a", "a", "b", "b"])
    >>> sorted(shuffle_target(y, g, np.random.default_rng(1)))
    [1.0, 2.0, 8.0, 9.0]
    """
    codes, names = pd.factorize(np.asarray(groups))
    values = y.to_numpy()
    drawn = [rng.permutation(values[codes == k]) for k in rng.permutation(len(names))]
    shuffled = np.empty_like(values)
    shuffled[np.argsort(codes, kind="stable")] = np.concatenate(drawn)
    return pd.Series(shuffled, index=y.index, name=y.name)


def y_scrambling(  # noqa: PLR0913 - choices of the user
    estimator: Any,
    X: Any,
    y: Any,
    groups: Any = None,
    *,
    n_permutations: int = 199,
    stop_after: int | None = 10,
    metric: str | None = None,
    threshold: float | None = None,
    random_state: int = 0,
    n_jobs: int = 1,
    progress: bool = False,
    **options: Any,
) -> Scrambling:
    """Test whether the held-out score could have come about by chance.

    Parameters
    ----------
    estimator, X, y, groups
        As in `evaluate`.
    n_permutations : int, default 199
        Shuffles at most; the smallest p-value that can come out is 1 / (n_permutations + 1).
    stop_after : int or None, default 10
        Stop once so many shuffles are at least as good as the true target: a model that does not beat chance
        costs few shuffles, one that does costs all of them. The p-value stays valid.
    metric : str, optional
        Default: ``"R2"`` or ``"ROC-AUC"``.
    threshold : float, optional
        Of a regression: also score how well predicted moduli rank crystals above and below this (ROC-AUC), on the same
        shuffles.
    random_state : int, default 0
    n_jobs : int, default 1
        Worker processes; the result does not depend on it.
    progress : bool, default False
        Show a progress bar on standard error.
    **options
        Passed to `evaluate` (``scheme``, ``meta``, ``n_splits``, ``n_repeats`` (default 1)).

    Returns
    -------
    Scrambling

    Raises
    ------
    ModelInputError
        As `evaluate`, or when most shuffles cannot be validated.

    References
    ----------
    Ruecker, Ruecker, Meringer, J. Chem. Inf. Model. 47, 2345 (2007), 10.1021/ci700157b. Stopping: Besag,
    Clifford, Biometrika 78, 301 (1991), 10.1093/biomet/78.2.301.

    Examples
    --------
    >>> from perovex.learn import YoungModulusRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame(rng.normal(size=(30, 3)), columns=["a", "b", "c"])
    >>> result = y_scrambling(YoungModulusRegressor("ridge"), X, 10 + 2 * X["a"], n_permutations=9)
    >>> result.p_value
    0.1
    """
    table = as_table(X)
    target = as_target(y, len(table), table.index)
    if is_classifier(estimator) and not learns_modulus(estimator):
        target, _ = class_target(estimator, target)
    labels = as_groups(groups, len(table))
    name = metric or ("ROC-AUC" if is_classifier(estimator) else "R2")
    fixed = {"n_repeats": 1, **options, "baselines": False, "n_resamples": 0, "random_state": random_state}
    first = evaluate(estimator, table, target, labels, **fixed)  # what cannot be validated is refused here
    true = np.array([first.score(name), _class_auc(first, threshold)])
    rng = stream(random_state, "y-scrambling")
    shuffles = [shuffle_target(target, labels, rng) for _ in range(n_permutations)]
    null = np.empty((0, 2))
    bar = progress_bar(total=n_permutations, desc="y-scrambling", shown=progress)
    with workers(n_jobs) as run:
        for start in range(0, n_permutations, _BATCH):  # of a fixed size, so that n_jobs changes nothing
            batch = shuffles[start : start + _BATCH]
            scored = run(delayed(_one)(estimator, table, y, labels, name, threshold, fixed) for y in batch)
            null = np.vstack([null, scored])
            bar.update(len(batch))
            as_good = np.column_stack([_as_good(null[:, 0], true[0], name), _as_good(null[:, 1], true[1], "ROC-AUC")])
            counted = as_good[:, :1] if threshold is None else as_good
            if stop_after and (counted.sum(axis=0) >= stop_after).all():
                enough = (np.cumsum(counted, axis=0) >= stop_after).all(axis=1)
                null = null[: int(np.argmax(enough)) + 1]
                break
    bar.close()
    asked = {"n_permutations": n_permutations, "random_state": random_state}
    settings = provenance(estimator, table, target, labels, **asked)
    of_class = None if threshold is None else _summed_up("ROC-AUC", true[1], null[:, 1], settings)
    return replace(_summed_up(name, true[0], null[:, 0], settings), of_class=of_class)


def _as_good(null: np.ndarray, observed: float, metric: str) -> np.ndarray:
    """Whether each shuffle is at least as good as the true target."""
    return null <= observed if metric in LOWER_IS_BETTER else null >= observed


def _summed_up(metric: str, observed: float, null: np.ndarray, settings: dict[str, Any]) -> Scrambling:
    valid = null[np.isfinite(null)]
    if len(valid) < len(null) / 2 or not len(valid):
        raise ModelInputError("most shuffles leave a fold with one class", remedy="choose a balanced threshold")
    hits = int(_as_good(valid, observed, metric).sum())
    stopped = len(null) < settings["n_permutations"]
    # a count that was run until enough hits came in is unbiased as it stands
    p_value = hits / len(valid) if stopped else (1 + hits) / (1 + len(valid))
    run = {"n_run": len(valid), "stopped": stopped}
    return Scrambling(metric, float(observed), null, float(p_value), settings | run)


def _class_auc(evaluation: Evaluation, threshold: float | None) -> float:
    """ROC-AUC of held-out predictions as scores of lying above a threshold, mean over repeats."""
    if threshold is None:
        return float("nan")
    scores = []
    for _, part in evaluation.predictions.groupby("repeat"):
        above = np.asarray(part["truth"] > threshold, dtype=np.float64)
        scores.append(roc_auc(above, part["prediction"].to_numpy(float), np.ones((1, len(part))))[0])
    return float(np.mean(scores))


def _one(
    estimator: Any,
    X: pd.DataFrame,
    y: pd.Series,
    groups: pd.Series,
    metric: str,
    threshold: float | None,
    fixed: dict[str, Any],
) -> tuple[float, float]:
    try:
        evaluation = evaluate(estimator, X, y, groups, **fixed)
    except ModelInputError:
        return float("nan"), float("nan")
    return evaluation.score(metric), _class_auc(evaluation, threshold)
