"""All that a study found, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from perovex import __version__
from perovex._json import json_safe
from perovex.datasets import ElasticData
from perovex.learn import environment
from perovex.study.words import not_offered_in_words

if TYPE_CHECKING:
    import pandas as pd

    from perovex.learn import ModelBundle, YoungModulusRegressor
    from perovex.study.found import Found
    from perovex.study.labels import LabelFindings
    from perovex.study.modelling import TaskResult
    from perovex.study.options import StudyOptions
    from perovex.study.own_data import OwnData
    from perovex.study.remarks import Remark
    from perovex.study.tables import StudyTables


@dataclass
class StudyResult:
    """All that a study found; nothing here computes.

    Attributes
    ----------
    data : ElasticData or OwnData
    options : StudyOptions
    tables : StudyTables
    tasks : dict of str to TaskResult
        The classes (``"stiff"``, or ``"high"`` of a property that is no modulus) and each property.
    series : dict of str to Found
        Matched series (same spacer and halide, several n) by property, or the reason why not.
    variance : dict of str to Found
        Share of the variance by angle, halide, spacer and n, or the reason why not.
    confounding : DataFrame
        Association between those factors.
    neighbours : DataFrame
        The three nearest crystals of each.
    bundle : ModelBundle
        Models trained on all crystals.
    small : dict of str to YoungModulusRegressor
        Small model of each property, trained on all crystals: a formula of a handful of descriptors.
    labels : LabelFindings or None
        How good the labels are; bundled kind of data only.
    remarks : tuple of Remark
        What a reader has to know about the data.
    plain : Found
        The twelve-descriptor model of stiff or not (`perovex.explain.plain_model`), or the reason why not.
    rejected : dict of str to Found
        Crystals left out by their own modulus, predicted all the same (`perovex.study.truncation`).
    packing : Series or None
        Rank correlation of a modulus with free volume, pooled and within halides (`perovex.study.questions.packing`);
        bundled kind of data only.
    asked : dict
        Options as they were given, as `study.yaml` holds them.
    software : dict of str to str
        Versions.
    seconds : float
        Wall time.
    timings : dict of str to float
        Wall time of each stage, s.
    cpu_seconds : dict of str to float
        Processor time of each kind of step, s.
    """

    data: ElasticData | OwnData
    options: StudyOptions
    tables: StudyTables
    tasks: dict[str, TaskResult]
    series: dict[str, Found[Any]]
    variance: dict[str, Found[pd.DataFrame]]
    confounding: pd.DataFrame
    neighbours: pd.DataFrame
    bundle: ModelBundle
    small: dict[str, YoungModulusRegressor] = field(default_factory=dict)
    labels: LabelFindings | None = None
    remarks: tuple[Remark, ...] = ()
    plain: Found[pd.DataFrame] | None = None
    rejected: dict[str, Found[pd.DataFrame]] = field(default_factory=dict)
    packing: pd.Series | None = None
    asked: dict[str, Any] = field(default_factory=dict)
    software: dict[str, str] = field(default_factory=environment)
    seconds: float = 0.0
    timings: dict[str, float] = field(default_factory=dict)
    cpu_seconds: dict[str, float] = field(default_factory=dict)

    @property
    def elastic(self) -> ElasticData | None:
        """The data where they are a release of elastic tensors."""
        return self.data if isinstance(self.data, ElasticData) else None

    @property
    def threshold(self) -> float | None:
        """What divides the classes, in the unit of the target; None where none were learnt."""
        return next((task.task.threshold for task in self.tasks.values() if task.task.classify), None)

    @property
    def claims(self) -> list[dict[str, Any]]:
        """Verdicts on the published claims, by claim and target."""
        return [verdict.to_dict() for task in self.tasks.values() for verdict in task.verdicts]

    def to_dict(self) -> dict[str, Any]:
        """Return everything that goes to ``results.json``; the same seed and data give the same dictionary."""
        content = {
            "perovex": __version__,
            "environment": self.software,
            "options": self.options.to_dict(),
            "data": describe_data(self.data, self.tables),
            "remarks": [remark.to_dict() for remark in self.remarks],
            "labels": None if self.labels is None else self.labels.to_dict(),
            "threshold": self.threshold,
            "models": {name: task.to_dict() for name, task in self.tasks.items()},
            "claims": self.claims,
            "rejected_by_target": {name: _plain(outcome) for name, outcome in self.rejected.items()},
            "plain_model": None if self.plain is None else _plain(self.plain),
            "variance": {name: _plain(outcome) for name, outcome in self.variance.items()},
            "confounding": self.confounding.to_dict(),
            "matched_series": {name: _plain(outcome) for name, outcome in self.series.items()},
        }
        safe: dict[str, Any] = json_safe(content)
        return safe

    def summary(self) -> str:
        """Return the main findings in a few lines."""
        from perovex.study.report.summary import summary_lines

        return "\n".join(summary_lines(self))

    def _repr_html_(self) -> str:
        from perovex.study.report.summary import summary_html

        return summary_html(self)


def _plain(outcome: Found[Any]) -> Any:
    """Value of a step as JSON has it, or the reason why there is none."""
    if outcome.value is None:
        return outcome.refusal
    if hasattr(outcome.value, "columns"):
        named = outcome.value.reset_index() if outcome.value.index.name else outcome.value
        return named.to_dict(orient="records")
    return outcome.value.to_dict()


def describe_data(data: ElasticData | OwnData, tables: StudyTables) -> dict[str, Any]:
    """Return size, origin and checksum of the data of a study."""
    meta = tables.meta
    counts: dict[str, Any] = {"crystals": len(tables.X), "groups": int(tables.groups.nunique())}
    if "n_layers" in meta:
        by_n = meta["n_layers"].value_counts().sort_index()
        counts["by_n_layers"] = {f"{n:g}": int(count) for n, count in by_n.items()}
    for column in ("halide", "source"):
        if column in meta:
            counts[f"by_{column}"] = {str(k): int(v) for k, v in meta[column].value_counts().sort_index().items()}
    content = {"version": data.version, "checksum": data.checksum, **counts}
    if isinstance(data, ElasticData):
        content |= {
            "potential": data.potential,
            "moduli": data.moduli,
            "layered_crystals": int(np.isfinite(meta["n_layers"]).sum()),
            "three_dimensional_crystals": len(tables.context),
            "rejected_labels": len(data.rejected),
        }
    return content | {
        "targets": {name: {"unit": p.unit, "log": p.log} for name, p in tables.quantities.items()},
        "descriptors_offered": list(tables.X.columns),
        "descriptors_not_offered": {key: not_offered_in_words(refusal) for key, refusal in tables.dropped.items()},
        "not_described": tables.failures["error"].to_dict(),
    }
