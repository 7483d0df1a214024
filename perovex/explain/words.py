"""Effects in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class EffectWords:
    """Write one sentence per effect.

    Attributes
    ----------
    units, labels : mapping of str to str
        Unit and name in words per descriptor.
    target, target_unit : str
        Name and unit of the target.
    scale : str
        Unit of the SHAP values: ``"target"``, ``"ln(target)"``, ``"log-odds"`` or ``"probability"``.
    coverage : float
        Coverage of the intervals.
    """

    units: Mapping[str, str]
    labels: Mapping[str, str]
    target: str
    target_unit: str
    scale: str
    coverage: float

    def amount(self, value: float, descriptor: str) -> str:
        """Return a value with its unit."""
        unit = self.units.get(descriptor, "")
        return f"{value:g} {unit}".strip() if unit not in ("", "1") else f"{value:g}"

    def change(self, delta: float) -> str:
        """Return a change of the output in words, with its sign."""
        if self.scale == "ln(target)":
            return f"{100 * np.expm1(delta):+.2g} % {self.target}"
        if self.scale == "log-odds":
            return f"odds of {self.target} times {np.exp(delta):.2g}"
        if self.scale == "probability":
            return f"{100 * delta:+.2g} percentage points for {self.target}"
        return f"{delta:+.2g} {self.target_unit} {self.target}".replace("  ", " ")

    def sentence(self, descriptor: str, row: Mapping[str, Any], n_rows: int, n_groups: int) -> str:
        """Return one sentence on the effect of a descriptor, with its interval and sample size."""
        name = self.labels.get(descriptor, descriptor)
        sample = f"{n_rows} crystals, {n_groups} groups"
        if not np.isfinite(row["spearman"]):
            return f"{name}: no measurable effect on {self.target} ({sample})."
        percent = f"{100 * self.coverage:.0f} %"
        ranks = f"Spearman {row['spearman']:.2f}, {row['spearman_lower']:.2f} to {row['spearman_upper']:.2f}"
        if row["direction"] == "undecided":
            return f"{name}: no direction that survives resampling ({ranks}, {percent}; {sample})."
        step = row["step"]
        bounds = sorted((row["slope_lower"] * step, row["slope_upper"] * step))
        text = (
            f"{name}: each {self.amount(step, descriptor)} more goes with {self.change(row['change_per_step'])} "
            f"({percent} interval {self.change(bounds[0])} to {self.change(bounds[1])}; {ranks}; {sample})"
        )
        if row["threshold_r2"] > row["linear_r2"] + 0.1:
            text += f"; most of it is a step near {self.amount(float(format(row['threshold'], '.4g')), descriptor)}"
        return f"{text}."
