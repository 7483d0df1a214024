"""How good the labels are: against first-principles moduli, and by the trends that the literature reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex.datasets.paths import data_root

if TYPE_CHECKING:
    from perovex.datasets.elastic import ElasticData


@dataclass(frozen=True)
class LabelValidation:
    """Labels beside independent values.

    Attributes
    ----------
    moduli : DataFrame
        One row per crystal and first-principles source: K, G, E of label and reference in GPa, and the ratio of E.
    errors : DataFrame
        Mean absolute percentage error and rank correlation over crystals (reference values of one crystal averaged).
    trends : DataFrame
        Trend, answer (yes, no, mixed or untested), how many comparisons agree, and of how many.
    """

    moduli: pd.DataFrame
    errors: pd.DataFrame
    trends: pd.DataFrame

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe lists of rows."""
        return {
            name: frame.reset_index(drop=True)
            .astype(object)
            .where(frame.reset_index(drop=True).notna(), None)
            .to_dict(orient="records")
            for name, frame in vars(self).items()
        }


def validate_labels_against_references(data: ElasticData) -> LabelValidation:
    """Compare labels with first-principles moduli and with trends of the literature.

    Parameters
    ----------
    data : ElasticData

    Returns
    -------
    LabelValidation

    Notes
    -----
    The reference moduli are PBE without dispersion, and the potential learned from PBE calculations of such
    compounds, so agreement is a check of the protocol rather than an independent test.

    Examples
    --------
    >>> from perovex.datasets import load_elastic
    >>> result = validate_labels_against_references(load_elastic())
    >>> sorted(set(result.trends["answer"]) - {"yes", "no", "mixed", "untested"})
    []
    """
    moduli = _moduli(data.table)
    return LabelValidation(moduli, _errors(moduli), _trends(data.table))


def _moduli(table: pd.DataFrame) -> pd.DataFrame:
    reference = pd.read_csv(data_root() / "reference" / "moduli_dft.csv")
    known = reference[reference["crystal_id"].isin(table.index)].copy()
    k, g = known["K_vrh_GPa"], known["G_vrh_GPa"]
    own = table.loc[known["crystal_id"]]
    return pd.DataFrame(
        {
            "crystal": known["crystal_id"].to_numpy(),
            "phase": known["phase"].to_numpy(),
            "K_label": own["K_vrh"].to_numpy(),
            "K_reference": k.to_numpy(),
            "G_label": own["G_vrh"].to_numpy(),
            "G_reference": g.to_numpy(),
            "E_label": own["E_vrh"].to_numpy(),
            "E_reference": (9 * k * g / (3 * k + g)).to_numpy(),
            "source": known["source"].to_numpy(),
        }
    ).assign(E_ratio=lambda f: f["E_label"] / f["E_reference"])


def _errors(moduli: pd.DataFrame) -> pd.DataFrame:
    rows = []
    means = moduli.groupby("crystal").mean(numeric_only=True)
    for quantity in ("K", "G", "E"):
        label, reference = means[f"{quantity}_label"], means[f"{quantity}_reference"]
        error = 100 * (label - reference).abs() / reference
        rows.append(
            {
                "quantity": quantity,
                "crystals": len(means),
                "mean_absolute_percentage_error": float(error.mean()) if len(means) else np.nan,
                "spearman": float(label.corr(reference, method="spearman")) if len(means) > 2 else np.nan,
            }
        )
    return pd.DataFrame(rows)


def _trends(table: pd.DataFrame) -> pd.DataFrame:
    layered = table[np.isfinite(table["n_layers"])]
    network = table[~np.isfinite(table["n_layers"])]
    rows = [_softer_than_3d(layered, network)]
    for target in ("E_in_plane", "E_out_of_plane"):
        for stiffer, softer in (("Cl", "Br"), ("Br", "I")):
            rows.append(_halide_order(layered, target, stiffer, softer))
    rows.append(_chain_length(layered))
    return pd.DataFrame(rows)


def _answer(trend: str, agreeing: int, of: int) -> dict[str, Any]:
    if of == 0:
        return {"trend": trend, "answer": "untested", "agreeing": 0, "comparisons": 0}
    share = agreeing / of
    answer = "yes" if share >= 0.8 else "no" if share <= 0.2 else "mixed"
    return {"trend": trend, "answer": answer, "agreeing": agreeing, "comparisons": of}


def _softer_than_3d(layered: pd.DataFrame, network: pd.DataFrame) -> dict[str, Any]:
    wins = comparisons = 0
    for (metal, halide), rows in layered.groupby(["metal", "halide"]):
        partner = network[(network["metal"] == metal) & (network["halide"] == halide)]
        if len(partner):
            comparisons += len(rows)
            wins += int((rows["E_out_of_plane"] < partner["E_out_of_plane"].mean()).sum())
    return _answer(
        "a layered crystal is softer out of plane than the 3D networks of its metal and halide", wins, comparisons
    )


def _halide_order(layered: pd.DataFrame, target: str, stiffer: str, softer: str) -> dict[str, Any]:
    wide = layered.pivot_table(index=["spacer_smiles", "n_layers", "metal"], columns="halide", values=target)
    trend = f"{stiffer} is stiffer than {softer} in {target}, same spacer and n"
    if stiffer not in wide or softer not in wide:
        return _answer(trend, 0, 0)
    both = wide[[stiffer, softer]].dropna()
    return _answer(trend, int((both[stiffer] > both[softer]).sum()), len(both))


def _chain_length(layered: pd.DataFrame) -> dict[str, Any]:
    """Compare neighbouring members of the series of linear alkane diammonium spacers."""
    import re

    chains = layered[layered["spacer_smiles"].str.fullmatch(r"\[NH3\+\]C+\[NH3\+\]")].copy()
    chains["length"] = [len(re.sub(r"[^C]", "", smiles)) for smiles in chains["spacer_smiles"]]
    wins = comparisons = 0
    for _, rows in chains.groupby(["n_layers", "halide", "metal"]):
        mean = rows.groupby("length")["E_out_of_plane"].mean().sort_index()
        steps = mean.diff().dropna()
        comparisons += len(steps)
        wins += int((steps < 0).sum())
    return _answer("a longer linear alkyl chain is softer out of plane, same halide and n", wins, comparisons)
