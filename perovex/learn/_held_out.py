"""One fold: fit on the training rows, predict the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import clone, is_classifier
from sklearn.utils.validation import has_fit_parameter

from perovex.errors import ModelInputError
from perovex.learn.threshold import stiff_labels

if TYPE_CHECKING:
    from numpy.typing import NDArray


def class_target(estimator: Any, y: pd.Series) -> tuple[pd.Series, float | None]:
    """Labels of a classifier, made once on the whole table, and the threshold (None for given labels)."""
    numeric = y.dtype.kind in "fiu" and not y.isin([0, 1]).all()
    threshold = getattr(estimator, "threshold", None)
    if numeric and threshold is not None:
        labels = stiff_labels(y, threshold)
        return labels, float(labels.attrs["threshold"])
    classes = np.unique(y)
    if len(classes) > 2:
        raise ModelInputError(f"{len(classes)} classes", remedy="pass moduli and a threshold, or two labels")
    return (y == classes[-1]).rename(y.name) if len(classes) == 2 else y.astype(bool), None


def fit_groups(estimator: Any, X: Any, y: Any, groups: Any) -> Any:
    """Fit, passing groups on where the estimator takes them."""
    if has_fit_parameter(estimator, "groups"):
        return estimator.fit(X, y, groups=groups)
    return estimator.fit(X, y)


def held_out(
    estimator: Any,
    X: pd.DataFrame,
    y: pd.Series,
    groups: pd.Series,
    train: NDArray[Any],
    test: NDArray[Any],
    *,
    coverage: float | None = None,
    domain: Any = None,
) -> pd.DataFrame:
    """Fit a clone on the training rows and predict the test rows; see `Evaluation.predictions`."""
    model = fit_groups(clone(estimator), X.iloc[train], y.iloc[train], groups.iloc[train])
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
        except ModelInputError:
            if not getattr(model, "interval_folds", 1):
                raise
            part["lower"] = part["upper"] = np.nan
    if domain is not None:
        flags = clone(domain).fit(X.iloc[train], groups=groups.iloc[train]).check(unseen)
        part["in_domain"] = flags["in_domain"].to_numpy()
    return part
