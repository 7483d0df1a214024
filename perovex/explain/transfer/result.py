"""What a transfer test found."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from perovex._json import json_safe
from perovex.explain.attribution.view import table_html
from perovex.explain.names import name_of
from perovex.explain.transfer.strategies import HELD_OUT

ALL = "all"
_SCORES = {"auc": "ROC-AUC", "spearman": "Spearman"}


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

    def row(self, model: str, *, family: str = ALL, variant: str = HELD_OUT) -> pd.Series | None:
        """Return one row of the table, or None where it was not computed."""
        if not len(self.table):
            return None
        t = self.table
        chosen = t[(t["model"] == model) & (t["family"] == family) & (t["variant"] == variant)]
        return chosen.iloc[0] if len(chosen) else None

    def sentence(self, domains: tuple[str, str] | None = None) -> str:
        """Return the outcome in words; `domains` are what to call source and target, by default their conditions."""
        source, target = domains or (self.source, self.target)
        head = f"Transfer from {source} ({self.n_source} crystals) to {target} ({self.n_target})"
        if not self.possible:
            return f"{head} cannot be tested: {self.reason}."
        row = self.row("source only")
        if row is None or not np.isfinite(row["gain"]):
            return f"{head}: no source model could be fitted with the spacer held out."
        name = "log loss" if self.classifier else "mean absolute error"
        verdict = "beats" if row["gain_lower"] > 0 else "loses to" if row["gain_upper"] < 0 else "cannot be told from"
        return (
            f"{head}: with the spacer held out, the source model {verdict} the better mean baseline "
            f"({name} {row['loss']:.2f}; gain {row['gain']:.2f}, "
            f"{row['gain_lower']:.2f} to {row['gain_upper']:.2f}). {self.rank_sentence()}"
        ).strip()

    def rank_sentence(self, family: str = ALL) -> str:
        """Return in words whether the source model orders target crystals, whatever their level."""
        row = self.row("source only", family=family)
        score, chance = ("auc", 0.5) if self.classifier else ("spearman", 0.0)
        if row is None or not np.isfinite(row.get(score, np.nan)):
            return ""
        what = "all descriptors" if family == ALL else f"{family} descriptors alone"
        verb = "orders" if row[f"{score}_lower"] > chance else "does not surely order"
        text = f"With {what} it {verb} them ({_SCORES[score]} {_range(row, score)}"
        beyond = f"spearman given {self.given}"
        if self.given and np.isfinite(row.get(beyond, np.nan)):
            text += f"; within one {self.given} {_range(row, beyond)}"
        return f"{text})."

    def sentences(self, domains: tuple[str, str] | None = None) -> list[str]:
        """Return what was found, in words: outcome, adaptation, gap, shift of descriptors, coverage; see `sentence`."""
        out = [self.sentence(domains)]
        if not self.possible:
            return out
        families = [str(f) for f in self.table["family"].unique() if f not in ("", ALL)] if len(self.table) else []
        out += [text for text in map(self.rank_sentence, families) if text]
        if len(self.adaptation):
            winners = self.adaptation[self.adaptation["wins"]]
            out += [
                f"Adaptation that helps: {name} (gain over the plain source model {row['gain']:.2f}, "
                f"{row['gain_lower']:.2f} to {row['gain_upper']:.2f})."
                for name, row in winners.iterrows()
            ] or [f"No adaptation helps beyond doubt (tried: {', '.join(map(str, self.adaptation.index))})."]
        if self.two_sample and "auc_without_separators" in self.two_sample:
            two = self.two_sample
            out.append(
                "Without descriptors that separate the domains by themselves "
                f"({', '.join(map(name_of, two['separators'])) or 'there are none'}), a classifier tells them apart "
                f"with ROC-AUC {two['auc_without_separators']:.2f} ({two['auc_without_separators_lower']:.2f} to "
                f"{two['auc_without_separators_upper']:.2f}; 0.5: not at all)."
            )
        if self.coverage_under_shift:
            c = self.coverage_under_shift
            out.append(
                f"Intervals of {c['nominal']:.0%} made on the source cover {c['coverage']:.0%} "
                f"({c['coverage_lower']:.0%} to {c['coverage_upper']:.0%}) of the target; they are "
                f"{c['half_width']:.2f} wide to each side, {c['half_width_needed']:.2f} would have been needed."
            )
        if len(self.ranking_shift):
            moved = self.ranking_shift
            clear = moved[(moved["difference_lower"] > 0) | (moved["difference_upper"] < 0)]
            names = ", ".join(f"{name_of(str(d))} {100 * v:+.0f} %" for d, v in clear["difference"].head(5).items())
            out.append(
                f"Shares of importance that differ between the domains beyond their 90 % interval: {len(clear)} of "
                f"{len(moved)}, where {0.1 * len(moved):.0f} would by chance"
                + (f"; largest: {names}." if names else ".")
            )
        return out

    def crystals_to_close_gap(self, *, fraction: float = 0.9) -> float:
        """Target crystals after which `fraction` of the gap between source-only and pooled is closed.

        0 where there is no gap, all target crystals where the learning curve does not get there, NaN where a
        model is missing.
        """
        first, last = self.row("source only"), self.row("pooled")
        if first is None or last is None or not first["loss"] > last["loss"]:
            return 0.0 if first is not None and last is not None else float("nan")
        wanted = first["loss"] - fraction * (first["loss"] - last["loss"])
        if not len(self.learning_curve):
            return float(self.n_target)
        reached = self.learning_curve[self.learning_curve["loss"] <= wanted]
        return float(reached["n_target_crystals"].iloc[0]) if len(reached) else float(self.n_target)

    def to_frame(self) -> pd.DataFrame:
        """Return the table."""
        return self.table

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        out: dict[str, Any] = {
            name: getattr(self, name)
            for name in (
                *("possible", "reason", "source", "target", "n_source", "n_target", "n_source_groups"),
                *("n_target_groups", "n_shared_groups", "two_sample", "coverage_under_shift", "notes"),
            )
        }
        out["sentence"] = self.sentence()
        out["sentences"] = self.sentences()
        out["adaptation"] = self.adaptation.to_dict(orient="index")
        out["table"] = self.table.to_dict(orient="records")
        out["predictions"] = self.predictions.to_dict(orient="index")
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
        return table_html(self.table, self.sentence(), rows=40) + (f"<ul>{more}</ul>" if more else "")


def _range(row: pd.Series, score: str) -> str:
    """Return a score with its interval."""
    value, lower, upper = (row[f"{score}{end}"] for end in ("", "_lower", "_upper"))
    return f"{value:.2f}" if not np.isfinite(lower) else f"{value:.2f}, {lower:.2f} to {upper:.2f}"
