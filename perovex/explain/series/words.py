"""What matched series show, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from perovex.explain.names import name_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from perovex.explain.series.matched import MatchedSeries

#: Fewer pairs say nothing of a step.
MIN_PAIRS: Final = 3
_SIGNIFICANT: Final = 0.05


def too_few_pairs(n_pairs: int, by: Sequence[str]) -> str:
    """Say that there are too few pairs for anything.

    Parameters
    ----------
    n_pairs : int
        How many there are.
    by : sequence of str
        Columns that are equal within a series.

    Examples
    --------
    >>> too_few_pairs(2, ("spacer_smiles", "halide"))
    '2 pairs of the same spacer and halide, at least 3 are needed'
    """
    same = " and ".join(name.removesuffix("_smiles") for name in by)
    return f"{n_pairs} pairs of the same {same}, at least {MIN_PAIRS} are needed"


def series_sentences(series: MatchedSeries) -> list[str]:
    """Say what a step does to the target, and whether changes of descriptors explain it.

    Parameters
    ----------
    series : MatchedSeries
    """
    if not series.possible:
        return [f"No matched series: {series.reason}."]
    along = "n" if series.along == "n_layers" else series.along
    steps = series.summary[series.summary["column"] == series.target]
    sentences = [_step(row, along, series.target) for _, row in steps.iterrows()]
    if steps.empty:
        sentences = [f"No step of {along} has {MIN_PAIRS} pairs, so that no change of {series.target} can be told."]
    sentences.append(_single_descriptors(series.explained_by, series.target))
    if series.together:
        sentences.append(_all_descriptors(series.together, series.target))
    return sentences


def _step(row: pd.Series, along: str, target: str) -> str:
    """One step, its interval, and how sure it is."""
    interval = "too few clusters for an interval"
    if np.isfinite(row["lower"]):
        interval = f"{row['lower']:+.2f} to {row['upper']:+.2f}"
    return (
        f"From {along} = {row['from']:g} to {row['to']:g}, {target} changes by {row['mean']:+.2f} "
        f"({interval}; {row['n_pairs']:.0f} pairs, {row['n_clusters']:.0f} "
        f"clusters; p = {row['p']:.2g}, {row['p_family']:.2g} over all steps){_doubt(row)}."
    )


def _doubt(row: pd.Series) -> str:
    """Say in a clause why a step is not confirmed."""
    if row["p_family"] <= _SIGNIFICANT:
        return ""
    smallest_p = 2 ** (1 - row["n_clusters"])  # all clusters agree in sign
    if smallest_p > _SIGNIFICANT:
        return f", which {row['n_clusters']:.0f} clusters are too few to confirm"
    return ", which sign flips of whole clusters do not confirm"


def _single_descriptors(explained_by: pd.DataFrame, target: str) -> str:
    """Name the descriptors whose changes surely go with those of the target."""
    one_sided = (explained_by["lower"] > 0) | (explained_by["upper"] < 0)
    clear = explained_by[(explained_by["p_family"] <= _SIGNIFICANT) & one_sided]
    if clear.empty:
        return f"No single descriptor's change goes with the change of {target} beyond doubt."
    names = ", ".join(f"{name_of(str(name))} ({value:+.2f})" for name, value in clear["within_step"].items())
    return (
        f"Descriptors whose change goes with the change of {target} beyond what a step does on average "
        f"(rank correlation): {names}."
    )


def _all_descriptors(together: Mapping[str, float], target: str) -> str:
    """Say whether changes of all descriptors together explain those of the target."""
    verdict = "explain" if together["r2_lower"] > 0 else "do not explain"
    return (
        f"Taken together, changes of {together['n_descriptors']:.0f} descriptors {verdict} the change of "
        f"{target} for unseen clusters (R2 {together['r2']:.2f}, {together['r2_lower']:.2f} to "
        f"{together['r2_upper']:.2f}, against the mean change of each step)."
    )
