"""Classification of crystals as stiff or soft."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import ClassifierMixin, clone
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, column_or_1d

from perovex._threads import few_threads
from perovex.errors import ModelInputError, ModelTableError
from perovex.learn.estimators.base import DescriptorModel, unchecked
from perovex.learn.estimators.regressor import YoungModulusRegressor
from perovex.learn.tables import as_groups, heeded, maybe_rows, read_fit, rows_of
from perovex.learn.threshold import resolve_threshold
from perovex.learn.uncertainty.calibration import METHODS, ProbabilityCalibrator, choose_calibration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


LEARNS = ("classes", "modulus")
_RESIDUAL_FOLDS = 5


class StiffnessClassifier(ClassifierMixin, DescriptorModel):
    """Tell stiff crystals from soft ones.

    Parameters
    ----------
    algorithm : str, default "xgboost"
        ``"xgboost"``, ``"random_forest"``, ``"hist_gradient_boosting"``, ``"ebm"`` (training needs the extra ``ebm``),
        ``"gaussian_process"``, ``"logistic"`` or ``"nearest_neighbour"``.
    threshold : {"median", "q<p>"}, float or None, default "median"
        A crystal is stiff where its modulus is strictly above this; resolved on the training moduli and
        stored as `threshold_`. With None, or where `y` already holds labels (booleans, text, or only 0 and
        1), labels are taken as they are.
    target : str, default "E_in_plane"
        Name of the modulus, stored with the model; it does not change the fit.
    learns : {"classes", "modulus"}, default "classes"
        Learn which crystals are stiff; or learn how stiff each is, and take the probability of being stiff from the
        predictive distribution of that modulus (`YoungModulusRegressor.probability_above`). The second uses more of
        what the labels say, and its class never contradicts the modulus; it needs moduli as `y`.
    log_target : bool, default True
        Of that regression; False where values may be negative.
    calibration : {"none", "auto", "sigmoid", "isotonic", "venn-abers"}, default "none"
        Calibrate probabilities on predictions held out by groups; ``"auto"`` chooses by the amount of data
        (`choose_calibration`). What was used stands in `calibration_`. Not used where the modulus is learnt.
    monotone : dict of str to {-1, 0, 1}, optional
        Directions that the probability must keep, by descriptor (xgboost, histogram boosting, ebm).
    selector : DescriptorSelector, optional
        Fitted inside `fit`, on the training rows only.
    algorithm_params : dict, optional
        Parameters of the algorithm that replace the small-data defaults.
    random_state : int, default 0
        Seed; equal seeds give bit-identical models on one machine.
    n_jobs : int, default 1
        Threads of the algorithm.

    Attributes
    ----------
    classes_ : ndarray, shape (2,)
        ``[False, True]`` where `y` was a modulus: column 1 of `predict_proba` is the probability of stiff.
    threshold_ : float
        GPa; NaN where labels were given.
    model_ : object
        The fitted xgboost model or scikit-learn pipeline on `selected_features_`, where classes are learnt.
    regressor_ : YoungModulusRegressor
        What predicts, where the modulus is learnt.
    calibration_ : str
        Calibration that was used.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> x = pd.DataFrame({"bridge_angle": np.linspace(140, 180, 40)})
    >>> model = StiffnessClassifier(threshold=10.0).fit(x, 10 + 0.2 * (x["bridge_angle"] - 160))
    >>> model.predict(pd.DataFrame({"bridge_angle": [145.0, 175.0]})).tolist(), model.threshold_
    ([False, True], 10.0)
    """

    _classify = True

    def __init__(  # noqa: PLR0913 - scikit-learn parameters
        self,
        algorithm: str = "xgboost",
        *,
        threshold: float | str | None = "median",
        target: str = "E_in_plane",
        learns: str = "classes",
        log_target: bool = True,
        calibration: str = "none",
        monotone: Mapping[str, int] | None = None,
        selector: Any = None,
        algorithm_params: Mapping[str, Any] | None = None,
        random_state: int | None = 0,
        n_jobs: int = 1,
    ) -> None:
        self.algorithm = algorithm
        self.threshold = threshold
        self.target = target
        self.learns = learns
        self.log_target = log_target
        self.calibration = calibration
        self.monotone = monotone
        self.selector = selector
        self.algorithm_params = algorithm_params
        self.random_state = random_state
        self.n_jobs = n_jobs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def fit(self, X: Any, y: Any, groups: Any = None, sample_weight: Any = None) -> StiffnessClassifier:
        """Fit on a descriptor table.

        Parameters
        ----------
        X : DataFrame, shape (n_rows, n_descriptors)
            NaN where a descriptor is undefined.
        y : array_like, shape (n_rows,)
            Young's moduli in GPa, or labels.
        groups : array_like, shape (n_rows,), optional
            Spacer of each row; used by the selector and the calibration, whose folds never split a group.
        sample_weight : array_like, shape (n_rows,), optional
            How much each row counts; a row of weight zero is left out. The selector and the calibration are
            weighted alike; the threshold is not: what counts as stiff does not depend on weights.

        Raises
        ------
        ModelInputError
            Only one class, a table that cannot be fitted, or an algorithm that takes no weights.
        """
        if self.calibration not in METHODS:
            raise ModelInputError(f"unknown calibration {self.calibration!r}", remedy=f"one of {METHODS}")
        if self.learns not in LEARNS:
            raise ModelInputError(f"unknown learns={self.learns!r}", remedy=f"one of {LEARNS}")
        if y is None:
            raise ModelTableError("requires y to be passed, but the target y is None")
        if self.learns == "modulus":
            return self._fit_modulus(X, y, groups, sample_weight)
        values = read_fit(self, X, dtype=self._dtype)
        code = self._encode(y)
        if len(code) != len(values):
            raise ModelTableError(f"{len(code)} labels for {len(values)} rows: inconsistent numbers of samples")
        X, values, code, groups, weights = heeded(X, values, code, groups, sample_weight)
        if len(np.unique(code)) < 2:
            raise ModelTableError("one class only among rows with a weight", remedy="weigh rows of both classes")
        self._fit_inner(values, code, groups, weights)
        self._fit_calibration(X, code, groups, weights)
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return probabilities of the two `classes_`, shape (n_rows, 2)."""
        check_is_fitted(self)
        if self.learns == "modulus":
            above = self.regressor_.probability_above(X, self.threshold_)
            return np.column_stack([1 - above, above])
        values = self._read(X)
        with few_threads(self.n_jobs), unchecked():
            p = np.asarray(self.model_.predict_proba(values)[:, 1], dtype=float)
        if self.calibrator_ is not None:
            p = self.calibrator_.predict(p)
        return np.column_stack([1 - p, p])

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the more probable class of each row."""
        check_is_fitted(self)
        return self.classes_[(self.predict_proba(X)[:, 1] > 0.5).astype(int)]

    def _fit_modulus(self, X: Any, y: Any, groups: Any, sample_weight: Any) -> StiffnessClassifier:
        """Fit a regressor with held-out residuals; the class is what its distribution says."""
        if self.threshold is None or _are_labels(column_or_1d(y)):
            raise ModelTableError(
                "labels were given, and a classifier that learns the modulus needs moduli",
                remedy='pass moduli and a threshold, or use learns="classes"',
            )
        self._encode(y)
        regressor = YoungModulusRegressor(
            self.algorithm,
            target=self.target,
            log_target=self.log_target,
            monotone=self.monotone,
            selector=self.selector,
            interval_folds=_RESIDUAL_FOLDS,
            algorithm_params=self.algorithm_params,
            random_state=self.random_state,
            n_jobs=self.n_jobs,
        )
        return self.follow(regressor.fit(X, y, groups, sample_weight), self.threshold_)

    def follow(self, regressor: YoungModulusRegressor, threshold: float) -> StiffnessClassifier:
        """Take a fitted regressor with intervals as what predicts, without fitting anything.

        Parameters
        ----------
        regressor : YoungModulusRegressor
            Fitted with `interval_folds`.
        threshold : float
            GPa.

        Examples
        --------
        >>> import numpy as np, pandas as pd
        >>> x = pd.DataFrame({"bridge_angle": np.linspace(140, 180, 40)})
        >>> regressor = YoungModulusRegressor("ridge", interval_folds=5).fit(x, 10 + 0.2 * (x["bridge_angle"] - 160))
        >>> model = StiffnessClassifier("ridge", learns="modulus").follow(regressor, 10.0)
        >>> bool((model.predict(x) == (regressor.predict(x) > 10.0)).all())
        True
        """
        self.regressor_ = regressor
        self.threshold_ = float(threshold)
        self.classes_ = np.array([False, True])
        self.kept_, self.n_features_in_ = regressor.kept_, regressor.n_features_in_
        if hasattr(regressor, "feature_names_in_"):
            self.feature_names_in_ = regressor.feature_names_in_
        self.calibrator_, self.calibration_ = None, "held-out residuals"
        return self

    def _encode(self, y: Any) -> NDArray[np.int64]:
        """Set `classes_` and `threshold_`; return 0 (soft) and 1 (stiff)."""
        try:
            given = column_or_1d(y, warn=True)
            if given.dtype.kind in "fc" and not np.all(np.isfinite(given)):
                raise ModelTableError("Input y contains NaN or infinity", remedy="drop these rows")
            if self.threshold is None or _are_labels(given):
                check_classification_targets(given)
                if type_of_target(given) == "multiclass":
                    raise ModelTableError(  # wording that scikit-learn asks of two-class classifiers
                        "Only binary classification is supported. The type of the target is multiclass.",
                        remedy="pass moduli and a threshold, or two labels",
                    )
                labels = given
                given_limit = self.threshold
                self.threshold_ = float(given_limit) if isinstance(given_limit, (int, float)) else float("nan")
            else:
                self.threshold_ = resolve_threshold(given, self.threshold)
                labels = np.asarray(given, dtype=float) > self.threshold_
        except ValueError as error:
            raise error if isinstance(error, ModelTableError) else ModelTableError(str(error)) from error
        self.classes_, code = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            where = "" if np.isnan(self.threshold_) else f" at a threshold of {self.threshold_:g} GPa"
            raise ModelTableError(f"one class only{where}", remedy="choose another threshold or add crystals")
        return np.asarray(code, dtype=np.int64)

    def _fit_calibration(
        self, X: Any, code: NDArray[np.int64], groups: Any, weights: NDArray[np.float64] | None
    ) -> None:
        minority = int(np.bincount(code).min())
        wanted = choose_calibration(len(code), minority) if self.calibration == "auto" else self.calibration
        self.calibrator_, self.calibration_ = None, "none"
        if wanted == "none":
            return
        folds = _calibration_folds(code, groups, self.random_state)
        if folds is None:
            if self.calibration == "auto":
                return
            raise ModelTableError(
                "calibration needs two groups with both kinds of crystals on each side of a split",
                remedy='use calibration="none"',
            )
        plain = clone(self).set_params(calibration="none", threshold=None)
        held = np.full(len(code), np.nan)
        for train, test in folds:
            model = clone(plain).fit(
                rows_of(X, train), code[train], maybe_rows(groups, train), maybe_rows(weights, train)
            )
            held[test] = model.predict_proba(rows_of(X, test))[:, 1]
        self.calibrator_ = ProbabilityCalibrator(wanted).fit(held, code, sample_weight=weights)
        self.calibration_ = wanted


def _are_labels(y: NDArray[Any]) -> bool:
    if y.dtype.kind in "bOSUT":
        return True
    return bool(np.isin(y, (0, 1)).all())


def _calibration_folds(
    code: NDArray[np.int64], groups: Any, seed: int | None
) -> list[tuple[NDArray[Any], NDArray[Any]]] | None:
    """Five folds or fewer, each training part with both classes; None where there are none."""
    labels = None if groups is None else as_groups(groups, len(code))
    most = int(np.bincount(code).min()) if labels is None else int(labels.nunique())
    for n_splits in range(min(5, most), 1, -1):
        kind = StratifiedKFold if labels is None else StratifiedGroupKFold
        splitter = kind(n_splits, shuffle=True, random_state=seed)
        folds = list(splitter.split(np.zeros(len(code)), code, labels))
        if all(len(np.unique(code[train])) == 2 for train, _ in folds):
            return folds
    return None
