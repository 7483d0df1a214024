"""Find the tree model inside an estimator, whatever it is wrapped in.

Attribution needs the trees, the table as the trees saw it and the scale of their output. Pipelines, target
transformers, searches and the estimators of `perovex.learn` are opened here, by what they offer and not by
their type, so that nothing else in this room has to know about wrappers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import is_classifier

from perovex.errors import ExplanationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
_SKLEARN_TREES = ("Forest", "Tree", "GradientBoosting", "ExtraTrees", "LGBM", "CatBoost")


@dataclass(frozen=True, eq=False)
class TreeView:
    """The tree model of a fitted estimator and how to reach it.

    Attributes
    ----------
    model : object
        Fitted xgboost model or booster, or a tree model of scikit-learn.
    columns : list of str
        Descriptors the trees see, in their order.
    inputs : list of str
        Descriptors the first step sees.
    steps : list
        Fitted transformers between the table and the trees; they keep columns one to one.
    classifier : bool
        Whether the trees classify.
    log_target : bool
        Whether the trees predict the logarithm of the target.
    """

    model: Any
    columns: list[str]
    inputs: list[str]
    steps: list[Any]
    classifier: bool
    log_target: bool

    @property
    def is_xgboost(self) -> bool:
        """Whether the trees are xgboost's."""
        return hasattr(self.model, "get_booster") or hasattr(self.model, "num_boosted_rounds")

    @property
    def booster(self) -> Any:
        """The xgboost booster."""
        return self.model.get_booster() if hasattr(self.model, "get_booster") else self.model

    def prepare(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return the table as the trees see it, shape (rows, len(columns))."""
        if not self.steps:
            return X[self.columns].to_numpy(dtype=float)
        table: Any = X[self.inputs]
        for step in self.steps:
            table = step.transform(table if hasattr(step, "feature_names_in_") else np.asarray(table, dtype=float))
        if isinstance(table, pd.DataFrame) and set(self.columns) <= set(table.columns):
            table = table[self.columns]
        return np.asarray(table, dtype=float)

    def scatter(self, values: NDArray[np.float64], columns: pd.Index) -> NDArray[np.float64]:
        """Put values of the trees' columns in place among all `columns`; descriptors not used get zero."""
        if list(columns) == self.columns:
            return values
        position = columns.get_indexer(pd.Index(self.columns))
        out = np.zeros((*values.shape[:-1], len(columns)))
        out[..., position] = values
        return out


def is_classification(estimator: Any) -> bool:
    """Whether an estimator classifies."""
    return bool(is_classifier(estimator)) or hasattr(estimator, "predict_proba")


def view(estimator: Any, X: pd.DataFrame) -> TreeView:
    """Open a fitted estimator.

    Parameters
    ----------
    estimator : object
        Fitted estimator that holds one tree model.
    X : DataFrame
        Table with the columns it was fitted on.

    Returns
    -------
    TreeView
        The trees and the way to them.

    Raises
    ------
    ExplanationError
        If there is no single tree model inside, or the steps before it mix columns.
    """
    steps: list[Any] = []
    columns = inputs = [str(name) for name in X.columns]
    log_target = False
    classifier = is_classification(estimator)
    inner = estimator
    for _ in range(8):
        log_target = log_target or _logs_target(inner)
        selected = getattr(inner, "selected_features_", None)
        if selected is not None and set(selected) <= set(columns):
            columns = inputs = [str(name) for name in selected]
        if _is_tree_model(inner):
            return TreeView(inner, _tree_columns(inner, columns), inputs, steps, classifier, log_target)
        if hasattr(inner, "steps") and not hasattr(inner, "booster_"):
            for _, step in inner.steps[:-1]:
                if step is not None and step != "passthrough":
                    columns = _columns_after(step, columns)
                    steps.append(step)
            inner = inner.steps[-1][1]
            continue
        following = next((getattr(inner, name) for name in _INNER if getattr(inner, name, None) is not None), None)
        if following is None:
            break
        inner = following
    raise ExplanationError(
        f"no tree model found inside {type(estimator).__name__}",
        remedy="explain a fitted gradient-boosted or forest model; linear models and kernels have no trees",
    )


def _is_tree_model(obj: Any) -> bool:
    if hasattr(obj, "get_booster") or hasattr(obj, "num_boosted_rounds"):
        return True
    return any(word in type(obj).__name__ for word in _SKLEARN_TREES) and type(obj).__module__.startswith(
        ("sklearn.", "lightgbm.", "catboost.")
    )


def _logs_target(obj: Any) -> bool:
    if bool(getattr(obj, "log_target", False)):
        return True
    return getattr(obj, "func", None) in (np.log, np.log1p) and hasattr(obj, "regressor_")


def _columns_after(step: Any, columns: list[str]) -> list[str]:
    """Names after a transformer, refusing transformers that mix columns."""
    try:
        names = [str(name) for name in step.get_feature_names_out(columns)]
    except (AttributeError, ValueError, TypeError):
        names = columns
    names = [name.split("__", 1)[-1] for name in names]
    if not set(names) <= set(columns):
        raise ExplanationError(
            f"{type(step).__name__} mixes descriptors before the trees",
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
