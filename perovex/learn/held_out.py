"""One fold: fit on the training rows, predict the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import clone, is_classifier
from sklearn.utils.validation import has_fit_parameter

from perovex._seeds import seed_for
from perovex.errors import ModelInputError, TooFewGroupsError
from perovex.learn.threshold import resolve_threshold, stiff_labels

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Algorithms that weigh rows.
WEIGHTABLE = ("xgboost", "random_forest", "hist_gradient_boosting", "ebm", "ridge", "logistic")


def class_target(estimator: Any, y: pd.Series) -> tuple[pd.Series, float | None]:
    """Labels of a classifier, made once on the whole table, and the threshold (None for given labels)."""
    numeric = y.dtype.kind in "fiu" and not y.isin([0, 1]).all()
    threshold = getattr(estimator, "threshold", None)
    if numeric and threshold is not None:
        limit = resolve_threshold(y, threshold)
        return stiff_labels(y, limit), limit
    classes = np.unique(y)
    if len(classes) > 2:
        raise ModelInputError(f"{len(classes)} classes", remedy="pass moduli and a threshold, or two labels")
    return (y == classes[-1]).rename(y.name) if len(classes) == 2 else y.astype(bool), None


def learns_modulus(estimator: Any) -> bool:
    """Whether a classifier is fitted to moduli and judges the class by them."""
    return getattr(estimator, "learns", "classes") == "modulus"


def takes_weights(estimator: Any) -> bool:
    """Whether `fit` of an estimator weighs rows; ours do where their algorithm does.

    Examples
    --------
    >>> from perovex.learn import YoungModulusRegressor
    >>> takes_weights(YoungModulusRegressor("ridge")), takes_weights(YoungModulusRegressor("average"))
    (True, False)
    """
    algorithm = getattr(estimator, "algorithm", None)
    return has_fit_parameter(estimator, "sample_weight") and (algorithm is None or algorithm in WEIGHTABLE)


def fit_groups(estimator: Any, X: Any, y: Any, groups: Any, sample_weight: Any = None) -> Any:
    """Fit, passing groups on where the estimator takes them, and weights where there are any.

    Raises
    ------
    ModelInputError
        Weights for an estimator that takes none.
    """
    options = {"groups": groups} if has_fit_parameter(estimator, "groups") else {}
    if sample_weight is not None:
        if not has_fit_parameter(estimator, "sample_weight"):
            raise ModelInputError(f"{type(estimator).__name__} takes no sample_weight", remedy="fit without weights")
        options["sample_weight"] = sample_weight
    return estimator.fit(X, y, **options)


def of_fold(estimator: Any, repeat: int, number: int) -> Any:
    """Return a clone with the seeds of a fold, those that `perovex.explain.explain` gives it; a seed of None stays."""
    model = clone(estimator)
    seeds = {
        name: seed_for(int(value), "model of a fold", repeat, number)
        for name, value in model.get_params().items()
        if (name == "random_state" or name.endswith("__random_state")) and isinstance(value, (int, np.integer))
    }
    return model.set_params(**seeds) if seeds else model


def held_out(  # noqa: PLR0913 - one fold has this many parts
    estimator: Any,
    X: pd.DataFrame,
    y: pd.Series,
    groups: pd.Series,
    train: NDArray[Any],
    test: NDArray[Any],
    *,
    learnt: pd.Series | None = None,
    coverage: float | None = None,
    domain: Any = None,
    sample_weight: NDArray[Any] | None = None,
) -> pd.DataFrame:
    """Fit a clone on the training rows and predict the test rows; see `Evaluation.predictions`.

    What is fitted is `learnt` where it is given (moduli, of a classifier that learns them), and `y` stays the truth.
    """
    model = fitted_on(estimator, X, y, groups, train, learnt=learnt, sample_weight=sample_weight)
    return asked(model, X, y, groups, train, test, coverage=coverage, domain=domain)


def fitted_on(
    estimator: Any,
    X: pd.DataFrame,
    y: pd.Series,
    groups: pd.Series,
    train: NDArray[Any],
    *,
    learnt: pd.Series | None = None,
    sample_weight: NDArray[Any] | None = None,
) -> Any:
    """Fit a clone on the training rows: to `learnt` where it is given, else to `y`."""
    weights = None if sample_weight is None else sample_weight[train]
    known = (y if learnt is None else learnt).iloc[train]
    return fit_groups(clone(estimator), X.iloc[train], known, groups.iloc[train], weights)


def asked(
    model: Any,
    X: pd.DataFrame,
    y: pd.Series,
    groups: pd.Series,
    train: NDArray[Any],
    test: NDArray[Any],
    *,
    coverage: float | None = None,
    domain: Any = None,
) -> pd.DataFrame:
    """Ask a model that was fitted on the training rows for the test rows; see `Evaluation.predictions`."""
    unseen = X.iloc[test]
    guess = model.predict_proba(unseen)[:, 1] if is_classifier(model) else model.predict(unseen)
    part = pd.DataFrame(
        {
            "row": test,
            "id": X.index[test],
            "group": groups.iloc[test].to_numpy(),
            "truth": y.iloc[test].to_numpy(float),
            "prediction": np.asarray(guess, dtype=float),
        }
    )
    if coverage is not None:
        try:
            interval = model.predict_interval(unseen, coverage)
            part["lower"], part["upper"] = interval["lower"].to_numpy(), interval["upper"].to_numpy()
        except AttributeError as error:
            raise ModelInputError("the estimator has no predict_interval", remedy="use coverage=None") from error
        except TooFewGroupsError:  # of this fold; another may have enough
            part["lower"] = part["upper"] = np.nan
    if domain is not None:
        flags = clone(domain).fit(X.iloc[train], groups=groups.iloc[train]).check(unseen)
        part["in_domain"] = flags["in_domain"].to_numpy()
        part["domain_score"] = flags["score"].to_numpy()
    return part
