"""Open a fitted estimator: what computes the output, on which columns, after which steps.

Pipelines, target transformers, searches and the estimators of `perovex.learn` are opened by what they offer and not by
their type, so that nothing else in this package has to know about wrappers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from sklearn.base import is_regressor

from perovex.errors import ExplanationError
from perovex.explain.tables import is_classification
from perovex.learn.estimators.average import AverageClassifier, AverageRegressor

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal["trees", "linear", "kernel", "average", "other"]

_INNER = (
    "tree_model_",
    "booster_",
    "best_estimator_",
    "model_",
    "estimator_",
    "regressor_",
    "classifier_",
    "pipeline_",
)
_TREES = ("Forest", "Tree", "GradientBoosting", "ExtraTrees", "LGBM", "CatBoost")
_TREE_PACKAGES = ("sklearn.", "lightgbm.", "catboost.")
_DEPTH = 8  # wrappers in wrappers


@dataclass(frozen=True, eq=False)
class Opened:
    """The model inside a fitted estimator and how to reach it.

    Attributes
    ----------
    model : object
        What computes the output.
    kind : {"trees", "linear", "kernel", "average", "other"}
        How its output can be attributed.
    columns : list of str
        Descriptors the model sees, in their order.
    inputs : list of str
        Descriptors the first step sees.
    steps : list
        Fitted transformers between the table and the model; they keep columns one to one.
    classifier : bool
        Whether the model classifies.
    log_target : bool
        Whether the model predicts the logarithm of the target.
    """

    model: Any
    kind: Kind
    columns: list[str]
    inputs: list[str]
    steps: list[Any]
    classifier: bool
    log_target: bool

    @property
    def is_xgboost(self) -> bool:
        """Whether the model is xgboost's."""
        return hasattr(self.model, "get_booster") or hasattr(self.model, "num_boosted_rounds")

    @property
    def booster(self) -> Any:
        """The xgboost booster."""
        return self.model.get_booster() if hasattr(self.model, "get_booster") else self.model

    def prepare(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return the table as the model sees it, shape (rows, len(columns))."""
        if not self.steps:
            return _columns_of(X, self.columns).to_numpy(dtype=float)
        if not any(hasattr(step, "feature_names_in_") for step in self.steps):
            return self.prepare_rows(_columns_of(X, self.inputs).to_numpy(dtype=float))
        table: Any = X[self.inputs]
        for step in self.steps:
            table = step.transform(table if hasattr(step, "feature_names_in_") else np.asarray(table, dtype=float))
        if isinstance(table, pd.DataFrame) and set(self.columns) <= set(table.columns):
            table = table[self.columns]
        return np.asarray(table, dtype=float)

    def prepare_rows(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return rows without names, shape (rows, len(inputs)), as the model sees them, by steps that know no names."""
        for step in self.steps:
            rows = step.transform(rows)
        return np.asarray(rows, dtype=float)

    def scatter(self, values: NDArray[np.float64], columns: pd.Index) -> NDArray[np.float64]:
        """Put values of the model's columns in place among all `columns`; descriptors not used get zero."""
        if list(columns) == self.columns:
            return values
        position = columns.get_indexer(pd.Index(self.columns))
        out = np.zeros((*values.shape[:-1], len(columns)))
        out[..., position] = values
        return out

    def named(self, table: NDArray[np.float64]) -> Any:
        """Return a prepared table in the form in which the model was fitted."""
        names = getattr(self.model, "feature_names_in_", None)
        return table if names is None else pd.DataFrame(table, columns=names)


def _columns_of(X: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Columns of a table by name; looking a hundred names up takes longer than seeing that they are all."""
    return X if list(X.columns) == columns else X[columns]


def open_estimator(estimator: Any, columns: list[str]) -> Opened:
    """Open a fitted estimator.

    Parameters
    ----------
    estimator : object
        Fitted estimator.
    columns : list of str
        Columns of the table it was fitted on.

    Returns
    -------
    Opened
        The innermost model that can be reached by steps that keep columns one to one.

    Raises
    ------
    ExplanationError
        If a step before a tree model mixes columns.
    """
    steps: list[Any] = []
    columns = inputs = [str(name) for name in columns]
    log_target = False
    classifier = is_classification(estimator)
    inner = estimator
    for _ in range(_DEPTH):
        log_target = log_target or _logs_target(inner)
        selected = getattr(inner, "selected_features_", None)
        if selected is not None and set(selected) <= set(columns):
            columns = inputs = [str(name) for name in selected]
        kind = kind_of(inner)
        if kind == "trees":
            columns = _tree_columns(inner, columns)
        if kind != "other":
            return Opened(inner, kind, columns, inputs, steps, classifier, log_target)
        if hasattr(inner, "steps") and not hasattr(inner, "booster_"):
            for _, step in inner.steps[:-1]:
                if step is not None and step != "passthrough":
                    columns = _columns_after(step, columns)
                    steps.append(step)
            inner = inner.steps[-1][1]
            continue
        following = next((getattr(inner, name) for name in _INNER if getattr(inner, name, None) is not None), None)
        if following is None or not hasattr(following, "predict"):
            break
        classifier = classifier and not is_regressor(following)  # a class that is read off a predicted value
        inner = following
    return Opened(inner, "other", columns, inputs, steps, classifier, log_target)


def kind_of(model: Any) -> Kind:
    """Say how the output of a fitted model can be attributed, without opening it further."""
    if isinstance(model, AverageRegressor):
        return "average"
    if isinstance(model, AverageClassifier):
        return "average" if model.pool == "log-odds" else "other"
    if _is_tree_model(model):
        return "trees"
    module = type(model).__module__
    if module.startswith("sklearn.linear_model") and hasattr(model, "coef_") and hasattr(model, "intercept_"):
        return "linear"
    if module.startswith("sklearn.gaussian_process"):
        return "kernel"
    return "other"


def _is_tree_model(model: Any) -> bool:
    if hasattr(model, "get_booster") or hasattr(model, "num_boosted_rounds"):
        return True
    return any(word in type(model).__name__ for word in _TREES) and type(model).__module__.startswith(_TREE_PACKAGES)


def _logs_target(model: Any) -> bool:
    if bool(getattr(model, "log_target", False)):
        return True
    return getattr(model, "func", None) in (np.log, np.log1p) and hasattr(model, "regressor_")


def _columns_after(step: Any, columns: list[str]) -> list[str]:
    """Names after a transformer, refusing transformers that mix columns."""
    try:
        names = [str(name) for name in step.get_feature_names_out(columns)]
    except (AttributeError, ValueError, TypeError):
        names = columns
    names = [name.split("__", 1)[-1] for name in names]
    if not set(names) <= set(columns):
        raise ExplanationError(
            f"{type(step).__name__} mixes descriptors before the model",
            remedy="use steps that keep columns one to one (imputing, scaling, selecting)",
        )
    return names


def _tree_columns(model: Any, columns: list[str]) -> list[str]:
    """Names the trees know, or those of the table where they know none."""
    booster = model.get_booster() if hasattr(model, "get_booster") else model
    names = getattr(booster, "feature_names", None)
    if names is not None and set(names) <= set(columns):
        return list(names)
    named = getattr(model, "feature_names_in_", None)
    if named is not None and set(named) <= set(columns):
        return list(named)
    width = booster.num_features() if hasattr(booster, "num_features") else getattr(model, "n_features_in_", None)
    if width is not None and int(width) != len(columns):
        raise ExplanationError(
            f"the trees were fitted on {width} columns, the table has {len(columns)}",
            remedy="fit on a DataFrame, so that the trees know the names of their columns",
        )
    return columns
