"""Search of algorithm parameters on inner grouped folds."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone, is_classifier
from sklearn.utils.validation import check_is_fitted

from perovex._extras import install_command
from perovex._progress import progress_bar
from perovex._seeds import seed_for
from perovex.errors import ModelInputError
from perovex.learn import metrics
from perovex.learn.held_out import class_target, fit_groups, held_out
from perovex.learn.provenance import described, table_checksum
from perovex.learn.splits import folds_for
from perovex.learn.tables import as_groups, as_table, as_target, as_weights

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


def xgboost_space(trial: Any) -> dict[str, Any]:
    """Suggest parameters of the xgboost algorithm for small tables.

    Parameters
    ----------
    trial : optuna.trial.Trial

    Returns
    -------
    dict
        For `algorithm_params`.
    """
    return {
        "n_estimators": trial.suggest_int("n_estimators", 50, 600, log=True),
        "max_depth": trial.suggest_int("max_depth", 1, 5),
        "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.2, log=True),
        "subsample": trial.suggest_float("subsample", 0.5, 1.0),
        "colsample_bytree": trial.suggest_float("colsample_bytree", 0.2, 1.0),
        "min_child_weight": trial.suggest_float("min_child_weight", 0.5, 8.0, log=True),
        "reg_lambda": trial.suggest_float("reg_lambda", 0.1, 30.0, log=True),
    }


class TunedModel(MetaEstimatorMixin, BaseEstimator):
    """Tune `algorithm_params` of a model inside `fit`, on inner folds that never split a group.

    Given to `evaluate`, it makes the validation nested: outer test rows are never seen by the search.

    Parameters
    ----------
    estimator : StiffnessClassifier or YoungModulusRegressor
        With the defaults as first trial, so that tuning starts from them.
    n_trials : int, default 30
        Budget, the defaults included.
    n_splits : int, default 4
        Inner folds.
    space : callable, optional
        From an optuna trial to `algorithm_params`; default: `xgboost_space`.
    storage : str, optional
        optuna storage such as ``"sqlite:///search.db"``: an interrupted search goes on from there and ends
        where an uninterrupted one would have. Studies are named by the checksum of the training table and the
        estimator, so that folds do not mix.
    random_state : int, default 0
    progress : bool, default False

    Attributes
    ----------
    best_estimator_ : estimator
        Fitted on all rows with the best parameters.
    best_params_ : dict
    trials_ : list of dict
        Parameters and loss of every trial: RMSE (of log E where `log_target`) or Brier score.
    budget_ : dict
        What the search was allowed: ``n_trials``, ``n_splits`` and ``fits`` (their product).

    Raises
    ------
    ModelInputError
        optuna is missing, or the table cannot be split.

    Examples
    --------
    >>> import pandas as pd
    >>> from perovex.learn import YoungModulusRegressor
    >>> X = pd.DataFrame(np.random.default_rng(0).normal(size=(24, 2)), columns=["a", "b"])
    >>> model = TunedModel(YoungModulusRegressor(), n_trials=2, n_splits=2)
    >>> model = model.fit(X, 10 + X["a"], groups=np.arange(24) // 4)
    >>> len(model.trials_)
    2
    """

    def __init__(
        self,
        estimator: Any,
        *,
        n_trials: int = 30,
        n_splits: int = 4,
        space: Callable[[Any], dict[str, Any]] | None = None,
        storage: str | None = None,
        random_state: int = 0,
        progress: bool = False,
    ) -> None:
        self.estimator = estimator
        self.n_trials = n_trials
        self.n_splits = n_splits
        self.space = space
        self.storage = storage
        self.random_state = random_state
        self.progress = progress

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = self.estimator.__sklearn_tags__()
        tags.estimator_type = inner.estimator_type
        tags.classifier_tags, tags.regressor_tags = inner.classifier_tags, inner.regressor_tags
        tags.input_tags, tags.target_tags = inner.input_tags, inner.target_tags
        return tags

    @property
    def target(self) -> str:
        """Modulus of the model."""
        return str(self.estimator.target)

    @property
    def threshold(self) -> float | str | None:
        """Threshold of a classifier."""
        return getattr(self.estimator, "threshold", None)

    def fit(self, X: Any, y: Any, groups: Any = None, sample_weight: Any = None) -> TunedModel:
        """Search, then fit on all rows; `sample_weight` weighs training rows and, in the search, losses."""
        optuna = _optuna()
        table = as_table(X)
        target = as_target(y, len(table), table.index)
        labels = as_groups(groups, len(table))
        weights = as_weights(sample_weight, table)
        classify = is_classifier(self.estimator)
        aim = class_target(self.estimator, target)[0] if classify else target.astype(float)
        folds = folds_for(
            "group",
            table,
            aim,
            labels,
            classify=classify,
            n_splits=self.n_splits,
            random_state=self.random_state,
        )
        plain = clone(self.estimator)
        cheap = {"interval_folds": 0, "calibration": "none"}
        plain.set_params(**{k: v for k, v in cheap.items() if k in plain.get_params(deep=False)})

        def loss(trial: Any) -> float:
            params = {**(self.estimator.algorithm_params or {}), **(self.space or xgboost_space)(trial)}
            model = clone(plain).set_params(algorithm_params=params)
            parts = [held_out(model, table, aim, labels, train, test, sample_weight=weights) for train, test in folds]
            counted = np.ones(len(table)) if weights is None else weights[np.concatenate([f[1] for f in folds])]
            truth = np.concatenate([part["truth"] for part in parts])
            guess = np.concatenate([part["prediction"] for part in parts])
            if getattr(plain, "log_target", False):
                truth, guess = np.log(truth), np.log(guess)
            measure = metrics.brier if classify else metrics.rmse
            return float(measure(truth, guess, counted[None, :])[0])

        study = self._study(optuna, table, aim, labels, *([] if weights is None else [pd.Series(weights)]))
        done = len(study.get_trials(states=[optuna.trial.TrialState.COMPLETE]))
        for number in progress_bar(range(done, self.n_trials), desc="search", shown=self.progress):
            # a seed of its own for each trial: what is suggested does not depend on interruptions
            study.sampler = optuna.samplers.TPESampler(seed=seed_for(self.random_state, "trial of a search", number))
            study.optimize(loss, n_trials=1)
        self.budget_ = {"n_trials": self.n_trials, "n_splits": len(folds), "fits": self.n_trials * len(folds)}
        self.trials_ = [{**t.params, "loss": t.value} for t in study.trials if t.value is not None]
        self.best_params_ = dict(study.best_params)
        best = (self.space or xgboost_space)(optuna.trial.FixedTrial(study.best_params))
        chosen = {**(self.estimator.algorithm_params or {}), **best}
        best_model = clone(self.estimator).set_params(algorithm_params=chosen)
        self.best_estimator_ = fit_groups(best_model, X, y, groups, sample_weight)
        if classify:
            self.classes_ = self.best_estimator_.classes_
        return self

    def _study(self, optuna: Any, *tables: Any) -> Any:
        space = getattr(self.space, "__qualname__", "")
        asked = f"{table_checksum(*tables)} {described(self.estimator)} {space} {self.n_splits} {self.random_state}"
        study = optuna.create_study(
            direction="minimize",
            storage=self.storage,
            study_name=hashlib.sha256(asked.encode()).hexdigest()[:32],
            load_if_exists=self.storage is not None,
        )
        if self.space is None and not study.trials:
            from perovex.learn.estimators.algorithms import XGBOOST_DEFAULTS

            study.enqueue_trial({k: v for k, v in XGBOOST_DEFAULTS.items() if k != "tree_method"})
        return study

    def predict(self, X: Any) -> NDArray[Any]:
        """Predict with the best model."""
        check_is_fitted(self, "best_estimator_")
        return np.asarray(self.best_estimator_.predict(X))

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return probabilities of the best classifier."""
        check_is_fitted(self, "best_estimator_")
        return np.asarray(self.best_estimator_.predict_proba(X))

    def predict_interval(self, X: Any, coverage: float = 0.9) -> Any:
        """Predict with an interval of the best regressor."""
        check_is_fitted(self, "best_estimator_")
        return self.best_estimator_.predict_interval(X, coverage)


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise ModelInputError("the search needs optuna", remedy=install_command("search")) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna
