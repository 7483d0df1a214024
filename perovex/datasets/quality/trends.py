"""Trends that the literature reports, answered by a sign test over spacers."""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np
import pandas as pd

from perovex.datasets.elastic import flat_smiles
from perovex.elasticity.names import BY_DIRECTION

#: Keys of trends; `perovex.datasets.quality.words` says them.
SOFTER_THAN_3D: Final = "softer_than_3d"
LONGER_IS_SOFTER: Final = "longer_chain_is_softer"
#: Halides, the stiffer one first, as the literature orders them.
HALIDE_ORDERS: Final = (("Cl", "Br"), ("Br", "I"))
#: Pairs of group and difference in GPa, positive where a trend holds.
_Differences = list[tuple[str, float]]


def stiffer_halide(stiffer: str, softer: str, modulus: str) -> str:
    """Return the key of the trend that crystals of one halide are stiffer than those of another.

    Parameters
    ----------
    stiffer, softer : str
        Halides.
    modulus : str

    Examples
    --------
    >>> stiffer_halide("Cl", "Br", "E_in_plane")
    'Cl_stiffer_than_Br_in_E_in_plane'
    """
    return f"{stiffer}_stiffer_than_{softer}_in_{modulus}"


def trends(table: pd.DataFrame) -> pd.DataFrame:
    """Answer trends that the literature reports by a sign test over spacers.

    Parameters
    ----------
    table : DataFrame
        Accepted labels, one row per crystal, as in `ElasticData.table`.

    Returns
    -------
    DataFrame
        One row per trend, named by its key, see `LabelValidation`.
    """
    layered = table[np.isfinite(table["n_layers"])]
    network = table[~np.isfinite(table["n_layers"])]
    differences = {SOFTER_THAN_3D: _softer_than_3d(layered, network)}
    for modulus in BY_DIRECTION:
        for stiffer, softer in HALIDE_ORDERS:
            differences[stiffer_halide(stiffer, softer, modulus)] = _halide_order(layered, modulus, stiffer, softer)
    differences[LONGER_IS_SOFTER] = _chain_length(layered)
    return pd.DataFrame([{"trend": trend} | _answer(of_trend) for trend, of_trend in differences.items()])


def _answer(differences: _Differences) -> dict[str, Any]:
    """Count the pairs that agree with a trend; exact ties are left out."""
    from scipy.stats import binomtest

    frame = pd.DataFrame(differences, columns=["group", "difference"])
    row: dict[str, Any] = {
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


def _softer_than_3d(layered: pd.DataFrame, network: pd.DataFrame) -> _Differences:
    differences: _Differences = []
    for (metal, halide), rows in layered.groupby(["metal", "halide"]):
        partner = network[(network["metal"] == metal) & (network["halide"] == halide)]
        if len(partner):
            softer_by = partner["E_out_of_plane"].mean() - rows["E_out_of_plane"]
            differences += zip(rows["spacer_smiles"].map(flat_smiles), softer_by, strict=True)
    return differences


def _halide_order(layered: pd.DataFrame, modulus: str, stiffer: str, softer: str) -> _Differences:
    wide = layered.assign(spacer=layered["spacer_smiles"].map(flat_smiles)).pivot_table(
        index=["spacer", "n_layers", "metal"], columns="halide", values=modulus
    )
    if stiffer not in wide or softer not in wide:
        return []
    both = wide[[stiffer, softer]].dropna()
    spacers = both.index.get_level_values("spacer")
    return list(zip(spacers, both[stiffer] - both[softer], strict=True))


def _chain_length(layered: pd.DataFrame) -> _Differences:
    """Compare neighbouring members of the series of linear alkane diammonium spacers."""
    chains = layered[layered["spacer_smiles"].str.fullmatch(r"\[NH3\+\]C+\[NH3\+\]")].copy()
    chains["length"] = [len(re.sub(r"[^C]", "", smiles)) for smiles in chains["spacer_smiles"]]
    differences: _Differences = []
    for _, rows in chains.groupby(["n_layers", "halide", "metal"]):
        mean = rows.groupby("length")["E_out_of_plane"].mean().sort_index()
        pairs = [f"C{short} to C{long}" for short, long in zip(mean.index, mean.index[1:], strict=False)]
        differences += zip(pairs, -mean.diff().dropna(), strict=True)
    return differences
