"""scikit-learn estimators whose fitted state is numbers and words: written as such, so that reading them is quick.

The library that writes any scikit-learn object without pickle (skops) looks through all of scikit-learn when it is
imported, which takes longer than a prediction. The estimators that the default models hold need none of it: their
state is arrays, numbers and other estimators of the list below. Trees that live in compiled code go to skops as before.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from scipy.linalg import cholesky

if TYPE_CHECKING:
    from collections.abc import Callable

#: Classes that are written by their attributes, by the module that brings them.
PLAIN: Final = {
    "GaussianProcessClassifier": "sklearn.gaussian_process._gpc",
    "GaussianProcessRegressor": "sklearn.gaussian_process._gpr",
    "KNeighborsClassifier": "sklearn.neighbors._classification",
    "KNeighborsRegressor": "sklearn.neighbors._regression",
    "LogisticRegression": "sklearn.linear_model._logistic",
    "Pipeline": "sklearn.pipeline",
    "RidgeCV": "sklearn.linear_model._ridge",
    "SimpleImputer": "sklearn.impute._base",
    "StandardScaler": "sklearn.preprocessing._data",
    "_BinaryGaussianProcessClassifierLaplace": "sklearn.gaussian_process._gpc",
    "ConstantKernel": "sklearn.gaussian_process.kernels",
    "Product": "sklearn.gaussian_process.kernels",
    "QuickRBF": "perovex.learn.estimators.gaussian_process",
    "RBF": "sklearn.gaussian_process.kernels",
    "Sum": "sklearn.gaussian_process.kernels",
    "WhiteKernel": "sklearn.gaussian_process.kernels",
}


def is_plain(value: Any) -> bool:
    """Whether a value is of a listed class, and not of one derived from it.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression, Ridge
    >>> is_plain(LogisticRegression()), is_plain(Ridge())
    (True, False)
    """
    return PLAIN.get(type(value).__name__) == type(value).__module__


def _factor(process: Any) -> np.ndarray:
    """Cholesky factor of the covariance of a fitted process, as scikit-learn computes it when fitting."""
    covariance = process.kernel_(process.X_train_)
    covariance[np.diag_indices_from(covariance)] += process.alpha
    return np.asarray(cholesky(covariance, lower=True, check_finite=False))


class _Derived(NamedTuple):
    """An attribute that follows from others, one that only a fitted estimator has, and how it follows."""

    attribute: str
    source: str
    compute: Callable[[Any], Any]


#: Attributes that are not written: the factor of a covariance grows with the square of the rows.
_DERIVED: Final = {"GaussianProcessRegressor": _Derived("L_", "X_train_", _factor)}


def state_of(value: Any) -> dict[str, Any]:
    """Return the attributes of an estimator, without those that `rebuild` computes.

    Generators of random numbers, which no prediction asks, are left out, too.
    """
    derived = _DERIVED.get(type(value).__name__)
    left_out = None if derived is None else derived.attribute
    return {
        name: item
        for name, item in vars(value).items()
        if name != left_out and not isinstance(item, np.random.RandomState)
    }


def rebuild(name: str, state: dict[str, Any]) -> Any:
    """Return an estimator of a listed class with these attributes.

    Raises
    ------
    KeyError
        The class is not listed.

    Examples
    --------
    >>> rebuild("StandardScaler", {"with_mean": False}).with_mean
    False
    """
    kind = getattr(importlib.import_module(PLAIN[name]), name)
    value = kind.__new__(kind)
    vars(value).update(state)
    derived = _DERIVED.get(name)
    if derived is not None and derived.source in state and derived.attribute not in state:
        setattr(value, derived.attribute, derived.compute(value))
    return value
