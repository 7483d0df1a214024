"""Explanation of an estimator on rows it has not seen."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex._json import json_safe
from perovex._seeds import stream
from perovex.errors import ModelInputError
from perovex.explain.attribution.view import explanation_html
from perovex.explain.statistics import group_mean_interval

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from numpy.typing import NDArray

    from perovex.explain.attribution.attribute import Perturbation, Space
    from perovex.explain.tables import Problem


@dataclass(frozen=True, eq=False)
class FittedFold:
    """A model, the rows it was fitted on, the rows held out, and the repeat they belong to.

    Attributes
    ----------
    model : object
        Fitted estimator; None for one that has still to be fitted.
    train, test : ndarray of int
        Rows it was fitted on, and rows held out.
    repeat : int
        Repeat of the cross-validation, from 0.
    """

    model: Any
    train: NDArray[np.int64]
    test: NDArray[np.int64]
    repeat: int


@dataclass(frozen=True, eq=False)
class Explanation:
    """SHAP values of held-out rows, pooled over grouped folds and averaged over repeats: data only.

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
        Mean absolute SHAP value on rows each model was fitted on, as many as are held out, in `unit`.
    additivity_error : float
        Largest difference between contributions and output over all rows and models, in `unit`.
    sampling_error : float
        Largest standard error of a value left by sampled permutations, in `unit`; 0 where values are exact.
    unit : str
        Unit of the values: ``"log-odds"``, ``"probability"``, ``"target"`` or ``"ln(target)"``.
    space, perturbation : str
        As asked.
    members : dict of str to ndarray
        SHAP values of each member of an average, as `repeats`; empty for single models.
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
    sampling_error: float
    unit: str
    space: Space
    perturbation: Perturbation
    members: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    interaction_strength: pd.DataFrame | None = None
    random_state: int = 0

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
        self, groups: Mapping[str, Sequence[str]], *, n_resamples: int = 1000, level: float = 0.9
    ) -> pd.DataFrame:
        """Measure the importance of sets of descriptors taken together.

        The SHAP values of a set are added up within each row before taking the absolute value, so that
        descriptors of one set that cancel do not count twice.

        Parameters
        ----------
        groups : mapping of str to sequence of str
            Descriptors of each set (families, correlation groups, ...); unknown ones are left out.
        n_resamples : int
            Draws of groups of rows for the interval.
        level : float
            Coverage of the interval.

        Returns
        -------
        DataFrame
            Index: sets. Columns: ``importance``, ``lower``, ``upper`` (in `unit`), ``share``,
            ``n_descriptors``.
        """
        rows = {}
        for name, members in groups.items():
            position = self.X.columns.get_indexer(pd.Index([m for m in members if m in self.X.columns]))
            if not len(position):
                continue
            joint = np.abs(self.repeats[:, :, position].sum(axis=2))
            mean, lower, upper = group_mean_interval(
                joint,
                self.problem.groups,
                n_resamples=n_resamples,
                level=level,
                rng=stream(self.random_state, "importance of sets"),
            )
            rows[name] = {"importance": mean, "lower": lower, "upper": upper, "n_descriptors": len(position)}
        table = pd.DataFrame.from_dict(rows, orient="index")
        if len(table):
            table["share"] = table["importance"] / max(table["importance"].sum(), 1e-300)
            table = table.sort_values("importance", ascending=False)
        return table

    def row(self, crystal: Hashable) -> pd.DataFrame:
        """Return what carries the output of one crystal, largest contribution first.

        Parameters
        ----------
        crystal : hashable
            Label in the index of the table.

        Returns
        -------
        DataFrame
            Index: descriptors. ``value`` (unit of the descriptor), ``shap`` (mean over repeats, in `unit`) and
            ``shap_spread`` (largest minus smallest repeat).

        Raises
        ------
        ModelInputError
            If the crystal was not explained.
        """
        if crystal not in self.X.index:
            raise ModelInputError(f"crystal {crystal!r} was not explained", remedy="use its label in the index of X")
        i = int(np.flatnonzero(self.X.index == crystal)[0])
        table = pd.DataFrame(
            {
                "value": self.X.iloc[i],
                "shap": self.repeats[:, i].mean(axis=0),
                "shap_spread": np.ptp(self.repeats[:, i], axis=0),
            },
            index=self.X.columns,
        )
        table.index.name = "descriptor"
        return table.loc[table["shap"].abs().sort_values(ascending=False, kind="stable").index]

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
            "sampling_error": self.sampling_error,
            "importance": self.importance().to_dict(orient="index"),
        }
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
