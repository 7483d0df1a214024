"""Effects in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from perovex.explain.names import amount, name_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOISE = 0.5  # share of models in which a descriptor must beat the best shuffled copy to be spoken of plainly


@dataclass(frozen=True)
class EffectWords:
    """Write one sentence per effect.

    Attributes
    ----------
    units, labels : mapping of str to str
        Unit and name in words per descriptor; those of the registry for what is not named here.
    target, target_unit : str
        Name and unit of the target.
    scale : str
        Unit of the SHAP values: ``"target"``, ``"ln(target)"``, ``"log-odds"`` or ``"probability"``.
    level : float
        Coverage of the intervals.
    """

    units: Mapping[str, str]
    labels: Mapping[str, str]
    target: str
    target_unit: str
    scale: str
    level: float

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
        name = name_of(descriptor, self.labels)
        sample = f"{n_rows} crystals, {n_groups} groups"
        if not np.isfinite(row["spearman"]):
            return f"{name}: no measurable effect on {self.target} ({sample})."
        percent = f"{100 * self.level:.0f} %"
        ranks = f"Spearman {row['spearman']:.2f}, {row['spearman_lower']:.2f} to {row['spearman_upper']:.2f}"
        if row["direction"] == "undecided":
            return f"{name}: no direction that survives resampling ({ranks}, {percent}; {sample})."
        step = row["step"]
        bounds = sorted((row["slope_lower"] * step, row["slope_upper"] * step))
        odds = f" (odds times {np.exp(row['change_per_step']):.2g})" if self.scale == "log-odds" else ""
        more = amount(step, descriptor, self.units)
        text = (
            f"{name}: each {more} more goes with {self.size(row['change_per_step'])}{odds} in {self.target} "
            f"({percent} interval {self.size(bounds[0])} to {self.size(bounds[1])}; {ranks}; {sample})"
        )
        if row["threshold_r2"] > row["linear_r2"] + 0.1:
            where = amount(row["threshold"], descriptor, self.units)
            text += f"; most of it is a step near {where}"
        if row.get("p_above_noise", 1.0) < _NOISE:
            text += "; its importance does not stand out from shuffled descriptors"
        return f"{text}."
