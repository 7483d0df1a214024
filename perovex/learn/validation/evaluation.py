"""Out-of-fold validation: `evaluate`, whose result is `perovex.learn.validation.result.Evaluation`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import clone, is_classifier
from tqdm.auto import tqdm

from perovex.errors import ModelInputError, PerovexError
from perovex.learn.estimators.baselines import baseline_models
from perovex.learn.held_out import class_target, held_out, learns_modulus, of_fold
from perovex.learn.provenance import provenance
from perovex.learn.splits import fold_names, folds_for
from perovex.learn.tables import as_groups, as_table, as_target
from perovex.learn.validation.cautions import interval_warning, limits, shared_groups
from perovex.learn.validation.parts import COLUMNS, part_scores
from perovex.learn.validation.result import Evaluation
from perovex.learn.validation.score_table import score_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def evaluate(  # noqa: PLR0913 - each argument is a choice that the reader must be able to see
    estimator: Any,
    X: Any,
    y: Any,
    groups: Any = None,
    *,
    meta: pd.DataFrame | None = None,
    scheme: str = "group",
    n_splits: int = 5,
    n_repeats: int = 3,
    baselines: bool | Mapping[str, Any] = True,
    coverage: float | None = None,
    domain: Any = None,
    left_out: Sequence[str] = (),
    label_noise: float | None = None,
    unit: str = "GPa",
    n_resamples: int = 1000,
    random_state: int = 0,
    progress: bool = False,
) -> Evaluation:
    """Validate a model on rows it has not seen, beside baselines in the same folds.

    Parameters
    ----------
    estimator : classifier or regressor
        Cloned for every fold, with the next seed in each, so that the score is not that of one seed. Whatever it
        selects, tunes or calibrates in `fit` sees training rows only.
    X : DataFrame, shape (n_rows, n_descriptors)
    y : Series, shape (n_rows,)
        Moduli in GPa. For a classifier they are turned into labels once, on the whole table, by the
        estimator's `threshold`: what is asked must not change from fold to fold. Labels are also taken.
    groups : Series, optional
        Spacer of each row. Without it every row is its own group, and the result says so.
    meta : DataFrame, optional
        Rows as `X`: n, halide, stacking ... for schemes and for splitting results.
    scheme : str, default "group"
        ``"group"``, ``"leave-one-<column>-out"``, ``"leave-cluster-out"`` or ``"rows"``; see
        `splits.folds_for`.
    n_splits, n_repeats : int
        Folds (at most the number of groups) and repeats with other assignments; schemes that leave no choice
        are run once.
    baselines : bool or dict of str to estimator, default True
        Mean (or prior), nearest neighbour and linear model; or further named estimators besides these.
    coverage : float, optional
        Also record intervals by the estimator's ``predict_interval``.
    domain : ApplicabilityDomain, optional
        Fitted in every training part; flags stand in ``predictions["in_domain"]``.
    left_out : sequence of str
        Further schemes under which the model and the mean are scored once, such as ``"leave-one-source-out"`` and
        ``"leave-like-groups-out"``; one that the data do not allow becomes a warning.
    label_noise : float, optional
        Standard deviation of the labels in GPa; the scores that a perfect model would reach are then in
        ``settings["noise_floor"]``.
    unit : str, default "GPa"
        Of the target, for what is printed.
    n_resamples : int, default 1000
        Bootstrap resamples of groups.
    random_state : int, default 0
        Seed of folds and resamples.
    progress : bool, default False
        Show a progress bar on standard error.

    Returns
    -------
    Evaluation

    Raises
    ------
    ModelInputError
        What is asked cannot be estimated: one class only, fewer than two groups, fewer than six rows.

    Notes
    -----
    Intervals resample groups, so that they tell how the score would change with other spacers. They are cut
    further out than percentiles where groups are few (`metrics.expanded_level`); with nine groups they then
    hold in 91 of 100 simulated tables instead of 87, with six in 90 instead of 80
    (``benchmarks/score_intervals.py``). They do not
    tell how much the score would change with another training table. Predictions of all folds
    are scored together, so that the mean (or prior) predictor comes out slightly below chance in rank scores:
    each fold's constant leans away from the rows held out.

    Examples
    --------
    >>> from perovex.learn import YoungModulusRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame(rng.normal(size=(30, 3)), columns=["a", "b", "c"])
    >>> y = pd.Series(10 + 2 * X["a"])
    >>> result = evaluate(YoungModulusRegressor("ridge"), X, y, groups=np.arange(30) // 3, n_repeats=1)
    >>> result.score("R2") > 0.9 > result.score("R2", "mean")
    True
    """
    table = as_table(X)
    classify = is_classifier(estimator)
    given = as_target(y, len(table), table.index)
    target, threshold = class_target(estimator, given) if classify else (given.astype(float), None)
    if learns_modulus(estimator):
        if threshold is None:
            raise ModelInputError("a classifier that learns the modulus needs moduli", remedy='use learns="classes"')
        estimator = clone(estimator).set_params(threshold=threshold)  # the same question in every fold
    labels = as_groups(groups, len(table))
    aligned = _aligned(meta, table)
    _refuse_tiny(table, target, labels, classify)
    warnings = limits(labels, groups, scheme)
    models = {"model": estimator, **baseline_models(baselines, classify=classify, estimator=estimator)}
    split = {"meta": aligned, "classify": classify, "n_splits": n_splits}
    plans = [
        folds_for(scheme, table, target, labels, random_state=random_state + repeat, **split)
        for repeat in range(n_repeats if scheme in ("group", "rows") else 1)
    ]
    warnings += shared_groups(plans, labels, scheme)
    folds = [(r, k, *fold) for r, plan in enumerate(plans) for k, fold in enumerate(plan)]
    jobs = [(number, name) for number in range(len(folds)) for name in models]
    parts = []
    for number, name in tqdm(jobs, desc="evaluate", disable=not progress):
        repeat, k, train, test = folds[number]
        extra: dict[str, Any] = {"coverage": coverage, "domain": domain} if name == "model" else {}
        if learns_modulus(models[name]):
            extra["learnt"] = given
        part = held_out(of_fold(models[name], repeat, number), table, target, labels, train, test, **extra)
        parts.append(part.assign(model=name, repeat=repeat, fold=k))
    predictions = pd.concat(parts, ignore_index=True)
    if coverage is not None:
        warnings += interval_warning(predictions)
    scores, differences = score_table(predictions, classify, n_resamples, random_state)
    first_two = {name: models[name] for name in list(models)[:2]}
    beyond, refused = _scores_left_out(left_out, first_two, table, given, target, labels, n_resamples, split, coverage)
    warnings += refused
    settings = {
        "task": "classification" if classify else "regression",
        "target": getattr(estimator, "target", target.name),
        "unit": unit,
        "threshold": threshold,
        "scheme": scheme,
        "n_rows": len(table),
        "n_groups": int(labels.nunique()),
        "n_descriptors": table.shape[1],
        "n_splits": [len(plan) for plan in plans],
        "n_repeats": len(plans),
        "n_resamples": n_resamples,
        "coverage": coverage,
        "random_state": random_state,
        "noise_floor": None if classify or label_noise is None else noise_floor(target, label_noise),
    }
    settings = provenance(estimator, table, target, labels, **settings)
    return Evaluation(predictions, scores, differences, settings, tuple(warnings), aligned, beyond)


def _scores_left_out(  # noqa: PLR0913, PLR0917 - parts of one evaluation
    schemes: Sequence[str],
    models: Mapping[str, Any],
    table: pd.DataFrame,
    given: pd.Series,
    target: pd.Series,
    labels: pd.Series,
    n_resamples: int,
    split: dict[str, Any],
    coverage: float | None,
) -> tuple[pd.DataFrame, list[str]]:
    """Score the model, with its intervals, and the mean where whole sources or clusters of like groups are left out."""
    tables, refused = [], []
    for scheme in schemes:
        try:
            plan = folds_for(scheme, table, target, labels, random_state=0, **split)
            parts = []
            for number, (train, test) in enumerate(plan):
                for name, model in models.items():
                    extra: dict[str, Any] = {"learnt": given} if learns_modulus(model) else {}
                    if name == "model":
                        extra["coverage"] = coverage
                    held = held_out(of_fold(model, 0, number), table, target, labels, train, test, **extra)
                    parts.append(held.assign(model=name, repeat=0, fold=number))
        except PerovexError as error:
            refused.append(f"{scheme}: {error.cause}")
            continue
        held = pd.concat(parts, ignore_index=True)
        fold_of_row = held.drop_duplicates("row").set_index("row")["fold"].reindex(range(len(table))).to_numpy()
        names = fold_names(scheme, table, labels, split["meta"], split["n_splits"])
        everything = np.full(len(table), "all", dtype=object)
        named = np.array([names[k] for k in fold_of_row], dtype=object)
        divisions = [(scheme, everything), (scheme, named)]
        tables.append(part_scores(held, divisions, classify=split["classify"], n_resamples=n_resamples, random_state=0))
    return (pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)), refused


def noise_floor(y: Any, label_noise: float) -> dict[str, float]:
    """Return scores that a perfect model would reach against labels with Gaussian noise.

    Parameters
    ----------
    y : array_like, shape (n_rows,)
        Labels.
    label_noise : float
        Standard deviation of their noise, in their unit.

    Examples
    --------
    >>> {k: round(v, 3) for k, v in noise_floor([8.0, 10.0, 12.0], 0.5).items()}
    {'MAE': 0.399, 'RMSE': 0.5, 'R2': 0.906}
    """
    variance = float(np.var(np.asarray(y, dtype=float)))
    return {
        "MAE": float(label_noise * np.sqrt(2 / np.pi)),
        "RMSE": float(label_noise),
        "R2": 1 - label_noise**2 / variance if variance > 0 else float("nan"),
    }


def _aligned(meta: pd.DataFrame | None, table: pd.DataFrame) -> pd.DataFrame | None:
    if meta is None:
        return None
    if len(meta) != len(table) or not meta.index.equals(table.index):
        raise ModelInputError("meta and X differ in rows", remedy="pass meta.loc[X.index]")
    return meta


def _refuse_tiny(table: pd.DataFrame, y: pd.Series, groups: pd.Series, classify: bool) -> None:
    if len(table) < 6:
        raise ModelInputError(f"{len(table)} rows are too few to validate anything", remedy="at least six")
    if groups.nunique() < 2:
        raise ModelInputError(
            "all rows belong to one group: nothing can be said about other spacers",
            remedy="add crystals with other spacers",
        )
    if y.nunique() < 2:
        raise ModelInputError(
            "one class only" if classify else "all target values are equal",
            remedy="choose another threshold or add crystals",
        )
