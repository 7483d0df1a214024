"""Models that a useful model must beat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn.dummy import DummyClassifier, DummyRegressor

from perovex.errors import ModelInputError
from perovex.learn.estimators.classifier import StiffnessClassifier
from perovex.learn.estimators.regressor import YoungModulusRegressor

if TYPE_CHECKING:
    from collections.abc import Mapping


def baseline_models(
    baselines: bool | Mapping[str, Any] = True, *, classify: bool = False, estimator: Any = None
) -> dict[str, Any]:
    """Return the baselines by name.

    Parameters
    ----------
    baselines : bool or dict of str to estimator
        True for the usual three; a dict adds its own to them; False for none.
    classify : bool
        Classifiers instead of regressors.
    estimator : estimator, optional
        Its `log_target` is used by the linear baseline, so that both see the same task.

    Examples
    --------
    >>> list(baseline_models()), list(baseline_models(classify=True))
    (['mean', 'nearest neighbour', 'linear'], ['prior', 'nearest neighbour', 'linear'])
    """
    if baselines is False:
        return {}
    if classify:
        usual: dict[str, Any] = {
            "prior": DummyClassifier(strategy="prior"),
            "nearest neighbour": StiffnessClassifier("nearest_neighbour", threshold=None),
            "linear": StiffnessClassifier("logistic", threshold=None),
        }
    else:
        log = bool(getattr(estimator, "log_target", False))
        usual = {
            "mean": DummyRegressor(strategy="mean"),
            "nearest neighbour": YoungModulusRegressor("nearest_neighbour", log_target=False),
            "linear": YoungModulusRegressor("ridge", log_target=log),
        }
    extra = {} if baselines is True else dict(baselines)
    clash = sorted((set(usual) | {"model"}) & set(extra))
    if clash:
        raise ModelInputError(f"names already taken: {', '.join(clash)}")
    return usual | extra
