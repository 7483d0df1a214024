"""Shapley values of any fitted model, exact where the model allows it, and checked.

Trees by interventional TreeSHAP, linear models in closed form, Gaussian processes with an RBF kernel by the integral of
`kernels`, averages member by member on the scale on which they are averaged; everything else by permutations, with the
error that sampling leaves. An absent descriptor is taken from background rows, the same for all members, so that the
parts add up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.special import logit

from perovex._seeds import stream
from perovex._threads import few_threads
from perovex.errors import ExplanationError
from perovex.explain.attribution.kernels import kernel_expansion, kernel_values
from perovex.explain.attribution.opened import Opened, open_estimator
from perovex.explain.attribution.permutation import permutation_values
from perovex.explain.attribution.trees import has_margin, tree_output, tree_values
from perovex.learn.estimators.base import unchecked

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

Space = Literal["raw", "probability"]
Perturbation = Literal["interventional", "tree_path_dependent"]

EXACT = 1e-6  # miss of the output, relative to its spread, from which a value is no longer called exact
_SINGLE = 1e-5  # the same where trees take part: xgboost adds up its output in single precision
_ALONG_PATHS = 1e-3  # the same along paths, where xgboost adds up contributions in single precision, too
N_BACKGROUND = 16  # rows that stand for the training table
_N_BACKGROUND_ROUGH = 8
_ROUGH = 1e-2  # miss of the output that averages over many rows bear
_N_BACKGROUND_TREES = 100  # trees alone are cheap; shap's own advice is 100 to 1000
_CLIP = 1e-6  # probabilities of 0 and 1 have no log-odds


@dataclass(frozen=True, eq=False)
class Attribution:
    """Shapley values of one model on one table.

    Attributes
    ----------
    values : ndarray, shape (rows, descriptors)
        Contribution of each descriptor, in `unit`.
    base : ndarray, shape (rows,)
        Expected output, in `unit`.
    output : ndarray, shape (rows,)
        Output of the model that the contributions add up to, in `unit`.
    unit : str
        ``"log-odds"``, ``"probability"``, ``"target"`` or ``"ln(target)"``.
    members : dict of str to ndarray
        Values of each member of an average; `values` is their mean. Empty for a single model.
    sampling_error : float
        Largest standard error of a value that is left by sampled permutations; 0 where values are exact.
    """

    values: Array
    base: Array
    output: Array
    unit: str
    members: dict[str, Array] = field(default_factory=dict)
    sampling_error: float = 0.0

    @property
    def additivity_error(self) -> float:
        """Largest difference between output and base plus contributions, in `unit`."""
        if not len(self.output):
            return 0.0
        return float(np.max(np.abs(self.base + self.values.sum(axis=1) - self.output)))

    def check(self, tolerance: float = EXACT) -> Attribution:
        """Return self if the contributions add up to the output.

        Raises
        ------
        ExplanationError
            If they do not.
        """
        scale = max(float(np.ptp(self.output)) if len(self.output) else 0.0, 1.0)
        if not self.additivity_error <= tolerance * scale:
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
    perturbation: Perturbation | None = None,
    rough: bool = False,
    random_state: int = 0,
) -> Attribution:
    """Attribute the output of a fitted model to descriptors.

    Parameters
    ----------
    estimator : object
        Fitted estimator: a model of `perovex.learn`, or any estimator of scikit-learn's kind.
    X : DataFrame, shape (rows, descriptors)
        Rows to explain.
    background : DataFrame, optional
        Rows that absent descriptors are taken from, usually the training table; of many, sixteen are chosen that cover
        the range of the output (a hundred for trees alone). Only trees along their paths need none.
    space : {"raw", "probability"}
        The scale on which the model adds up (log-odds, log E, E) or, for classifiers, probabilities of the positive
        class.
    perturbation : {"interventional", "tree_path_dependent"}, optional
        How an absent descriptor is replaced: from the background, as if descriptors were independent, or along the
        paths of a tree model, so that correlated descriptors share credit. By default from the background where there
        is one.
    rough : bool
        For averages over many rows and models: fewer background rows, and kernels to a thousandth of the output.
    random_state : int
        Seed of permutations, for models that need them.

    Returns
    -------
    Attribution
        Values that were checked to add up to the output.

    Raises
    ------
    ExplanationError
        If the background is missing, a path-dependent value is asked of a model without trees, or values do not add up.

    References
    ----------
    Lundberg and Lee, A unified approach to interpreting model predictions, NeurIPS 30 (2017), arXiv:1705.07874.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from perovex.learn import YoungModulusRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame(rng.normal(size=(40, 2)), columns=["angle", "noise"])
    >>> model = YoungModulusRegressor("average").fit(X, 10 * np.exp(X["angle"]))
    >>> attribution = attribute(model, X, background=X)
    >>> attribution.unit, sorted(attribution.members), bool(attribution.additivity_error < 1e-5)
    ('ln(target)', ['gaussian_process', 'ridge', 'xgboost'], True)
    """
    opened = open_estimator(estimator, list(X.columns))
    probability = space == "probability" and opened.classifier
    paths = perturbation == "tree_path_dependent" or (perturbation is None and background is None and not probability)
    if paths and opened.kind != "trees":
        raise ExplanationError(
            f"{type(estimator).__name__} has no trees to follow: its values need background rows",
            remedy="pass background=X_train",
        )
    if background is None and not paths:
        raise ExplanationError(
            "interventional and probability attributions need background rows", remedy="pass background=X_train"
        )
    table = opened.prepare(X)
    rows = None
    if background is not None and (probability or not paths):
        everything = opened.prepare(background)
        limit = _N_BACKGROUND_ROUGH if rough else N_BACKGROUND
        if opened.kind == "trees" and not rough:
            limit = _N_BACKGROUND_TREES
        rows = spread_rows(everything, output_of(opened, everything), limit)
    how = _How(probability, rough, stream(random_state, "permutations"))
    with few_threads():
        parts = _attribute(opened, table, rows, how)
    tolerance = _ROUGH if rough else EXACT
    if not rough and opened.kind in ("trees", "average"):
        tolerance = _ALONG_PATHS if rows is None else _SINGLE
    return Attribution(
        opened.scatter(parts.values, X.columns),
        parts.base,
        parts.output,
        parts.unit,
        {name: opened.scatter(values, X.columns) for name, values in parts.members.items()},
        parts.sampling_error,
    ).check(tolerance)


def spread_rows(table: Array, output: Array, n: int) -> Array:
    """Choose rows that stand for a table: the middle one of each of `n` equal parts in the order of the output.

    Examples
    --------
    >>> import numpy as np
    >>> spread_rows(np.arange(9.0)[:, None], np.arange(9.0), 3).ravel().tolist()
    [1.0, 4.0, 7.0]
    """
    if len(table) <= n:
        return table
    order = np.argsort(output, kind="stable")
    middle = ((np.arange(n) + 0.5) * len(table) / n).astype(int)
    return np.asarray(table[order[middle]])


def output_of(opened: Opened, table: Array, *, probability: bool = False) -> Array:
    """Return the output of an opened model on the scale that is explained."""
    model = opened.model
    if opened.kind == "trees":
        return tree_output(opened, table, probability=probability)
    if probability:
        return np.asarray(model.predict_proba(opened.named(table))[:, 1], dtype=float)
    if opened.kind in ("average", "linear") and opened.classifier:
        return np.asarray(model.decision_function(opened.named(table)), dtype=float)
    if opened.kind == "kernel":
        expansion = kernel_expansion(model)
        if expansion is not None:
            return expansion.output(table)
    if opened.classifier:
        p = np.asarray(model.predict_proba(opened.named(table))[:, 1], dtype=float)
        return np.asarray(logit(np.clip(p, _CLIP, 1 - _CLIP)))
    return np.asarray(model.predict(opened.named(table)), dtype=float)


@dataclass(frozen=True)
class _How:
    """What holds for a model and its members alike."""

    probability: bool
    rough: bool
    rng: np.random.Generator


def _attribute(opened: Opened, table: Array, background: Array | None, how: _How) -> Attribution:
    """Attribute a model on a prepared table."""
    probability = how.probability
    unit = _unit(opened, probability=probability)
    if opened.kind == "trees":
        values, base, output = tree_values(opened, table, background, probability=probability)
        return Attribution(values, base, output, unit)
    assert background is not None
    if opened.kind == "average" and not probability:
        return _average(opened, table, background, unit, how)
    output = output_of(opened, table, probability=probability)
    if opened.kind == "linear" and not probability:
        coefficients = np.ravel(opened.model.coef_)
        values = (table - background.mean(axis=0)) * coefficients
        mean = float(output_of(opened, background).mean())
        linear = Attribution(values, np.full(len(table), mean), output, unit)
        if linear.additivity_error <= EXACT * max(1.0, float(np.ptp(output))):  # no link function bends it
            return linear
    if opened.kind == "kernel" and not probability:
        expansion = kernel_expansion(opened.model)
        if expansion is not None:
            values, mean = kernel_values(expansion, table, background, rough=how.rough)
            return Attribution(values, np.full(len(table), mean), output, unit)

    def ask(rows: Array) -> Array:
        return output_of(opened, rows, probability=probability)

    values, mean, error = permutation_values(ask, table, background, rng=how.rng)
    return Attribution(values, np.full(len(table), mean), output, unit, sampling_error=error)


def _average(opened: Opened, table: Array, background: Array, unit: str, how: _How) -> Attribution:
    """Attribute every member of an average; the values of the average are their mean."""
    parts: dict[str, Attribution] = {}
    for name, model in zip(opened.model.members, opened.model.models_, strict=True):
        member = open_estimator(model, opened.columns)
        with unchecked():  # the average fitted its members on such rows
            member_table, member_background = member.prepare_rows(table), member.prepare_rows(background)
        part = _attribute(member, member_table, member_background, how)
        parts[name] = part
    values = {name: part.values for name, part in parts.items()}
    return Attribution(
        np.mean(list(values.values()), axis=0),
        np.mean([part.base for part in parts.values()], axis=0),
        output_of(opened, table),
        unit,
        values,
        max(part.sampling_error for part in parts.values()) / len(parts),
    )


def _unit(opened: Opened, *, probability: bool) -> str:
    if opened.classifier:
        forest = opened.kind == "trees" and not has_margin(opened)
        return "probability" if probability or forest else "log-odds"
    return "ln(target)" if opened.log_target else "target"
