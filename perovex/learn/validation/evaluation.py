"""Out-of-fold validation: `evaluate`, whose result is `perovex.learn.validation.result.Evaluation`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import clone, is_classifier

from perovex._progress import progress_bar
from perovex.errors import ModelInputError, PerovexError
from perovex.learn.estimators.baselines import baseline_models
from perovex.learn.held_out import asked, class_target, fitted_on, learns_modulus, of_fold
from perovex.learn.provenance import provenance
from perovex.learn.splits import fold_names, folds_for, repeat_seed
from perovex.learn.tables import as_groups, as_table, as_target
from perovex.learn.validation.cautions import lacking_intervals, limits, shared_groups
from perovex.learn.validation.parts import COLUMNS, part_scores
from perovex.learn.validation.result import Evaluation
from perovex.learn.validation.score_table import score_table
from perovex.learn.validation.words import Caution

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


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
    fold_models: dict[bytes, Any] | None = None,
    random_state: int = 0,
    progress: bool = False,
) -> Evaluation:
    """Validate a model on rows it has not seen, beside baselines in the same folds.

    Parameters
    ----------
    estimator : classifier or regressor
        Cloned for every fold, with a seed of its own in each, so that the score is not that of one seed. Whatever it
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
    fold_models : dict, optional
        Fitted models by the rows that they learnt from: those of a regressor are put in. A classifier that learns the
        modulus takes from it the models of a regressor that was validated on the same table with the same seed, and
        so in the same folds, in place of fitting them once more; its folds then do not spread the classes evenly.
        Where that would leave one class to learn from, nothing is taken.
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
    problem, estimator, threshold = _problem(estimator, X, y, groups, meta, n_splits)
    several = n_repeats if scheme in ("group", "rows") else 1
    seeds = [repeat_seed(random_state, repeat) for repeat in range(several)]
    shared = {} if fold_models is None else fold_models
    if problem.classify and not _classes_follow(shared, estimator, problem, scheme, seeds):
        shared = {}
    problem = replace(problem, spread_classes=problem.classify and not shared)
    cautions = limits(problem.groups, groups, scheme)
    models = {"model": estimator, **baseline_models(baselines, classify=problem.classify, estimator=estimator)}
    plans = [problem.plan(scheme, seed) for seed in seeds]
    cautions += shared_groups(plans, problem.groups, scheme)

    # every model in the same folds
    folds = [fold for repeat, plan in enumerate(plans) for fold in _folds(plan, repeat)]
    jobs = [(number, name) for number in range(len(folds)) for name in models]
    parts = []
    for number, name in progress_bar(jobs, desc="evaluate", shown=progress):
        own: dict[str, Any] = {"coverage": coverage, "domain": domain, "shared": shared} if name == "model" else {}
        parts.append(_predicted(problem, name, models[name], folds[number], number, **own))
    predictions = pd.concat(parts, ignore_index=True)
    if coverage is not None:
        cautions += lacking_intervals(predictions)

    scores, differences = score_table(predictions, problem.classify, n_resamples, random_state)
    first_two = {name: models[name] for name in list(models)[:2]}
    beyond, refused = _scores_left_out(left_out, first_two, problem, n_resamples, coverage, shared)
    cautions += refused
    perfect = None
    if label_noise is not None and not problem.classify:
        perfect = noise_floor(problem.target, label_noise)
    settings = {
        "task": "classification" if problem.classify else "regression",
        "target": getattr(estimator, "target", problem.target.name),
        "unit": unit,
        "threshold": threshold,
        "scheme": scheme,
        **problem.sizes(),
        "n_splits": [len(plan) for plan in plans],
        "n_repeats": len(plans),
        "n_resamples": n_resamples,
        "coverage": coverage,
        "random_state": random_state,
        "noise_floor": perfect,
    }
    settings = provenance(estimator, problem.table, problem.target, problem.groups, **settings)
    return Evaluation(predictions, scores, differences, settings, tuple(cautions), problem.meta, beyond)


@dataclass(frozen=True)
class _Problem:
    """Rows on which models are validated.

    Attributes
    ----------
    given : Series
        What was given to learn: moduli, or classes.
    target : Series
        What is scored: the same, or classes that were made of moduli once.
    """

    table: pd.DataFrame
    given: pd.Series
    target: pd.Series
    groups: pd.Series
    meta: pd.DataFrame | None
    classify: bool
    n_splits: int
    spread_classes: bool

    def sizes(self) -> dict[str, int]:
        """How many rows, groups and descriptors there are."""
        n_rows, n_descriptors = self.table.shape
        return {"n_rows": n_rows, "n_groups": int(self.groups.nunique()), "n_descriptors": n_descriptors}

    def plan(self, scheme: str, random_state: int) -> list[tuple[NDArray[Any], NDArray[Any]]]:
        """Training and test rows of every fold of a scheme."""
        return folds_for(
            scheme,
            self.table,
            self.target,
            self.groups,
            meta=self.meta,
            classify=self.spread_classes,
            n_splits=self.n_splits,
            random_state=random_state,
        )


def _problem(
    estimator: Any, X: Any, y: Any, groups: Any, meta: pd.DataFrame | None, n_splits: int
) -> tuple[_Problem, Any, float | None]:
    """Check what was given; return it, the estimator that asks the same in every fold, and the threshold of classes."""
    table = as_table(X)
    classify = is_classifier(estimator)
    given = as_target(y, len(table), table.index)
    target, threshold = class_target(estimator, given) if classify else (given.astype(float), None)
    if learns_modulus(estimator):
        if threshold is None:
            raise ModelInputError("a classifier that learns the modulus needs moduli", remedy='use learns="classes"')
        estimator = clone(estimator).set_params(threshold=threshold)
    labels = as_groups(groups, len(table))
    aligned = _aligned(meta, table)
    _refuse_tiny(table, target, labels, classify)
    return _Problem(table, given, target, labels, aligned, classify, n_splits, classify), estimator, threshold


def _classes_follow(
    fold_models: Mapping[bytes, Any], estimator: Any, problem: _Problem, scheme: str, seeds: Sequence[int]
) -> bool:
    """Whether classes can be read off fitted regressors, in folds that do not spread the classes evenly."""
    if not fold_models or not learns_modulus(estimator):
        return False
    plain = replace(problem, spread_classes=False)
    training = [train for seed in seeds for train, _ in plain.plan(scheme, seed)]
    return all(problem.target.iloc[train].nunique() == 2 for train in training)


class _Fold(NamedTuple):
    repeat: int
    number: int
    train: NDArray[Any]
    test: NDArray[Any]


def _folds(plan: list[tuple[NDArray[Any], NDArray[Any]]], repeat: int) -> list[_Fold]:
    return [_Fold(repeat, number, train, test) for number, (train, test) in enumerate(plan)]


def _predicted(
    problem: _Problem,
    name: str,
    model: Any,
    fold: _Fold,
    seed: int,
    shared: dict[bytes, Any] | None = None,
    **own: Any,
) -> pd.DataFrame:
    """Fit a model to the training rows of a fold and predict the others; `own` is asked of this model alone.

    A regressor is put into `shared`; a classifier that finds one there follows it and fits nothing.
    """
    rows = (problem.table, problem.target, problem.groups, fold.train, fold.test)
    seeded, learnt_from = of_fold(model, fold.repeat, seed), fold.train.tobytes()
    if shared and problem.classify and learnt_from in shared:
        fitted = seeded.follow(shared[learnt_from], seeded.threshold)
    else:
        fitted = fitted_on(seeded, *rows[:4], learnt=problem.given if learns_modulus(model) else None)
        if shared is not None and not problem.classify:
            shared[learnt_from] = fitted
    return asked(fitted, *rows, **own).assign(model=name, repeat=fold.repeat, fold=fold.number)


def _scores_left_out(
    schemes: Sequence[str],
    models: Mapping[str, Any],
    problem: _Problem,
    n_resamples: int,
    coverage: float | None,
    shared: dict[bytes, Any],
) -> tuple[pd.DataFrame, list[Caution]]:
    """Score the model, with its intervals, and the mean where whole sources or clusters of like groups are left out."""
    tables, refused = [], []
    for scheme in schemes:
        try:
            held = _predicted_left_out(scheme, models, problem, coverage, shared)
        except PerovexError as error:
            refused.append(Caution("not left out", {"scheme": scheme, "why": error.cause}))
            continue
        rows = range(len(problem.table))
        fold_of_row = held.drop_duplicates("row").set_index("row")["fold"].reindex(rows).to_numpy()
        names = fold_names(scheme, problem.table, problem.groups, problem.meta, problem.n_splits)
        everything = np.full(len(rows), "all", dtype=object)
        named = np.array([names[number] for number in fold_of_row], dtype=object)
        divisions = [(scheme, everything), (scheme, named)]
        classify = problem.classify
        tables.append(part_scores(held, divisions, classify=classify, n_resamples=n_resamples, random_state=0))
    return (pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)), refused


def _predicted_left_out(
    scheme: str, models: Mapping[str, Any], problem: _Problem, coverage: float | None, shared: dict[bytes, Any]
) -> pd.DataFrame:
    parts = []
    for fold in _folds(problem.plan(scheme, 0), 0):
        for name, model in models.items():
            own: dict[str, Any] = {"coverage": coverage, "shared": shared} if name == "model" else {}
            parts.append(_predicted(problem, name, model, fold, fold.number, **own))
    return pd.concat(parts, ignore_index=True)


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
            "all rows belong to one group: nothing can be said about other groups",
            remedy="add crystals of other groups (spacers)",
        )
    if y.nunique() < 2:
        raise ModelInputError(
            "one class only" if classify else "all target values are equal",
            remedy="choose another threshold or add crystals",
        )
