"""The section of the report on labels: how far they are from references, and what an audit finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from perovex.datasets.quality.audit import SOFT_RATIO
from perovex.datasets.quality.words import TREND_WORDS
from perovex.datasets.schema import SOFT_FROZEN
from perovex.figures import figure, plot_label_check, save_figure
from perovex.report.wording import in_words
from perovex.study.tables import TARGETS

if TYPE_CHECKING:
    from pathlib import Path

    from perovex.datasets import ElasticData
    from perovex.datasets.quality.references import LabelValidation
    from perovex.report import Section
    from perovex.study.labels import LabelFindings

_AUDITED = {
    "outliers": "Moduli far from those of like crystals",
    "volume_changes": "Crystals whose volume changed much on relaxing",
    "stacking_changes": "Crystals whose stacking changed on relaxing",
    "unconverged": "Crystals that are not fully relaxed",
    "duplicates": "Crystals that are in the data twice",
}


def add_labels(section: Section, data: ElasticData, labels: LabelFindings, figures: Path) -> None:
    """Fill the section on the errors of labels."""
    section.text(
        "Relaxed-ion elastic tensors by linear response: ions and cell are relaxed, the response of the ions to strain "
        "is solved with Hessian products, and a crystal with a negative mode or an unstable tensor is followed "
        "downhill or rejected. Soft but positive modes count fully; their influence is listed below."
    )
    truth, audit = labels.truth, labels.audit
    _literature(section, truth, figures)
    _first_principles(section, truth.first_principles, truth.scaling)
    _secants(section, truth.soft_mode_errors)
    _lattice(section, truth)
    _trends(section, truth.trends)
    if len(audit.second_potential):
        _second_potential(section, audit.second_potential)
    if len(audit.soft_modes):
        count = f"{len(audit.soft_modes)} of {len(data)} crystals"
        rise = f"{100 * (SOFT_RATIO - 1):.0f} %"
        caption = f"Soft crystals: {count}, whose E_vrh rises by more than {rise} when soft modes are frozen."
        section.table(in_words(audit.soft_modes), caption, folded=True)
    _soft_modes(section, labels.soft_modes)
    for name, what in _AUDITED.items():
        frame = audit.tables()[name]
        if len(frame):
            section.table(in_words(frame).rename(columns={"X": "halide"}), f"{what}: {len(frame)}.", folded=True)


def _literature(section: Section, truth: LabelValidation, figures: Path) -> None:
    """Show labels of 3D crystals beside first-principles values of the literature."""
    if len(truth.moduli):
        made, ax = figure(4.8, 3.8)
        plot_label_check(truth.moduli, ax=ax)
        section.drawing(
            save_figure(made, figures, "labels", raster=False),
            "Labels of 3D crystals against first-principles values of the literature (PBE without dispersion): bulk "
            "modulus K, shear modulus G and Young's modulus E; one crystal can have several references.",
            description="Labels against first-principles moduli",
        )
    section.table(
        in_words(truth.errors),
        "Labels against first-principles values (PBE without dispersion), 3D crystals.",
        index=False,
    )
    section.table(in_words(truth.moduli), "The same, crystal by crystal; GPa.", index=False, folded=True)


def _first_principles(section: Section, compared: pd.DataFrame, scaling: pd.DataFrame) -> None:
    """Show how far the potential is from density-functional theory on the same crystals; nothing where not compared."""
    if len(compared):
        compared = compared[compared["first_principles_GPa"].notna()]
    if compared.empty:
        return
    order = list(compared["modulus"].unique())
    wide = compared.pivot_table(index="crystal", columns="modulus", values="deviation_percent")[order]
    section.table(
        in_words(wide.rename_axis(columns=None)),
        "The potential against density-functional theory (PBE-D3(BJ)), layered crystals among them: moduli from "
        "stress along the same strain paths of the same crystals. Deviation of the potential, percent.",
    )
    section.table(in_words(compared), "The same in GPa.", index=False, folded=True)
    if len(scaling):
        section.table(
            in_words(scaling),
            "What one factor on each modulus of the potential would do: mean absolute deviation from PBE-D3(BJ) as it "
            "is, the factor, and the deviation that it leaves on crystals that it was not taken from. Labels are not "
            "scaled.",
            index=False,
        )


def _secants(section: Section, errors: pd.DataFrame) -> None:
    """Show how far potentials are from density-functional theory along soft modes."""
    if len(errors):
        section.table(
            in_words(errors),
            "Soft modes by interatomic potentials against PBE-D3(BJ): crystals are displaced to both sides along soft "
            "directions by what costs the potential of the labels 25 meV, and the secant is the curvature of the "
            "energy between. Modes beyond noise are apart by more than two standard errors of first principles.",
            index=False,
            folded=True,
        )


def _lattice(section: Section, truth: LabelValidation) -> None:
    """Show errors of relaxed cells, and how far mirror images are apart."""
    if len(truth.lattice_errors):
        section.table(
            in_words(truth.lattice_errors.rename(columns={"method": "reference"})),
            "Relaxed lattice parameters of the labels against experiment and DFT: deviation of the label from the "
            "reference in percent. The last two columns compare the reference itself with experiment.",
            index=False,
        )
    if len(truth.enantiomers):
        apart = {f"{target} apart (%)": truth.enantiomers[f"{target}_percent"] for target in TARGETS}
        section.table(
            in_words(truth.enantiomers[["right", "left", "energy_meV_per_atom"]]).assign(**apart),
            "Crystals and their mirror images, whose labels should be equal. What separates them is the error of the "
            "potential, which tells left from right, and of convergence.",
            index=False,
        )


def _trends(section: Section, trends: pd.DataFrame) -> None:
    """Show what the labels say to trends that the literature reports."""
    shown = pd.DataFrame(
        {
            "trend": trends["trend"].map(TREND_WORDS),
            "answer": trends["answer"],
            "pairs that agree": [f"{r.agreeing} of {r.comparisons}" for r in trends.itertuples()],
            "spacers that agree": [f"{r.groups_agreeing} of {r.groups}" for r in trends.itertuples()],
            "p": trends["p_value"],
            "median difference (GPa)": trends["median_difference_GPa"],
        }
    )
    section.table(
        shown,
        "Trends that the literature reports, tested on the labels; the answer is that of a sign test over groups "
        "(spacers), undecided where p is 0.05 or more.",
        index=False,
    )


def _second_potential(section: Section, compared: pd.DataFrame) -> None:
    """Show how far the labels of two potentials are apart."""
    pairs = in_words(compared.reset_index())
    main = pairs["modulus"].isin([*TARGETS, *SOFT_FROZEN])
    section.table(
        pairs[main],
        "The same crystals labelled with two potentials (or two protocols), each relaxing the crystal by itself: "
        "the spread is a lower bound of the error of a label. 'soft_frozen' marks moduli without soft modes.",
        index=False,
        folded=True,
    )
    section.table(pairs[~main], "The same for the other moduli.", index=False, folded=True)


def _soft_modes(section: Section, table: pd.DataFrame) -> None:
    """Show the fragility index of every label, and the smooth treatment where modes are stored."""
    indices = [f"{target}_fragility" for target in TARGETS]
    spread = table[indices].quantile([0.05, 0.5, 0.95]).set_axis(["5 % of crystals below", "median", "95 % below"])
    spread.loc["crystals below 0.8"] = (table[indices] < 0.8).sum()
    section.table(
        spread.rename(columns=dict(zip(indices, TARGETS, strict=True))),
        "Fragility index of the labels: the modulus over that with the modes below the cut held, 1 where nothing hangs "
        "on soft modes. Neither number is nearer to a measurement for being easier to predict.",
    )
    shown = [f"{target}{end}" for target in TARGETS for end in ("", "_fragility", "_regularised", "_per_ln_kappa0")]
    section.table(
        in_words(table[["lowest_eigenvalue", *shown]].dropna(axis=1, how="all")),
        "The same by crystal, GPa; with a curvature added to every mode, and the derivative by its logarithm, where "
        "labels store their modes.",
        folded=True,
    )
