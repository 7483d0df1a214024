"""Algorithms by name: the xgboost default and its alternatives, each ready for missing values."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from perovex.errors import ModelInputError
from perovex.learn.estimators.gaussian_process import default_kernel, tune_kernel
from perovex.learn.held_out import WEIGHTABLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

REGRESSORS = (
    "xgboost",
    "random_forest",
    "hist_gradient_boosting",
    "ebm",
    "gaussian_process",
    "ridge",
    "nearest_neighbour",
    "average",
)
CLASSIFIERS = (
    "xgboost",
    "random_forest",
    "hist_gradient_boosting",
    "ebm",
    "gaussian_process",
    "logistic",
    "nearest_neighbour",
    "average",
)
CONSTRAINABLE = ("xgboost", "hist_gradient_boosting", "ebm")

# Shallow trees, slow learning and sampling of rows and columns: on tens of rows every descriptor alone can
# explain the sample, so that the variance is what has to be held down. For the same reason thresholds are few
# (`bins_for`): with eight to sixteen of them for two hundred rows held-out R2 is no lower than with 256 (0.52, 0.16
# and 0.52 with twelve for the three moduli of data 0.5, 0.51, 0.15 and 0.52 before) and a model takes an eighth of
# the time. Sixty rounds at a rate of 0.15 stand for a hundred at 0.1 in two thirds of the time: on data 0.7 held-out R2
# of the averages is 0.40, 0.32 and 0.55 either way, of the trees alone 0.34, 0.26 and 0.42 (0.36, 0.27 and 0.42).
XGBOOST_DEFAULTS = {
    "n_estimators": 60,
    "max_depth": 3,
    "learning_rate": 0.15,
    "subsample": 0.8,
    "colsample_bytree": 0.6,
    "min_child_weight": 1.0,
    "reg_lambda": 1.0,
    "tree_method": "hist",
}
_ROWS_PER_BIN = 16
_FEWEST_BINS, _MOST_BINS = 12, 256


def bins_for(n_rows: int) -> int:
    """Return the number of bins of a column in which xgboost looks for thresholds: one for every sixteen rows.

    Examples
    --------
    >>> [bins_for(n) for n in (30, 200, 1000, 10_000)]
    [12, 12, 62, 256]
    """
    return min(max(n_rows // _ROWS_PER_BIN, _FEWEST_BINS), _MOST_BINS)


def _imputed(*steps: Any) -> Pipeline:
    """Median imputation (an all-missing column becomes 0), then the steps."""
    return make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), *steps)


def make_algorithm(
    name: str,
    *,
    classify: bool,
    columns: Sequence[str],
    monotone: Mapping[str, int] | None = None,
    random_state: int | None = 0,
    n_jobs: int = 1,
    overrides: Mapping[str, Any] | None = None,
) -> Any:
    """Build the unfitted scikit-learn estimator behind an algorithm name.

    Parameters
    ----------
    name : str
        One of `REGRESSORS` or `CLASSIFIERS`.
    classify : bool
        Classifier instead of regressor.
    columns : sequence of str
        Columns the estimator will see, in order.
    monotone : mapping of str to {-1, 0, 1}, optional
        Constraints by column; columns that are not in `columns` are left out.
    random_state, n_jobs : int
        Passed on where the algorithm knows them.
    overrides : mapping, optional
        Parameters of the algorithm that replace the defaults; for ``"average"``, such a mapping by member.

    Raises
    ------
    ModelInputError
        Unknown name, missing library, unknown parameter, or a constraint the algorithm cannot keep.
    """
    known = CLASSIFIERS if classify else REGRESSORS
    if name not in known:
        raise ModelInputError(f"unknown algorithm {name!r}", remedy=f"one of {', '.join(known)}")
    signs = [int((monotone or {}).get(column, 0)) for column in columns]
    if any(signs) and name not in CONSTRAINABLE:
        raise ModelInputError(
            f"algorithm {name!r} cannot keep monotone constraints", remedy=f"use {', '.join(CONSTRAINABLE)}"
        )
    if name == "average":
        return _average(classify, columns, random_state, n_jobs, overrides)
    builder = {
        "xgboost": _xgboost,
        "random_forest": _forest,
        "hist_gradient_boosting": _histogram,
        "ebm": _ebm,
    }
    if name in builder:
        model = builder[name](classify, signs, random_state, n_jobs)
    else:
        model = _distance_or_linear(name, classify, random_state)
    if overrides:
        _override(name, model, overrides)
    return model


@dataclass(frozen=True)
class Prepared:
    """Steps before the last one of a pipeline, fitted, and the table that comes out of them."""

    steps: list[tuple[str, Any]]
    table: NDArray[Any]


def prepare(model: Any, X: NDArray[Any], weights: NDArray[Any] | None = None) -> Prepared | None:
    """Fit the steps before the last one of a pipeline, or None where there are none.

    Standardisation sees the weights; the imputed medians do not.
    """
    if not isinstance(model, Pipeline):
        return None
    table = X
    for _, step in model.steps[:-1]:
        weigh = {} if weights is None or isinstance(step, SimpleImputer) else {"sample_weight": weights}
        table = step.fit_transform(table, **weigh)
    return Prepared(model.steps[:-1], table)


def fit_algorithm(
    name: str,
    model: Any,
    X: NDArray[Any],
    y: NDArray[Any],
    weights: NDArray[Any] | None,
    prepared: Prepared | None = None,
) -> Any:
    """Fit what `make_algorithm` built, with sample weights where there are any.

    The first steps of a pipeline are taken from `prepared` where they were fitted on the same rows already.

    Raises
    ------
    ModelInputError
        The algorithm cannot weigh rows.
    """
    if weights is not None and name not in WEIGHTABLE:
        raise ModelInputError(
            f"algorithm {name!r} takes no sample_weight", remedy=f"use {', '.join(WEIGHTABLE)}, or fit without weights"
        )
    if name == "xgboost" and model.max_bin is None:
        model.set_params(max_bin=bins_for(len(y)))
    last, table = model, X
    fitted = prepared or prepare(model, X, weights)
    if isinstance(model, Pipeline) and fitted is not None:
        model.steps[:-1] = fitted.steps
        last, table = model.steps[-1][1], fitted.table
    if name == "gaussian_process":
        tune_kernel(last, table, y)
    weigh = {} if weights is None else {"sample_weight": weights}
    with warnings.catch_warnings():
        # a kernel parameter at its bound means a descriptor or the noise counts for nothing: no failure
        warnings.filterwarnings("ignore", "The optimal value found for dimension", ConvergenceWarning)
        last.fit(table, y, **weigh)
    return model


def _average(
    classify: bool,
    columns: Sequence[str],
    random_state: int | None,
    n_jobs: int,
    overrides: Mapping[str, Any] | None,
) -> Any:
    from perovex.learn.estimators.average import AverageClassifier, AverageRegressor

    members = ["xgboost", "gaussian_process", "logistic" if classify else "ridge"]
    options: dict[str, Any] = {"columns": list(columns), "random_state": random_state, "n_jobs": n_jobs}
    if classify:
        return AverageClassifier(members, **options, overrides=overrides, pool="log-odds")
    return AverageRegressor(members, **options, overrides=overrides)


def _override(name: str, model: Any, overrides: Mapping[str, Any]) -> None:
    last = model.steps[-1][1] if isinstance(model, Pipeline) else model
    try:
        last.set_params(**overrides)
    except ValueError as error:
        raise ModelInputError(f"algorithm {name!r}: {error}") from error


def _xgboost(classify: bool, signs: list[int], random_state: int | None, n_jobs: int) -> Any:
    import xgboost

    kind = xgboost.XGBClassifier if classify else xgboost.XGBRegressor
    options: dict[str, Any] = dict(XGBOOST_DEFAULTS, random_state=random_state, n_jobs=n_jobs)
    if any(signs):
        options["monotone_constraints"] = tuple(signs)
    return kind(**options)


def _forest(classify: bool, _signs: list[int], random_state: int | None, n_jobs: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor  # slow to import, and seldom asked for

    options = {"n_estimators": 300, "max_features": 1 / 3, "random_state": random_state, "n_jobs": n_jobs}
    if classify:
        return _imputed(RandomForestClassifier(**options, min_samples_leaf=2))
    return _imputed(RandomForestRegressor(**options))


def _histogram(classify: bool, signs: list[int], random_state: int | None, _n_jobs: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    options: dict[str, Any] = {
        "max_iter": 200,
        "learning_rate": 0.05,
        "max_leaf_nodes": 7,
        "min_samples_leaf": 5,
        "early_stopping": False,  # a random validation split would ignore the groups
        "random_state": random_state,
    }
    if any(signs):
        options["monotonic_cst"] = signs
    return HistGradientBoostingClassifier(**options) if classify else HistGradientBoostingRegressor(**options)


def _ebm(classify: bool, signs: list[int], random_state: int | None, n_jobs: int) -> Any:
    from perovex.learn.estimators.additive import AdditiveClassifier, AdditiveRegressor

    options: dict[str, Any] = {"random_state": random_state, "n_jobs": n_jobs}
    if any(signs):
        options["monotone_constraints"] = signs
    return AdditiveClassifier(**options) if classify else AdditiveRegressor(**options)


def _distance_or_linear(name: str, classify: bool, random_state: int | None) -> Any:
    """Algorithms that need imputed, standardised columns."""
    if name == "gaussian_process":
        if classify:
            kernel = default_kernel(classify=True)
            return _imputed(StandardScaler(), GaussianProcessClassifier(kernel, random_state=random_state))
        kernel = default_kernel(classify=False)
        process = GaussianProcessRegressor(kernel, normalize_y=True, random_state=random_state)
        return _imputed(StandardScaler(), process)
    if name == "ridge":
        return _imputed(StandardScaler(), RidgeCV(alphas=[10.0**k for k in range(-2, 5)]))
    if name == "logistic":
        return _imputed(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
    neighbours = KNeighborsClassifier if classify else KNeighborsRegressor
    return _imputed(StandardScaler(), neighbours(n_neighbors=1, algorithm="brute"))
