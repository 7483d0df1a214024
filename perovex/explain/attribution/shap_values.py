"""SHAP values of one fitted tree model, exact and checked.

xgboost models go through xgboost's own TreeSHAP (the algorithm that `shap.TreeExplainer` calls, without
parsing the model first); everything else goes through `shap.TreeExplainer`. Interactions of xgboost models
are computed by shap's per-tree kernel, which visits the descriptors of each tree only, where xgboost visits
every column.

References
----------
Lundberg et al., From local explanations to global understanding with explainable AI for trees,
Nat. Mach. Intell. 2, 56 (2020), 10.1038/s42256-019-0138-9.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from perovex.errors import ExplanationError
from perovex.explain.attribution.tree_view import TreeView, view

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

Space = Literal["raw", "probability"]
Perturbation = Literal["tree_path_dependent", "interventional"]

ADDITIVITY_TOLERANCE = 1e-3  # relative to the spread of the output; single precision of the trees gives about 1e-6
_BACKGROUND_ROWS = 100  # interventional cost grows with the background; shap's own advice is 100 to 1000


@dataclass(frozen=True, eq=False)
class Attribution:
    """SHAP values of one model on one table.

    Attributes
    ----------
    values : ndarray, shape (rows, descriptors)
        Contribution of each descriptor, in `unit`.
    base : ndarray, shape (rows,)
        Expected output, in `unit`.
    output : ndarray, shape (rows,)
        Output of the trees that the contributions add up to, in `unit`.
    unit : str
        ``"log-odds"``, ``"probability"``, ``"target"`` or ``"ln(target)"``.
    """

    values: NDArray[np.float64]
    base: NDArray[np.float64]
    output: NDArray[np.float64]
    unit: str

    @property
    def additivity_error(self) -> float:
        """Largest difference between output and base plus contributions, in `unit`."""
        if not len(self.output):
            return 0.0
        return float(np.max(np.abs(self.base + self.values.sum(axis=1) - self.output)))

    def check(self) -> Attribution:
        """Return self if the contributions add up to the output.

        Raises
        ------
        ExplanationError
            If they do not.
        """
        scale = max(float(np.ptp(self.output)) if len(self.output) else 0.0, 1.0)
        if not self.additivity_error <= ADDITIVITY_TOLERANCE * scale:
            raise ExplanationError(
                f"SHAP values miss the model output by {self.additivity_error:.3g} {self.unit}",
                remedy="shap does not understand this model: update it, or use raw space",
            )
        return self


def attribute(
    estimator: Any,
    X: pd.DataFrame,
    *,
    background: pd.DataFrame | None = None,
    space: Space = "raw",
    perturbation: Perturbation = "tree_path_dependent",
) -> Attribution:
    """Attribute the output of a fitted tree model to descriptors.

    Parameters
    ----------
    estimator : object
        Fitted estimator with a tree model inside.
    X : DataFrame, shape (rows, descriptors)
        Rows to explain.
    background : DataFrame, optional
        Reference rows, needed for interventional values and for probabilities.
    space : {"raw", "probability"}
        Log-odds (or the target) or, for classifiers, probabilities of the positive class.
    perturbation : {"tree_path_dependent", "interventional"}
        How an absent descriptor is averaged: along the paths of the trees, so that correlated descriptors
        share credit, or over the background as if descriptors were independent.

    Returns
    -------
    Attribution
        Values that were checked to add up to the output.

    Raises
    ------
    ExplanationError
        If no trees are found, the background is missing, or the values do not add up.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sklearn.ensemble import RandomForestRegressor
    >>> X = pd.DataFrame({"angle": np.arange(20.0), "noise": np.zeros(20)})
    >>> model = RandomForestRegressor(10, random_state=0).fit(X, X["angle"])
    >>> attribution = attribute(model, X)
    >>> bool(attribution.additivity_error < 1e-6), float(abs(attribution.values[:, 1]).max())
    (True, 0.0)
    """
    trees = view(estimator, X)
    probability = space == "probability" and trees.classifier
    if (probability or perturbation == "interventional") and background is None:
        raise ExplanationError(
            "interventional and probability attributions need background rows",
            remedy="pass background=X_train",
        )
    if trees.is_xgboost and not probability and perturbation == "tree_path_dependent":
        found = _xgboost(trees, X)
    else:
        found = _shap(trees, X, background, perturbation=perturbation, probability=probability)
    values = trees.scatter(found.values, X.columns)
    return Attribution(values, found.base, found.output, found.unit).check()


def _xgboost(trees: TreeView, X: pd.DataFrame) -> Attribution:
    import xgboost

    booster = trees.booster
    table = xgboost.DMatrix(trees.prepare(X).astype(np.float32), feature_names=booster.feature_names)
    limit = _best_iterations(trees.model)
    contributions = booster.predict(table, pred_contribs=True, iteration_range=limit).astype(float)
    if contributions.ndim != 2:
        raise ExplanationError("more than two classes", remedy="explain one class against the rest")
    output = booster.predict(table, output_margin=True, iteration_range=limit).astype(float)
    unit = _unit(trees, probability=False, booster=booster)
    return Attribution(contributions[:, :-1], contributions[:, -1], output, unit)


def _best_iterations(model: Any) -> tuple[int, int]:
    """Return the rounds that `predict` uses: all, or up to the best one after early stopping."""
    best = getattr(model, "best_iteration", None) if getattr(model, "early_stopping_rounds", None) else None
    return (0, 0) if best is None else (0, int(best) + 1)


def _unit(trees: TreeView, *, probability: bool, booster: Any = None) -> str:
    if trees.classifier:
        return "probability" if probability or booster is None else "log-odds"
    return "ln(target)" if trees.log_target else "target"


def _shap(
    trees: TreeView,
    X: pd.DataFrame,
    background: pd.DataFrame | None,
    *,
    perturbation: Perturbation,
    probability: bool,
) -> Attribution:
    import shap

    table = trees.prepare(X)
    if probability:
        perturbation = "interventional"  # probabilities are not additive along paths
    reference = None
    if perturbation == "interventional" and background is not None:
        rows = (
            background if len(background) <= _BACKGROUND_ROWS else background.sample(_BACKGROUND_ROWS, random_state=0)
        )
        reference = trees.prepare(rows)
    explainer = shap.TreeExplainer(
        trees.model,
        data=reference,
        feature_perturbation=perturbation,
        model_output="probability" if probability and _has_margin(trees) else "raw",
    )
    values = np.asarray(explainer.shap_values(table, check_additivity=False), dtype=float)
    base = np.atleast_1d(np.asarray(explainer.expected_value, dtype=float))
    if values.ndim == 3:  # scikit-learn forests: one set of values per class
        if values.shape[2] != 2:
            raise ExplanationError("more than two classes", remedy="explain one class against the rest")
        values = values[:, :, 1]
    logit = trees.classifier and _has_margin(trees) and not probability
    unit = "log-odds" if logit else _unit(trees, probability=True)
    return Attribution(values, np.full(len(table), base[-1]), _output(trees, table, logit=logit), unit)


def _has_margin(trees: TreeView) -> bool:
    """Boosted classifiers add up log-odds; forests average probabilities."""
    return trees.is_xgboost or hasattr(trees.model, "decision_function")


def _output(trees: TreeView, table: NDArray[np.float64], *, logit: bool) -> NDArray[np.float64]:
    """Output of the trees themselves, asked independently of the attribution."""
    model = trees.model
    if trees.is_xgboost:
        import xgboost

        matrix = xgboost.DMatrix(table.astype(np.float32), feature_names=trees.booster.feature_names)
        raw = trees.booster.predict(matrix, output_margin=True, iteration_range=_best_iterations(model)).astype(float)
        return raw if logit or not trees.classifier else 1.0 / (1.0 + np.exp(-raw))
    named: Any = table
    if hasattr(model, "feature_names_in_"):
        import pandas as pd

        named = pd.DataFrame(table, columns=model.feature_names_in_)
    if not trees.classifier:
        return np.asarray(model.predict(named), dtype=float)
    if logit:
        return np.asarray(model.decision_function(named), dtype=float)
    return np.asarray(model.predict_proba(named)[:, 1], dtype=float)


def interactions(estimator: Any, X: pd.DataFrame) -> NDArray[np.float64]:
    """SHAP interaction values of a fitted tree model.

    Parameters
    ----------
    estimator : object
        Fitted estimator with a tree model inside.
    X : DataFrame, shape (rows, descriptors)
        Rows to explain.

    Returns
    -------
    ndarray, shape (rows, descriptors, descriptors)
        Symmetric; a row sums to the SHAP value of its descriptor, the diagonal holds main effects. Log-odds
        or the unit of the target.

    Raises
    ------
    ExplanationError
        If no trees are found.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sklearn.ensemble import RandomForestRegressor
    >>> X = pd.DataFrame({"a": np.arange(16.0) % 4, "b": np.arange(16.0) // 4})
    >>> model = RandomForestRegressor(5, random_state=0).fit(X, X["a"] * X["b"])
    >>> interactions(model, X).shape
    (16, 2, 2)
    """
    import shap

    trees = view(estimator, X)
    table = trees.prepare(X)
    explainer = shap.TreeExplainer(trees.model, feature_perturbation="tree_path_dependent")
    if trees.is_xgboost:
        values = _fast_interactions(explainer, trees, table.astype(np.float32))
    else:
        values = np.asarray(explainer.shap_interaction_values(table), dtype=float)
    if values.ndim == 4:
        values = values[..., 1]
    scattered = trees.scatter(values, X.columns)
    return np.swapaxes(trees.scatter(np.swapaxes(scattered, 1, 2), X.columns), 1, 2)


def _fast_interactions(explainer: Any, trees: TreeView, table: NDArray[np.float32]) -> NDArray[np.float64]:
    """Compute interactions by shap's per-tree kernel; xgboost's own where the two differ.

    The kernel's cost follows the descriptors in each tree, xgboost's follows all columns: with 60 columns and
    trees of depth 3 the kernel is more than ten times faster.
    """
    import xgboost

    matrix = xgboost.DMatrix(table, feature_names=trees.booster.feature_names)
    limit = _best_iterations(trees.model)
    if limit == (0, 0) and getattr(explainer.model, "model_type", None) == "xgboost":
        explainer.model.model_type = "internal"
        values = np.asarray(explainer.shap_interaction_values(table), dtype=float)
        reference = trees.booster.predict(matrix, pred_contribs=True)[:, :-1]
        if np.allclose(values.sum(axis=2), reference, atol=1e-4 * max(1.0, float(np.ptp(reference)))):
            return values
    native = trees.booster.predict(matrix, pred_interactions=True, iteration_range=limit)
    return np.asarray(native[:, :-1, :-1], dtype=float)
