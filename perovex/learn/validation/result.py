"""What a validation found: held-out predictions of a model and its baselines, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex._json import json_safe
from perovex._numbers import with_interval
from perovex.errors import ModelInputError
from perovex.learn import metrics
from perovex.learn.uncertainty.calibration import reliability_table
from perovex.learn.uncertainty.domain import DomainErrors, domain_errors
from perovex.learn.uncertainty.intervals import coverage_table
from perovex.learn.validation.parts import COLUMNS, part_scores
from perovex.learn.validation.view import evaluation_html
from perovex.learn.validation.words import caution_in_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from perovex.learn.validation.words import Caution

_MOST_PARTS = 12


@dataclass(repr=False)
class Evaluation:
    """Held-out predictions of a model and its baselines, and what follows from them.

    Attributes
    ----------
    predictions : DataFrame
        One row per model, repeat and crystal: ``model``, ``repeat``, ``fold``, ``row`` (position), ``id``,
        ``group``, ``truth``, ``prediction`` (GPa or probability of stiff), and ``lower``, ``upper``,
        ``in_domain``, ``domain_score`` for the model where asked for.
    scores : DataFrame
        ``model``, ``metric``, ``value`` (mean over repeats), ``lower``, ``upper`` (95 %, expanded bootstrap over
        groups; NaN below four groups), ``n_groups`` and ``sd_repeats``.
    differences : DataFrame
        Model minus baseline on the same resamples: ``baseline``, ``metric``, ``difference``, ``lower``,
        ``upper``, ``better`` (share of resamples in which the model is better).
    meta : DataFrame or None
        What is known of the rows beside the descriptors, for scores by part.
    left_out : DataFrame
        Scores where whole sources, or clusters of like spacers, were held out; columns as `by_part` gives them.
    settings : dict
        Everything that was asked for, with sizes, seed, data checksum and environment.
    cautions : tuple of Caution
        What limits the result.
    """

    predictions: pd.DataFrame
    scores: pd.DataFrame
    differences: pd.DataFrame
    settings: dict[str, Any]
    cautions: tuple[Caution, ...] = ()
    meta: pd.DataFrame | None = field(default=None, repr=False)
    left_out: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=COLUMNS), repr=False)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What limits the result, in words."""
        return tuple(map(caution_in_words, self.cautions))

    @property
    def task(self) -> str:
        """``"regression"`` or ``"classification"``."""
        return str(self.settings["task"])

    def score(self, metric: str, model: str = "model") -> float:
        """Return one score of one model."""
        rows = self.scores.query("model == @model and metric == @metric")
        if rows.empty:
            raise ModelInputError(f"no score {metric!r} of {model!r}", remedy=f"one of {list(self._metrics())}")
        return float(rows["value"].iloc[0])

    def _metrics(self) -> Mapping[str, Any]:
        return metrics.CLASSIFICATION if self.task == "classification" else metrics.REGRESSION

    def to_frame(self) -> pd.DataFrame:
        """Return scores: models as rows; metrics with ``value``, ``lower`` and ``upper`` as columns."""
        wide = self.scores.pivot_table(
            index="model", columns="metric", values=["value", "lower", "upper"], sort=False, dropna=False
        )
        wide = wide.swaplevel(axis=1)
        order = [(m, part) for m in self._metrics() for part in ("value", "lower", "upper")]
        return wide.reindex(index=list(dict.fromkeys(self.scores["model"])), columns=pd.MultiIndex.from_tuples(order))

    def out_of_fold(self, model: str = "model") -> pd.DataFrame:
        """Return one row per crystal: truth and the mean held-out prediction over repeats."""
        part = self.predictions[self.predictions["model"] == model]
        known = ("prediction", "lower", "upper", "in_domain", "domain_score")
        keep = [column for column in known if column in part and part[column].notna().any()]
        means = part[keep].astype(float).groupby(part["row"]).mean()
        first = part.drop_duplicates("row").set_index("row")[["id", "group", "truth"]]
        return first.join(means).sort_index().set_index("id")

    @cached_property
    def _all_parts(self) -> pd.DataFrame:
        return self._scores_of_parts(())

    def by_part(self, *columns: str) -> pd.DataFrame:
        """Return scores, bias and coverage of the model within parts of the data, with intervals over groups.

        Parameters
        ----------
        *columns : str
            Columns of `meta`; all of it that divides the crystals in 2 to 12 parts where none is named.

        Returns
        -------
        pandas.DataFrame
            ``part``, ``value``, ``model``, ``n_rows``, ``n_groups``, ``metric``, ``score``, ``lower``, ``upper``; see
            `perovex.learn.validation.parts.part_scores`.

        Raises
        ------
        ModelInputError
            `meta` has no such column.
        """
        return self._scores_of_parts(columns) if columns else self._all_parts.copy()

    def _scores_of_parts(self, columns: tuple[str, ...]) -> pd.DataFrame:
        known = [] if self.meta is None else [str(c) for c in self.meta]
        unknown = [c for c in columns if c not in known]
        if unknown:
            raise ModelInputError(f"no column {unknown[0]!r} to split by", remedy="pass meta to evaluate")
        if self.meta is None:
            return pd.DataFrame(columns=COLUMNS)
        wanted = columns or [c for c in known if 2 <= self.meta[c].nunique(dropna=False) <= _MOST_PARTS]
        return part_scores(
            self.predictions[self.predictions["model"] == "model"],
            [(c, self.meta[c].to_numpy()) for c in wanted],
            classify=self.task == "classification",
            n_resamples=int(self.settings.get("n_resamples") or 0),
            random_state=int(self.settings.get("random_state") or 0),
        )

    def by(self, column: str | pd.Series) -> pd.DataFrame:
        """Score the model within parts of the data.

        Parameters
        ----------
        column : str or Series
            A column of `meta` or of `predictions`, or values by row position.
        """
        part = self.predictions[self.predictions["model"] == "model"]
        values = self._values(column)
        keys = values if values is not None else part[str(column)].to_numpy()
        rows = []
        for value, piece in part.groupby(np.asarray(keys), dropna=False):
            entry = metrics.score(piece["truth"], piece["prediction"], classify=self.task == "classification")
            rows.append({"value": value, "rows": piece["row"].nunique(), **entry.to_dict()})
        return pd.DataFrame(rows)

    def _values(self, column: str | pd.Series) -> NDArray[Any] | None:
        """Values of `column` for each prediction of the model."""
        rows = self.predictions.loc[self.predictions["model"] == "model", "row"].to_numpy()
        if isinstance(column, pd.Series):
            return np.asarray(column)[rows]
        if self.meta is not None and column in self.meta:
            return self.meta[column].to_numpy()[rows]
        if column not in self.predictions:
            raise ModelInputError(f"no column {column!r} to split by", remedy="pass meta to evaluate")
        return None

    def coverage_table(self, *by: str) -> pd.DataFrame:
        """Return the empirical coverage of the intervals, overall and by columns of `meta`.

        Crystals held out in several repeats count once, and those of one spacer together; see
        `intervals.coverage_table`.

        Raises
        ------
        ModelInputError
            No intervals: the estimator had none, or it is a classifier.
        """
        part = self.predictions[self.predictions["model"] == "model"]
        if "lower" not in part or part["lower"].isna().all():
            raise ModelInputError(
                "no intervals were computed",
                remedy="use YoungModulusRegressor(interval_folds=10) and evaluate(..., coverage=0.9)",
            )
        columns = list(by)
        if not columns and self.meta is not None:
            columns = [column for column in ("n_layers", "halide", "stacking") if column in self.meta]
        split = pd.DataFrame({column: self._values(column) for column in columns}) if columns else None
        return coverage_table(
            part["truth"],
            part["lower"],
            part["upper"],
            by=split,
            nominal=self.settings["coverage"],
            groups=part["group"],
            rows=part["row"],
        )

    def reliability_table(self, n_bins: int = 10) -> pd.DataFrame:
        """Return predicted against observed shares of stiff crystals, held out."""
        if self.task != "classification":
            raise ModelInputError("reliability is defined for a classifier")
        table = self.out_of_fold()
        return reliability_table(table["truth"], table["prediction"], n_bins=n_bins)

    def domain_errors(self) -> DomainErrors:
        """Return held-out errors inside and outside the applicability domain; see `domain.domain_errors`.

        Errors are absolute ones in GPa, or squared ones of the probability, of every repeat.

        Raises
        ------
        ModelInputError
            No domain was passed to `evaluate`.
        """
        part = self.predictions[self.predictions["model"] == "model"]
        if "in_domain" not in part:
            raise ModelInputError("no domain was checked", remedy="evaluate(..., domain=ApplicabilityDomain())")
        gap = (part["truth"] - part["prediction"]).abs()
        error = gap**2 if self.task == "classification" else gap
        return domain_errors(error, part["in_domain"].astype(bool), part["domain_score"], part["group"])

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dictionary, without the single predictions.

        Coverage of the intervals, reliability and errors by domain are None where they do not apply.
        """
        part = self.predictions[self.predictions["model"] == "model"]
        intervals = "lower" in part and part["lower"].notna().any()
        by_domain = self.domain_errors() if "in_domain" in part else None
        return json_safe(
            {
                "settings": self.settings,
                "scores": self.scores,
                "differences": self.differences,
                "coverage": self.coverage_table() if intervals else None,
                "reliability": self.reliability_table(5) if self.task == "classification" else None,
                "domain": None if by_domain is None else by_domain.to_dict(),
                "by_part": self.by_part(),
                "left_out": self.left_out,
                "warnings": list(self.warnings),
            }
        )

    def __repr__(self) -> str:
        s = self.settings
        numbers = self.scores[["value", "lower", "upper"]].to_numpy(float)
        wide = self.scores.assign(text=[with_interval(*row) for row in numbers])
        table = wide.pivot_table(index="model", columns="metric", values="text", aggfunc="first", sort=False)
        head = f"{s['task']} of {s['target']}: {s['n_rows']} crystals, {s['n_groups']} groups, scheme {s['scheme']}"
        return "\n".join([head, table.rename_axis(index=None, columns=None).to_string(), *self.warnings])

    def _repr_html_(self) -> str:
        return evaluation_html(self)
