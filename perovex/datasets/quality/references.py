"""How good the labels are: lattice parameters, first-principles moduli, and trends that the literature reports."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex._bundled import data_root
from perovex.datasets.first_principles import load_first_principles
from perovex.datasets.quality.enantiomers import enantiomer_differences
from perovex.datasets.quality.trends import trends
from perovex.datasets.quality.words import trends_in_words
from perovex.elasticity.labels.causes import NOT_CONVERGED

if TYPE_CHECKING:
    from perovex.datasets.elastic import ElasticData


@dataclass(frozen=True)
class LabelValidation:
    """Labels beside independent values.

    Attributes
    ----------
    lattice : DataFrame
        One row per crystal and method (experiment, PBE, PBE-D3, PBE-D3(BJ), PBEsol, SCAN): deviation of the relaxed
        lattice parameters and of the volume in percent, along the axes of the reference.
    lattice_errors : DataFrame
        Per method: crystals compared and of how many, mean signed and mean absolute deviations in percent; and how far
        each functional itself is from experiment on the same crystals.
    moduli : DataFrame
        One row per crystal and first-principles source: K, G, E of label and reference in GPa, and the ratio of E.
    errors : DataFrame
        Mean absolute percentage error and rank correlation over crystals (reference values of one crystal averaged).
    first_principles : DataFrame
        One row per crystal and modulus: that of PBE-D3(BJ), that of the potential along the same strain paths (GPa),
        and the deviation in percent; see `load_first_principles`. Empty for labels of another potential.
    scaling : DataFrame
        One row per modulus: the factor that would bring the potential closest to PBE-D3(BJ), and the deviation that it
        leaves on crystals that it was not taken from; see `FirstPrinciplesData.scaling`.
    potentials : DataFrame
        One row per interatomic potential: errors of forces, stress and moduli at the same first-principles calls.
    soft_mode_errors : DataFrame
        One row per interatomic potential: errors of secants along soft modes, with the noise of first principles; see
        `FirstPrinciplesData.soft_mode_errors`.
    enantiomers : DataFrame
        One row per pair of mirror images: how far their labels differ, in percent; see `enantiomer_differences`.
    trends : DataFrame
        Key of the trend; answer (yes or no where the sign test over spacers gives p < 0.05, else undecided or
        untested); comparisons and how many agree; spacers and how many agree on average; share of agreeing spacers with
        its 95 % Wilson interval; p; median difference in GPa. Exact ties speak for neither side: comparisons and
        spacers without a difference are not counted, but are part of the median.
    """

    lattice: pd.DataFrame
    lattice_errors: pd.DataFrame
    moduli: pd.DataFrame
    errors: pd.DataFrame
    first_principles: pd.DataFrame
    scaling: pd.DataFrame
    potentials: pd.DataFrame
    soft_mode_errors: pd.DataFrame
    enantiomers: pd.DataFrame
    trends: pd.DataFrame

    def tables_with_words(self) -> dict[str, pd.DataFrame]:
        """Return all tables by name as they are written and shown: words stand beside keys."""
        return {**vars(self), "trends": trends_in_words(self.trends)}

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe lists of rows; words stand beside keys."""
        safe = {}
        for name, frame in self.tables_with_words().items():
            rows = frame.reset_index(drop=True).astype(object)
            safe[name] = rows.where(rows.notna(), None).to_dict(orient="records")
        return safe


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
    compounds, so agreement is a check of the protocol rather than an independent test. Labels are at 0 K without
    zero-point motion, experiments at their own temperature. Comparisons of a trend that share a spacer are not
    independent, so the sign test counts spacers (pairs of chain lengths for the chain); as the sign test prescribes, it
    leaves out exact ties. Always the relaxed-ion moduli.

    Examples
    --------
    >>> from perovex.datasets import load_elastic
    >>> result = validate_labels_against_references(load_elastic())
    >>> sorted(set(result.trends["answer"]) - {"yes", "no", "undecided", "untested"})
    []
    """
    data = data.relaxed()
    lattice, moduli, anchor = _lattice(data), _moduli(data.table), load_first_principles()
    own = data.potential == anchor.potential
    return LabelValidation(
        lattice,
        _lattice_errors(lattice),
        moduli,
        _errors(moduli),
        anchor.comparison if own else anchor.comparison.iloc[:0],
        anchor.scaling if own else anchor.scaling.iloc[:0],
        anchor.potentials.reset_index(),
        anchor.soft_mode_errors.reset_index(),
        enantiomer_differences(data.table),
        trends(data.table),
    )


_AXES = ("a", "b", "c")
_ANGLES = ("alpha", "beta", "gamma")
_RELAXED_FROM = "PBE-D3(BJ)"  # tells which axis of a relaxed crystal is which
_LARGEST_CHANGE = 0.2  # of the volume; beyond, the cells do not describe the same crystal


def _lattice_references() -> pd.DataFrame:
    table = pd.read_csv(data_root() / "reference" / "lattice_parameters.csv")
    return table.rename(columns=lambda name: name.removesuffix("_A").removesuffix("_deg").removesuffix("_A3"))


def _lattice(data: ElasticData) -> pd.DataFrame:
    """Deviations of relaxed cells; a label rejected for its tensor still has a relaxed cell."""
    rows: list[dict[str, Any]] = []
    converged = data.causes.map(lambda causes: NOT_CONVERGED not in causes)
    labels = data.labels[(data.labels["potential"] == data.potential) & converged]
    relaxed = labels.reset_index().set_index("crystal_id")
    label_of, status_of = relaxed["label_id"].to_dict(), relaxed["status"].to_dict()
    for crystal, references in _lattice_references().groupby("crystal_id"):
        if crystal not in label_of:
            continue
        lattice = data.structure(str(label_of[crystal])).lattice
        guide = references.set_index("method").loc[_RELAXED_FROM]
        order = _matching_axes(np.array(lattice.abc), guide[list(_AXES)].to_numpy(float))
        if abs(lattice.volume / guide["volume"] - 1) > _LARGEST_CHANGE:
            continue
        lengths, angles = np.array(lattice.abc)[order], np.array(lattice.angles)[order]
        for _, reference in references.iterrows():
            row = {"crystal": crystal, "method": reference["method"], "status": status_of[crystal]}
            change = 100 * (lengths / reference[list(_AXES)].to_numpy(float) - 1)
            row |= {f"{axis}_percent": value for axis, value in zip(_AXES, change, strict=True)}
            # An angle and its supplement describe the same cell with an axis reversed.
            known = reference[list(_ANGLES)].to_numpy(float)
            row["largest_angle_deg"] = float(abs(abs(angles - 90) - abs(known - 90)).max())
            row["volume_percent"] = 100 * (lattice.volume / reference["volume"] - 1)
            rows.append(row)
    columns = ["crystal", "method", "status", *(f"{axis}_percent" for axis in _AXES)]
    return pd.DataFrame(rows, columns=[*columns, "largest_angle_deg", "volume_percent"])


def _matching_axes(lengths: np.ndarray, reference: np.ndarray) -> list[int]:
    return list(min(permutations(range(3)), key=lambda order: abs(np.log(lengths[list(order)] / reference)).sum()))


def _lattice_errors(lattice: pd.DataFrame) -> pd.DataFrame:
    references = _lattice_references()
    listed, rows = references["crystal_id"].nunique(), []
    experiment = references[references["method"] == "experiment"].set_index("crystal_id")
    for method, group in lattice.groupby("method", sort=False):
        own = references[references["method"] == method].set_index("crystal_id").loc[group["crystal"]]
        measured = experiment.loc[group["crystal"]]
        axes = group[[f"{axis}_percent" for axis in _AXES]].to_numpy()
        between = 100 * (own[list(_AXES)] / measured[list(_AXES)] - 1)
        rows.append(
            {
                "method": method,
                "crystals": len(group),
                "of": listed,
                "mean_length_percent": axes.mean(),
                "mean_absolute_length_percent": abs(axes).mean(),
                "largest_length_percent": abs(axes).max(),
                "mean_volume_percent": group["volume_percent"].mean(),
                "mean_absolute_volume_percent": group["volume_percent"].abs().mean(),
                "method_against_experiment_mean_absolute_length_percent": between.abs().to_numpy().mean(),
                "method_against_experiment_mean_volume_percent": (
                    100 * (own["volume"] / measured["volume"] - 1)
                ).mean(),
            }
        )
    return pd.DataFrame(rows)


def _moduli(table: pd.DataFrame) -> pd.DataFrame:
    reference = pd.read_csv(data_root() / "reference" / "moduli_dft.csv")
    known = reference[reference["crystal_id"].isin(table.index)].copy()
    k, g = known["K_vrh_GPa"], known["G_vrh_GPa"]
    own = table.loc[known["crystal_id"]]
    return pd.DataFrame(
        {
            "crystal": known["crystal_id"].to_numpy(),
            "phase": known["phase"].to_numpy(),
            "K_label": own["K_vrh"].to_numpy(float),
            "K_reference": k.to_numpy(float),
            "G_label": own["G_vrh"].to_numpy(float),
            "G_reference": g.to_numpy(float),
            "E_label": own["E_vrh"].to_numpy(float),
            "E_reference": (9 * k * g / (3 * k + g)).to_numpy(float),
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
