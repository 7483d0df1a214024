"""Explanation of an estimator on rows it has not seen."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from perovex.explain._inputs import Problem, check_problem, grouped_folds
from perovex.explain._output import explanation_html, json_safe
from perovex.explain.attribution import Perturbation, Space, attribute, interactions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from perovex.explain.effects import Effects
    from perovex.explain.ranking import Ranking
    from perovex.explain.skill import Skill

Fold = tuple["NDArray[np.int64]", "NDArray[np.int64]"]


@dataclass(frozen=True, eq=False)
class FittedFold:
    """A model, the rows it was fitted on and the rows held out."""

    model: Any
    train: NDArray[np.int64]
    test: NDArray[np.int64]
    repeat: int


@dataclass(frozen=True, eq=False)
class Explanation:
    """SHAP values of held-out rows, pooled over grouped folds and averaged over repeats.

    Attributes
    ----------
    problem : Problem
        Estimator, table, target and groups.
    folds : tuple of FittedFold
        Models with their training and held-out rows.
    repeats : ndarray, shape (repeats, rows, descriptors)
        SHAP values of every row by the model of that repeat which had not seen its group, in `unit`.
    base_repeats : ndarray, shape (repeats, rows)
        Expected output of those models, in `unit`.
    predictions : ndarray, shape (repeats, rows)
        Held-out predictions: target, or probability of the positive class.
    train_importance : ndarray, shape (folds, descriptors)
        Mean absolute SHAP value on the rows each model was fitted on, in `unit`.
    additivity_error : float
        Largest difference between contributions and output over all rows and models, in `unit`.
    unit : str
        Unit of the values: ``"log-odds"``, ``"probability"``, ``"target"`` or ``"ln(target)"``.
    space, perturbation : str
        As asked.
    interaction_strength : DataFrame or None
        Mean absolute interaction values (rows and columns are descriptors), off-diagonal counted once per
        side.
    random_state : int
        Seed.
    """

    problem: Problem
    folds: tuple[FittedFold, ...]
    repeats: NDArray[np.float64]
    base_repeats: NDArray[np.float64]
    predictions: NDArray[np.float64]
    train_importance: NDArray[np.float64]
    additivity_error: float
    unit: str
    space: Space
    perturbation: Perturbation
    interaction_strength: pd.DataFrame | None = None
    random_state: int = 0
    _cache: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def X(self) -> pd.DataFrame:  # noqa: N802 -- the field's name
        """Descriptors of the explained rows."""
        return self.problem.X

    @property
    def n_rows(self) -> int:
        """Number of explained crystals."""
        return len(self.problem.X)

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return self.problem.n_groups

    @property
    def values(self) -> pd.DataFrame:
        """Held-out SHAP values, mean over repeats, rows by descriptors, in `unit`."""
        return pd.DataFrame(self.repeats.mean(axis=0), index=self.X.index, columns=self.X.columns)

    @property
    def base_values(self) -> pd.Series:
        """Expected output per row, mean over repeats, in `unit`."""
        return pd.Series(self.base_repeats.mean(axis=0), index=self.X.index, name="base_value")

    @property
    def prediction(self) -> pd.Series:
        """Held-out prediction per row, mean over repeats."""
        return pd.Series(self.predictions.mean(axis=0), index=self.X.index, name="prediction")

    def importance(self) -> pd.DataFrame:
        """Mean absolute SHAP value per descriptor on held-out rows, beside the training rows.

        Returns
        -------
        DataFrame
            Index: descriptors, most important first. Columns: ``importance`` and ``train_importance`` (both
            in `unit`), ``share`` (of the sum), ``train_share``, ``train_excess`` (training share minus
            held-out share: credit that rests on memorised rows) and, for classifiers, the importance among
            the rows of each class.
        """
        held_out = np.abs(self.repeats).mean(axis=(0, 1))
        train = self.train_importance.mean(axis=0)
        table = pd.DataFrame({"importance": held_out, "train_importance": train}, index=self.X.columns)
        table["share"] = held_out / max(held_out.sum(), 1e-300)
        table["train_share"] = train / max(train.sum(), 1e-300)
        table["train_excess"] = table["train_share"] - table["share"]
        if self.problem.classifier:
            y = self.problem.y.to_numpy()
            for label, name in ((0, "negative"), (1, "positive")):
                table[f"importance_{name}"] = np.abs(self.repeats[:, y == label]).mean(axis=(0, 1))
        table.index.name = "descriptor"
        return table.sort_values("importance", ascending=False, kind="stable")

    def grouped_importance(
        self, groups: Mapping[str, Sequence[str]], *, n_boot: int = 200, coverage: float = 0.9
    ) -> pd.DataFrame:
        """Measure the importance of sets of descriptors taken together.

        The SHAP values of a set are added up within each row before taking the absolute value, so that
        descriptors of one set that cancel do not count twice.

        Parameters
        ----------
        groups : mapping of str to sequence of str
            Descriptors of each set (families, correlation groups, ...); unknown ones are left out.
        n_boot : int
            Draws of groups of rows for the interval.
        coverage : float
            Coverage of the interval.

        Returns
        -------
        DataFrame
            Index: sets. Columns: ``importance``, ``lower``, ``upper`` (in `unit`), ``share``,
            ``n_descriptors``.
        """
        from perovex.explain.bootstrap import group_mean_interval

        rows = {}
        for name, members in groups.items():
            position = self.X.columns.get_indexer(pd.Index([m for m in members if m in self.X.columns]))
            if not len(position):
                continue
            joint = np.abs(self.repeats[:, :, position].sum(axis=2))
            mean, lower, upper = group_mean_interval(
                joint, self.problem.groups, n_boot=n_boot, coverage=coverage, random_state=self.random_state
            )
            rows[name] = {"importance": mean, "lower": lower, "upper": upper, "n_descriptors": len(position)}
        table = pd.DataFrame.from_dict(rows, orient="index")
        if len(table):
            table["share"] = table["importance"] / max(table["importance"].sum(), 1e-300)
            table = table.sort_values("importance", ascending=False)
        return table

    def rank(self, **options: Any) -> Ranking:
        """Rank descriptors with confidence and keep the result; see `perovex.explain.rank`."""
        from perovex.explain.ranking import rank

        self._cache["ranking"] = rank(self, **options)
        return self.ranking

    @property
    def ranking(self) -> Ranking:
        """Ranking with confidence, computed with defaults where `rank` has not been called."""
        if "ranking" not in self._cache:
            self.rank()
        found: Ranking = self._cache["ranking"]
        return found

    def effects(self, **options: Any) -> Effects:
        """Sign and shape of each effect; see `perovex.explain.effects`."""
        from perovex.explain.effects import effects

        return effects(self, **options)

    @property
    def skill(self) -> Skill:
        """Held-out skill of the models that are being explained."""
        if "skill" not in self._cache:
            from perovex.explain.skill import skill

            self._cache["skill"] = skill(self)
        found: Skill = self._cache["skill"]
        return found

    def to_frame(self) -> pd.DataFrame:
        """Return the values in long form: crystal, descriptor, value, shap, base_value, prediction."""
        repeat = np.repeat(np.arange(self.n_rows), self.X.shape[1])
        long = pd.DataFrame(
            {
                "crystal_id": self.X.index.to_numpy()[repeat],
                "descriptor": np.tile(self.X.columns.to_numpy(), self.n_rows),
                "value": self.X.to_numpy().ravel(),
                "shap": self.values.to_numpy().ravel(),
            }
        )
        long["base_value"] = self.base_values.to_numpy()[repeat]
        long["prediction"] = self.prediction.to_numpy()[repeat]
        return long

    def to_dict(self, *, values: bool = False) -> dict[str, Any]:
        """Return a dictionary that JSON can hold.

        Parameters
        ----------
        values : bool
            Whether to include the SHAP value of every crystal and descriptor.
        """
        out: dict[str, Any] = {
            "n_rows": self.n_rows,
            "n_groups": self.n_groups,
            "n_descriptors": self.X.shape[1],
            "unit": self.unit,
            "space": self.space,
            "perturbation": self.perturbation,
            "n_models": len(self.folds),
            "random_state": self.random_state,
            "additivity_error": self.additivity_error,
            "skill": self.skill.to_dict(),
            "importance": self.importance().to_dict(orient="index"),
        }
        if "ranking" in self._cache:
            out["ranking"] = self.ranking.to_dict()
        if self.interaction_strength is not None:
            out["interactions"] = self.strongest_interactions().to_dict(orient="records")
        if values:
            out["values"] = self.values.to_dict(orient="index")
            out["base_values"] = self.base_values.to_dict()
            out["prediction"] = self.prediction.to_dict()
        safe: dict[str, Any] = json_safe(out)
        return safe

    def to_json(self, *, values: bool = True, indent: int | None = None) -> str:
        """Return `to_dict` as JSON text."""
        return json.dumps(self.to_dict(values=values), indent=indent, allow_nan=False)

    def strongest_interactions(self, n: int = 10) -> pd.DataFrame:
        """Pairs of descriptors by mean absolute interaction (both sides of the pair added), in `unit`."""
        if self.interaction_strength is None:
            return pd.DataFrame(columns=["first", "second", "strength"])
        matrix = self.interaction_strength.to_numpy()
        first, second = np.triu_indices(len(matrix), k=1)
        strength = matrix[first, second] + matrix[second, first]
        names = self.interaction_strength.columns
        table = pd.DataFrame({"first": names[first], "second": names[second], "strength": strength})
        return table.sort_values("strength", ascending=False, kind="stable").head(n).reset_index(drop=True)

    def _repr_html_(self) -> str:
        return explanation_html(self)


def explain(  # noqa: PLR0913 -- the keyword arguments are the public contract
    estimator: Any,
    X: pd.DataFrame,
    y: ArrayLike,
    groups: ArrayLike | None = None,
    *,
    n_splits: int = 5,
    n_repeats: int = 2,
    random_state: int = 0,
    space: Space = "raw",
    perturbation: Perturbation = "tree_path_dependent",
    interactions: bool = False,
    progress: bool = True,
) -> Explanation:
    """Explain an estimator by SHAP values of rows that its models have not seen.

    In every repeat the rows are split into folds that keep groups whole; a clone is fitted on each training
    part and explained on the part held out, so that each crystal is explained once per repeat by a model that
    knows no crystal of its group. The contributions are checked to add up to the output.

    Parameters
    ----------
    estimator : object
        scikit-learn estimator with a tree model inside (xgboost, gradient boosting, forests, pipelines of
        them).
    X : DataFrame, shape (rows, descriptors)
        Descriptors; missing values allowed where the estimator allows them.
    y : array-like, shape (rows,)
        Target, or two classes (the positive one last in sorted order).
    groups : array-like, shape (rows,), optional
        Group of each row, for example the spacer.
    n_splits : int
        Folds; fewer where there are fewer groups.
    n_repeats : int
        Repeats with other folds and seeds.
    random_state : int
        Seed.
    space : {"raw", "probability"}
        For classifiers: log-odds, or the probability of the positive class (interventional).
    perturbation : {"tree_path_dependent", "interventional"}
        Along the paths of the trees (correlated descriptors share credit), or over the training rows as
        background as if descriptors were independent (credit goes only to what the model reads).
    interactions : bool
        Also compute interaction values (path-dependent).
    progress : bool
        Show a bar on stderr.

    Returns
    -------
    Explanation
        Values, importance, and the way to rankings and effects.

    Raises
    ------
    ModelInputError
        If the table, target or groups cannot be used.
    ExplanationError
        If the estimator holds no tree model or the values do not add up.

    References
    ----------
    Lundberg et al., Nat. Mach. Intell. 2, 56 (2020), 10.1038/s42256-019-0138-9.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sklearn.ensemble import RandomForestRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame(rng.normal(size=(30, 3)), columns=["angle", "stei", "noise"])
    >>> y = 3 * X["angle"] + X["stei"]
    >>> forest = RandomForestRegressor(20)
    >>> found = explain(forest, X, y, groups=np.arange(30) // 3, n_repeats=1, progress=False)
    >>> list(found.importance().index)
    ['angle', 'stei', 'noise']
    """
    problem = check_problem(estimator, X, y, groups)
    plan = [
        (repeat, train, test)
        for repeat in range(n_repeats)
        for train, test in grouped_folds(problem, n_splits=n_splits, random_state=random_state + repeat)
    ]
    return _run(problem, plan, n_repeats, random_state, space, perturbation, interactions, progress)


def _run(
    problem: Problem,
    plan: list[tuple[int, NDArray[np.int64], NDArray[np.int64]]],
    n_repeats: int,
    random_state: int,
    space: Space,
    perturbation: Perturbation,
    with_interactions: bool,
    progress: bool,
) -> Explanation:
    rows, columns = problem.X.shape
    repeats = np.zeros((n_repeats, rows, columns))
    base, predictions = np.zeros((n_repeats, rows)), np.zeros((n_repeats, rows))
    strength = np.zeros((columns, columns)) if with_interactions else None
    folds, train_importance, worst, unit = [], [], 0.0, ""
    options: dict[str, Any] = {"space": space, "perturbation": perturbation}
    for number, (repeat, train, test) in enumerate(tqdm(plan, desc="explain", disable=not progress, leave=False)):
        model = problem.fit(train, seed=random_state + number)
        background = problem.X.iloc[train]
        both = np.concatenate([test, train])
        found = attribute(model, problem.X.iloc[both], background=background, **options)
        repeats[repeat, test] = found.values[: len(test)]
        base[repeat, test] = found.base[: len(test)]
        predictions[repeat, test] = problem.predict(model, test)
        train_importance.append(np.abs(found.values[len(test) :]).mean(axis=0))
        worst, unit = max(worst, found.additivity_error), found.unit
        if strength is not None:
            pairs = interactions(model, problem.X.iloc[test])
            strength += np.abs(pairs).sum(axis=0) / (rows * n_repeats)
        folds.append(FittedFold(model, train, test, repeat))
    names = problem.X.columns
    return Explanation(
        problem,
        tuple(folds),
        repeats,
        base,
        predictions,
        np.array(train_importance),
        worst,
        unit,
        space,
        perturbation,
        None if strength is None else pd.DataFrame(strength, index=names, columns=names),
        random_state,
    )
