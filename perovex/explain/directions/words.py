"""Effects, and smallest changes, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from perovex.explain.importance.noise_floor import STANDS_OUT
from perovex.explain.names import amount, name_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perovex.explain.directions.counterfactual import Counterfactual
    from perovex.explain.names import Names


@dataclass(frozen=True)
class EffectWords:
    """Write one sentence per effect.

    Attributes
    ----------
    names : Names or None
        Units and labels of descriptors; those of the registry for what is not named there.
    target, target_unit : str
        Name and unit of the target.
    scale : str
        Unit of the SHAP values: ``"target"``, ``"ln(target)"``, ``"log-odds"`` or ``"probability"``.
    level : float
        Confidence level of the intervals.
    skilled : bool
        Whether the models predict unseen groups better than chance.
    """

    names: Names | None
    target: str
    target_unit: str
    scale: str
    level: float
    skilled: bool = True

    def size(self, delta: float) -> str:
        """Return a change of the output with its sign, in the unit it is best read in."""
        if self.scale == "ln(target)":
            return f"{100 * np.expm1(delta):+.2g} %"
        if self.scale == "log-odds":
            return f"{delta:+.2g}"
        if self.scale == "probability":
            return f"{100 * delta:+.2g} percentage points"
        return f"{delta:+.2g} {self.target_unit}".strip()

    def sentence(self, descriptor: str, row: Mapping[str, Any], n_rows: int, n_groups: int) -> str:
        """Return one sentence on the effect of a descriptor, with its interval and sample size."""
        name = name_of(descriptor, self.names)
        sample = f"{n_rows} crystals, {n_groups} groups"
        if not np.isfinite(row["spearman"]):
            return f"{name}: no measurable effect on {self.target} ({sample})."
        percent = f"{100 * self.level:.0f} %"
        ranks = f"Spearman {row['spearman']:.2f}, {row['spearman_lower']:.2f} to {row['spearman_upper']:.2f}"
        if row["direction"] == "undecided":
            return f"{name}: {self._why_undecided(row)} ({ranks}, {percent}; {sample})."
        step = row["step"]
        bounds = sorted((row["slope_lower"] * step, row["slope_upper"] * step))
        odds = f" (odds times {np.exp(row['change_per_step']):.2g})" if self.scale == "log-odds" else ""
        more = amount(step, descriptor, self.names)
        text = (
            f"{name}: each {more} more goes with {self.size(row['change_per_step'])}{odds} in {self.target} "
            f"({percent} interval {self.size(bounds[0])} to {self.size(bounds[1])}; {ranks}; {sample})"
        )
        if row["threshold_r2"] > row["linear_r2"] + 0.1:
            where = amount(row["threshold"], descriptor, self.names)
            text += f"; most of it is a step near {where}"
        if not row.get("members_agree", True):
            text += f"; the members of the average disagree ({self._members(row)})"
        return f"{text}."

    def _why_undecided(self, row: Mapping[str, Any]) -> str:
        if not self.skilled:
            return "no direction, because the models do not predict unseen groups"
        if row.get("p_above_noise", 1.0) < STANDS_OUT:
            return "no direction, because its importance does not stand out from shuffled descriptors"
        return "no direction that survives resampling"

    def _members(self, row: Mapping[str, Any]) -> str:
        parts = [
            f"{key.removeprefix('spearman ')} {value:+.2f}" for key, value in row.items() if key.startswith("spearman ")
        ]
        return ", ".join(parts)


def change_sentence(change: Counterfactual) -> str:
    """Say what has to change for a prediction to reach the goal.

    Parameters
    ----------
    change : Counterfactual
    """
    way = f"From {change.prediction:.3g} to {change.reached:.3g}"
    if not change.found:
        return f"{way} by allowed changes, not beyond {change.goal:.3g}."
    leading = change.changes[change.changes["with"] == ""]
    words = [
        f"{name_of(str(name))} from {row['before']:.4g} to {amount(row['after'], str(name))}"
        for name, row in leading.iterrows()
    ]
    doubt = "" if change.plausible else "; no real crystal is like that"
    return f"{way}: {', '.join(words) or 'nothing has to change'}{doubt}."
