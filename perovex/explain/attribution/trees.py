"""SHAP values of tree models, exact and checked.

Along the paths of the trees, xgboost models go through xgboost's own TreeSHAP (the algorithm that
`shap.TreeExplainer` calls, without parsing the model first), and over a background leaf by leaf where they are shallow
(`leaves`); everything else goes through `shap.TreeExplainer`.
Interactions of xgboost models are computed by shap's per-tree kernel, which visits the descriptors of each tree only,
where xgboost visits every column.

References
----------
Lundberg et al., From local explanations to global understanding with explainable AI for trees,
Nat. Mach. Intell. 2, 56 (2020), 10.1038/s42256-019-0138-9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit

from perovex.errors import ExplanationError
from perovex.explain.attribution.leaves import leaf_values, read_leaves
from perovex.explain.attribution.opened import Opened, open_estimator

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def tree_values(
    trees: Opened, table: Array, background: Array | None, *, probability: bool = False
) -> tuple[Array, Array, Array]:
    """Compute SHAP values of a tree model.

    Parameters
    ----------
    trees : Opened
        A tree model.
    table : ndarray, shape (rows, columns)
        Rows to explain, as the trees see them.
    background : ndarray, shape (background rows, columns), or None
        What absent descriptors are taken from; along the paths of the trees without one.
    probability : bool
        Probabilities of the positive class instead of log-odds; needs a background.

    Returns
    -------
    values : ndarray, shape (rows, columns)
    base, output : ndarray, shape (rows,)
        Expected output, and the output of the trees themselves, asked independently.

    Raises
    ------
    ExplanationError
        If there are more than two classes.
    """
    if trees.is_xgboost and background is None:
        return _along_paths(trees, table)
    assert background is not None or not trees.is_xgboost
    plain = trees.is_xgboost and not probability and _best_iterations(trees.model) == (0, 0)
    leaves = read_leaves(trees.booster) if plain else None
    if leaves is not None and background is not None:
        # xgboost compares single-precision values with single-precision cuts
        single, known = (rows.astype(np.float32).astype(float) for rows in (table, background))
        base = np.full(len(table), tree_output(trees, background).mean())
        return leaf_values(leaves, single, known), base, tree_output(trees, table)
    import shap

    if trees.is_xgboost:
        table = table.astype(np.float32).astype(float)
        background = None if background is None else background.astype(np.float32).astype(float)
    explainer = shap.TreeExplainer(
        trees.model,
        data=background,
        feature_perturbation="tree_path_dependent" if background is None else "interventional",
        model_output="probability" if probability and has_margin(trees) else "raw",
    )
    values = np.asarray(explainer.shap_values(table, check_additivity=False), dtype=float)
    base = np.atleast_1d(np.asarray(explainer.expected_value, dtype=float))
    if values.ndim == 3:  # scikit-learn forests: one set of values per class
        if values.shape[2] != 2:
            raise ExplanationError("more than two classes", remedy="explain one class against the rest")
        values = values[:, :, 1]
    return values, np.full(len(table), base[-1]), tree_output(trees, table, probability=probability)


def _along_paths(trees: Opened, table: Array) -> tuple[Array, Array, Array]:
    """Ask xgboost for path-dependent contributions."""
    import xgboost

    matrix = xgboost.DMatrix(table.astype(np.float32), feature_names=trees.booster.feature_names)
    limit = _best_iterations(trees.model)
    contributions = trees.booster.predict(matrix, pred_contribs=True, iteration_range=limit).astype(float)
    if contributions.ndim != 2:
        raise ExplanationError("more than two classes", remedy="explain one class against the rest")
    output = trees.booster.predict(matrix, output_margin=True, iteration_range=limit).astype(float)
    return contributions[:, :-1], contributions[:, -1], output


def has_margin(trees: Opened) -> bool:
    """Whether a classifier adds up log-odds, as boosting does; forests average probabilities."""
    return trees.is_xgboost or hasattr(trees.model, "decision_function")


def tree_output(trees: Opened, table: Array, *, probability: bool = False) -> Array:
    """Return what the trees compute: target, log-odds, or probability for forests and where asked for."""
    model = trees.model
    if trees.is_xgboost:
        import xgboost

        matrix = xgboost.DMatrix(table.astype(np.float32), feature_names=trees.booster.feature_names)
        margin = trees.booster.predict(matrix, output_margin=True, iteration_range=_best_iterations(model))
        return np.asarray(expit(margin.astype(float)) if probability else margin, dtype=float)
    named = trees.named(table)
    if not trees.classifier:
        return np.asarray(model.predict(named), dtype=float)
    if has_margin(trees) and not probability:
        return np.asarray(model.decision_function(named), dtype=float)
    return np.asarray(model.predict_proba(named)[:, 1], dtype=float)


def _best_iterations(model: Any) -> tuple[int, int]:
    """Return the rounds that `predict` uses: all, or up to the best one after early stopping."""
    best = getattr(model, "best_iteration", None) if getattr(model, "early_stopping_rounds", None) else None
    return (0, 0) if best is None else (0, int(best) + 1)


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

    trees = _opened_trees(estimator, X)
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


def _fast_interactions(explainer: Any, trees: Opened, table: NDArray[np.float32]) -> NDArray[np.float64]:
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


def _opened_trees(estimator: Any, X: pd.DataFrame) -> Opened:
    """Open an estimator that must hold one tree model."""
    opened = open_estimator(estimator, list(X.columns))
    if opened.kind != "trees":
        raise ExplanationError(
            f"no tree model found inside {type(estimator).__name__}",
            remedy="interaction values exist for gradient-boosted or forest models only",
        )
    return opened
