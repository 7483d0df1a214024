"""The section of the report on the data: what there is, and how the values are spread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from perovex.elasticity.names import BY_DIRECTION
from perovex.figures import figure, plot_modulus, save_figure
from perovex.figures.data import MODULUS_LABELS, plot_distribution, plot_moduli
from perovex.report.wording import in_words
from perovex.study.questions import PACKING, POOLED, SHEET
from perovex.study.tables import TARGETS

if TYPE_CHECKING:
    from pathlib import Path

    from perovex.datasets import ElasticData
    from perovex.report import Section
    from perovex.study.result import StudyResult

_CLASSES: Final = {"n_layers": "layers per slab", "halide": "halide", "stacking": "stacking"}
_MOST_CLASSES: Final = 6
_QUANTILES: Final = [0, 0.25, 0.5, 0.75, 1]
_QUARTILES = pd.Index(["smallest", "lower quartile", "median", "upper quartile", "largest"])


def add_data(section: Section, result: StudyResult, figures: Path) -> None:
    """Fill the section on the data: of a release, or of the user's own."""
    if result.elastic is not None:
        _release(section, result, result.elastic, figures)
    else:
        _own(section, result, figures)
    for remark in result.remarks:
        section.note(f"{str(remark)[0].upper()}{str(remark)[1:]}.")


def _packing(section: Section, result: StudyResult, figures: Path) -> None:
    """Draw a modulus against free volume, and tell the rank correlation pooled and within halides."""
    X, halide, correlation = result.tables.X, result.tables.meta["halide"], result.packing
    if correlation is None or SHEET not in X:
        return
    name = correlation.name
    modulus = result.tables.values[name]
    pooled = correlation[POOLED]
    inside = [f"{kind} {within:+.2f}" for kind, within in correlation.drop(POOLED).items()]
    made, ax = figure(5.2, 4.0)
    plot_modulus(modulus, X[PACKING], colour=halide, size=X[SHEET], log=False, ax=ax)
    ax.set_ylabel(MODULUS_LABELS.get(str(name), str(name)))
    section.drawing(
        save_figure(made, figures, "packing"),
        f"{name} of every layered crystal against its free volume. Rank correlation {pooled:+.2f} over all, within "
        f"halides {', '.join(inside)}: the halide hides what packing does.",
        description="Scatter of a modulus against free volume, coloured by halide, sized by the share of sheets",
    ).beside(2)


def _release(section: Section, result: StudyResult, data: ElasticData, figures: Path) -> None:
    table = data.table
    made, ax = figure(5.2, 4.0)
    plot_moduli(table, ax)
    section.drawing(
        save_figure(made, figures, "moduli"),
        "Out-of-plane against in-plane Young's modulus. Open symbols are 3D networks, for comparison only.",
        description="Scatter of two moduli of every crystal, coloured by halide, sized by layers",
    )
    _packing(section, result, figures)
    made, axes = figure(9.6, 6.4, nrows=2, ncols=3)
    for target, row in zip(BY_DIRECTION, axes, strict=True):
        for by, ax in zip(_CLASSES, row, strict=True):
            plot_distribution(table, target, by, ax)
    section.drawing(
        save_figure(made, figures, "distributions"),
        "Moduli by layers per slab, halide and stacking: every crystal, quartiles (grey) and median; counts in "
        "brackets. Colours and symbols are those of the halides above.",
        description="Two moduli of every crystal by layers, halide and stacking",
    )
    counts = pd.crosstab(table["n_layers"].map(_layers), table["halide"])
    section.table(
        counts.rename_axis(index="layers", columns=None),
        "Crystals with an accepted label, by layers per slab and halide.",
    )
    spread = table.loc[np.isfinite(table["n_layers"]), list(TARGETS)].quantile(_QUANTILES).set_axis(_QUARTILES)
    section.table(spread, "Distribution of the moduli of layered crystals, GPa.")
    rejected = data.rejected
    if len(rejected):
        caption = f"{len(rejected)} rejected labels and why; they are kept in the data."
        section.table(in_words(rejected[["reason"]]), caption, folded=True)


def _layers(n: float) -> str:
    return "3D" if np.isinf(n) else f"n = {n:g}"


def _own(section: Section, result: StudyResult, figures: Path) -> None:
    tables = result.tables
    meta = tables.meta
    _draw_own(section, result, figures)
    if {"n_layers", "halide"} <= set(meta):
        counts = pd.crosstab(meta["n_layers"].map(_layers), meta["halide"])
        section.table(counts.rename_axis(index="layers", columns=None), "Crystals by layers per slab and halide.")
    spread = tables.values.quantile(_QUANTILES).set_axis(_QUARTILES)
    known = tables.values.notna().sum().rename("crystals")
    units = {name: f"{name} ({item.unit})" if item.unit else name for name, item in tables.quantities.items()}
    section.table(
        pd.concat([spread, known.to_frame().T]).rename(columns=units),
        "Distribution of the values, and how many there are.",
    )


def _draw_own(section: Section, result: StudyResult, figures: Path) -> None:
    """Draw the values by what is known of the crystals, or beside each other where nothing is."""
    tables, target = result.tables, result.options.target
    table = tables.meta.join(tables.values)
    classes = [name for name in _CLASSES if name in table] or _few(tables.meta)
    everything = "all crystals"
    if not classes:
        table, classes = table.assign(**{everything: "all"}), [everything]
    made, axes = figure(3.2 * len(classes), 3.2, ncols=len(classes), squeeze=False)
    for by, ax in zip(classes, axes.ravel(), strict=True):
        known = table.dropna(subset=[target, by])
        plot_distribution(known, target, by, ax, unit=tables.quantities[target].unit)
    words = [_CLASSES.get(name, name) for name in classes]
    by_what = ""
    if classes != [everything]:
        by_what = f" by {' and '.join(filter(None, [', '.join(words[:-1]), words[-1]]))}"
    section.drawing(
        save_figure(made, figures, "distributions"),
        f"{target}{by_what}: every crystal, quartiles (grey) and median; counts in brackets.",
        description=f"Values of {target} of every crystal{by_what}",
    )


def _few(meta: pd.DataFrame) -> list[str]:
    """Return up to three columns that divide the crystals into a few classes."""
    return [str(name) for name in meta if 2 <= meta[name].nunique() <= _MOST_CLASSES][:3]
