"""What a transfer test found."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from perovex._json import json_safe
from perovex.explain.attribution.view import table_html
from perovex.explain.transfer import words
from perovex.explain.transfer.strategies import ALL, HELD_OUT

#: Fields that JSON holds as they are.
_WRITTEN_AS_THEY_ARE = (
    "possible", "reason", "source", "target", "n_source", "n_target", "n_source_groups", "n_target_groups",
    "n_shared_groups", "two_sample", "coverage_under_shift", "notes",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class TransferResult:
    """Outcome of a transfer test; look at `possible` first.

    Attributes
    ----------
    possible : bool
        Whether the data allow the test.
    reason : str
        Why not, in words; empty where they do.
    source, target : str
        The two domains in words.
    n_source, n_target, n_source_groups, n_target_groups, n_shared_groups : int
        Sample sizes; shared groups occur in both domains.
    table : DataFrame
        One row per variant, model and family, all scored on the same target rows: ``loss`` (mean absolute
        error in the unit of the target, or negative log-likelihood in nats) with interval, ``gain`` (loss of
        the better mean baseline minus the model's, positive is better) with interval: the level; ``spearman`` or
        ``auc`` with interval: the ranks, whatever the level; ``spearman given <halide>`` (within its strata) where one
        was named; ``n_predicted``.
    predictions : DataFrame
        Target rows: ``y`` and one column per variant and model with all descriptors.
    learning_curve, shift, ranking_shift : DataFrame
        Target groups added to the source; shift of descriptors; shift of SHAP shares.
    adaptation : DataFrame
        Each adaptation against the plain source model: ``loss``, ``gain`` with interval, ``wins``.
    two_sample : dict
        Classifier two-sample test.
    coverage_under_shift : dict
        Coverage of intervals calibrated on the source (regression).
    classifier : bool
        Whether the estimator classifies.
    given : str
        What ranks were scored within, such as the halide; empty where nothing was named.
    notes : list of str
        Parts that the data did not allow, with reasons.
    group_name : str
        What a group is; sentences, files and what is shown call the variants after it.
    """

    possible: bool
    reason: str
    source: str
    target: str
    n_source: int
    n_target: int
    n_source_groups: int = 0
    n_target_groups: int = 0
    n_shared_groups: int = 0
    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    predictions: pd.DataFrame = field(default_factory=pd.DataFrame)
    learning_curve: pd.DataFrame = field(default_factory=pd.DataFrame)
    shift: pd.DataFrame = field(default_factory=pd.DataFrame)
    ranking_shift: pd.DataFrame = field(default_factory=pd.DataFrame)
    adaptation: pd.DataFrame = field(default_factory=pd.DataFrame)
    two_sample: dict[str, Any] = field(default_factory=dict)
    coverage_under_shift: dict[str, Any] = field(default_factory=dict)
    classifier: bool = False
    given: str = ""
    notes: list[str] = field(default_factory=list)
    group_name: str = "spacer"

    def row(self, model: str, *, family: str = ALL, variant: str = HELD_OUT) -> pd.Series | None:
        """Return one row of the table, or None where it was not computed."""
        if not len(self.table):
            return None
        t = self.table
        chosen = t[(t["model"] == model) & (t["family"] == family) & (t["variant"] == variant)]
        return chosen.iloc[0] if len(chosen) else None

    def sentence(self, domains: tuple[str, str] | None = None) -> str:
        """Return the outcome in words; `domains` are what to call source and target, by default their conditions."""
        return words.outcome(self, domains)

    def rank_sentence(self, family: str = ALL) -> str:
        """Return in words whether the source model orders target crystals, whatever their level."""
        return words.order(self, family)

    def sentences(self, domains: tuple[str, str] | None = None) -> list[str]:
        """Return what was found, in words: outcome, adaptation, gap, shift of descriptors, coverage; see `sentence`."""
        return words.everything(self, domains)

    def crystals_to_close_gap(self, *, fraction: float = 0.9) -> float:
        """Target crystals after which `fraction` of the gap between source-only and pooled is closed.

        0 where there is no gap, all target crystals where the learning curve does not get there, NaN where a
        model is missing.
        """
        first, last = self.row("source only"), self.row("pooled")
        if first is None or last is None:
            return float("nan")
        gap = first["loss"] - last["loss"]
        if not gap > 0:
            return 0.0
        if not len(self.learning_curve):
            return float(self.n_target)
        wanted = first["loss"] - fraction * gap
        reached = self.learning_curve[self.learning_curve["loss"] <= wanted]
        if reached.empty:
            return float(self.n_target)
        return float(reached["n_target_crystals"].iloc[0])

    def to_frame(self) -> pd.DataFrame:
        """Return the table, its variants called after what a group is."""
        if not len(self.table):
            return self.table
        return self.table.assign(variant=[words.of_groups(name, self.group_name) for name in self.table["variant"]])

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        out: dict[str, Any] = {name: getattr(self, name) for name in _WRITTEN_AS_THEY_ARE}
        out["sentence"] = self.sentence()
        out["sentences"] = self.sentences()
        out["adaptation"] = self.adaptation.to_dict(orient="index")
        out["table"] = self.to_frame().to_dict(orient="records")
        named = self.predictions.rename(columns=lambda name: words.of_groups(name, self.group_name))
        out["predictions"] = named.to_dict(orient="index")
        out["learning_curve"] = self.learning_curve.to_dict(orient="records")
        out["crystals_to_close_gap"] = self.crystals_to_close_gap()
        out["descriptor_shift"] = self.shift.to_dict(orient="index")
        out["ranking_shift"] = self.ranking_shift.to_dict(orient="index")
        safe: dict[str, Any] = json_safe(out)
        return safe

    def to_json(self, *, indent: int | None = None) -> str:
        """Return `to_dict` as JSON text."""
        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)

    def _repr_html_(self) -> str:
        if not self.possible:
            return f"<p>{self.sentence()}</p>"
        more = "".join(f"<li>{html.escape(text)}</li>" for text in self.sentences()[1:])
        return table_html(self.to_frame(), self.sentence(), rows=40) + (f"<ul>{more}</ul>" if more else "")
