"""Trends that the literature reports, answered by a sign test over spacers."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from perovex.datasets.elastic import flat_smiles
from perovex.elasticity.names import BY_DIRECTION


def trends(table: pd.DataFrame) -> pd.DataFrame:
    """Answer trends that the literature reports by a sign test over spacers.

    Parameters
    ----------
    table : DataFrame
        Accepted labels, one row per crystal, as in `ElasticData.table`.

    Returns
    -------
    DataFrame
        One row per trend, see `LabelValidation`.
    """
    layered = table[np.isfinite(table["n_layers"])]
    network = table[~np.isfinite(table["n_layers"])]
    rows = [_softer_than_3d(layered, network)]
    for target in BY_DIRECTION:
        for stiffer, softer in (("Cl", "Br"), ("Br", "I")):
            rows.append(_halide_order(layered, target, stiffer, softer))
    rows.append(_chain_length(layered))
    return pd.DataFrame(rows)


def _answer(trend: str, differences: list[tuple[str, float]]) -> dict[str, Any]:
    """Count pairs of group and difference in GPa, positive where the trend holds; exact ties are left out."""
    from scipy.stats import binomtest

    frame = pd.DataFrame(differences, columns=["group", "difference"])
    row: dict[str, Any] = {
        "trend": trend,
        "answer": "untested",
        "agreeing": int((frame["difference"] > 0).sum()),
        "comparisons": int((frame["difference"] != 0).sum()),
    }
    means = frame.groupby("group")["difference"].mean()
    means = means[means != 0]
    row |= {"groups_agreeing": int((means > 0).sum()), "groups": len(means)}
    row |= dict.fromkeys(("share", "share_lower", "share_upper", "p_value", "median_difference_GPa"), np.nan)
    if len(frame):
        row["median_difference_GPa"] = float(frame["difference"].median())
        row["answer"] = "undecided"  # also where all are ties
    if len(means):
        test = binomtest(row["groups_agreeing"], row["groups"])
        low, high = test.proportion_ci(method="wilson")
        share = float(test.statistic)
        row |= {"share": share, "share_lower": float(low), "share_upper": float(high), "p_value": float(test.pvalue)}
        row["answer"] = "undecided"
        if test.pvalue < 0.05:
            row["answer"] = "yes" if share > 0.5 else "no"
    return row


def _softer_than_3d(layered: pd.DataFrame, network: pd.DataFrame) -> dict[str, Any]:
    differences: list[tuple[str, float]] = []
    for (metal, halide), rows in layered.groupby(["metal", "halide"]):
        partner = network[(network["metal"] == metal) & (network["halide"] == halide)]
        if len(partner):
            softer_by = partner["E_out_of_plane"].mean() - rows["E_out_of_plane"]
            differences += zip(rows["spacer_smiles"].map(flat_smiles), softer_by, strict=True)
    return _answer("a layered crystal is softer out of plane than the 3D networks of its metal and halide", differences)


def _halide_order(layered: pd.DataFrame, target: str, stiffer: str, softer: str) -> dict[str, Any]:
    wide = layered.assign(spacer=layered["spacer_smiles"].map(flat_smiles)).pivot_table(
        index=["spacer", "n_layers", "metal"], columns="halide", values=target
    )
    trend = f"{stiffer} is stiffer than {softer} in {target}, same spacer and n"
    if stiffer not in wide or softer not in wide:
        return _answer(trend, [])
    both = wide[[stiffer, softer]].dropna()
    spacers = both.index.get_level_values("spacer")
    return _answer(trend, list(zip(spacers, both[stiffer] - both[softer], strict=True)))


def _chain_length(layered: pd.DataFrame) -> dict[str, Any]:
    """Compare neighbouring members of the series of linear alkane diammonium spacers."""
    chains = layered[layered["spacer_smiles"].str.fullmatch(r"\[NH3\+\]C+\[NH3\+\]")].copy()
    chains["length"] = [len(re.sub(r"[^C]", "", smiles)) for smiles in chains["spacer_smiles"]]
    differences: list[tuple[str, float]] = []
    for _, rows in chains.groupby(["n_layers", "halide", "metal"]):
        mean = rows.groupby("length")["E_out_of_plane"].mean().sort_index()
        pairs = [f"C{short} to C{long}" for short, long in zip(mean.index, mean.index[1:], strict=False)]
        differences += zip(pairs, -mean.diff().dropna(), strict=True)
    return _answer("a longer linear alkyl chain is softer out of plane, same halide and n", differences)
