"""One piece of a screen: from spacers as written to rows with predictions, or a reason why there are none."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex.building.cation import CAGE_SMILES
from perovex.building.compound import Compound
from perovex.building.halides import read_halides
from perovex.errors import PerovexError
from perovex.screening.cations import read_cation
from perovex.screening.features import composition_values, crossed
from perovex.screening.formability import BROKEN, composition_rules, judge_many
from perovex.screening.model import TARGETS, molecule_models, predict_features
from perovex.screening.parts import LISTS, to_bytes
from perovex.screening.words import NewComposition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perovex.learn import ModelBundle
    from perovex.screening.cations import Cation
    from perovex.screening.reading import Entry

_ENTRY = ("row", "name", "written")


@dataclass(frozen=True)
class Question:
    """What is asked of every spacer.

    Attributes
    ----------
    metals : tuple of str
    halides : tuple of str
        Elements, or mixtures such as ``Br0.5I0.5``: they enter by their mean radius, and lie outside what was learnt.
    layers : tuple of int
        Sheets per slab.
    cage : str
        Cage cation for more than one sheet.
    moduli : {"relaxed", "soft_frozen"}
        Which models.
    models : str
        Folder of other models of rung (a); empty for those of the package.
    """

    metals: tuple[str, ...] = ("Pb",)
    halides: tuple[str, ...] = ("I",)
    layers: tuple[int, ...] = (1,)
    cage: str = "MA"
    moduli: str = "relaxed"
    models: str = ""

    def __post_init__(self) -> None:
        if not (self.metals and self.halides and self.layers):
            raise PerovexError("nothing to screen for", remedy="give at least one metal, halide and n")
        object.__setattr__(self, "halides", tuple(dict.fromkeys(str(read_halides(halide)) for halide in self.halides)))
        for metal, halide, n in self.compositions:
            # any spacer will do to refuse what no compound can have
            Compound.read("CCCC[NH3+]", metal, halide, n, self.cage)
            composition_values(metal, halide, n)

    @property
    def compositions(self) -> list[tuple[str, str, int]]:
        """Metal, halide and n of the compounds of a spacer."""
        return [(metal, halide, n) for metal in self.metals for halide in self.halides for n in self.layers]

    def to_dict(self) -> dict[str, Any]:
        """Return what decides the results."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}


@lru_cache(maxsize=2)
def models_of(question: Question) -> ModelBundle:
    """Load the models that a question asks for, once a process."""
    return molecule_models(question.moduli, question.models or None)


def screen_chunk(entries: Sequence[Entry], question: Question) -> pd.DataFrame:
    """Screen some spacers by rung (a).

    Parameters
    ----------
    entries : sequence of Entry
    question : Question

    Returns
    -------
    DataFrame
        For each spacer a row for each composition: ``row``, ``name``, ``written``, ``smiles``, ``metal``, ``halide``,
        ``n``, ``key``, ``changes`` (tuples of `Change`), ``formability``, ``rules`` (tuples of `Rule`), ``networks``
        (tuples of `KnownNetwork`), for each target its value and interval, and the domain. A spacer that cannot be
        screened has one row, whose ``failed`` is True and whose ``error`` says why.
    """
    kept, cations, failed = [], [], []
    for entry in entries:
        try:
            cations.append(read_cation(entry.smiles))
            kept.append(entry)
        except PerovexError as error:
            failed.append({**dict(zip(_ENTRY, entry, strict=True)), "error": str(error)})
    tables = [_predicted(kept, cations, question).assign(error="", failed=False)] if cations else []
    if failed or not cations:
        tables.append(_failed(failed))
    return pd.concat(tables, ignore_index=True).sort_values("row", kind="stable", ignore_index=True)


def _failed(lines: list[dict[str, Any]]) -> pd.DataFrame:
    """Return a row for each spacer that cannot be screened; nothing was found about any."""
    table = pd.DataFrame(lines, columns=[*_ENTRY, "error"]).assign(failed=True)
    for column in LISTS:
        table[column] = pd.Series([()] * len(table), index=table.index, dtype=object)
    return table


def _predicted(entries: Sequence[Entry], cations: Sequence[Cation], question: Question) -> pd.DataFrame:
    """Judge and predict spacers that could be read."""
    spacers = [cation.smiles for cation in cations]
    verdicts = judge_many(spacers, [cation.key for cation in cations])
    broken = [composition_rules(*composition, question.cage) for composition in question.compositions]
    compounds, features = crossed(spacers, question.compositions)
    copies = [i for i in range(len(cations)) for _ in question.compositions]
    table = pd.DataFrame(
        {
            "row": [entries[i].row for i in copies],
            "name": [entries[i].name for i in copies],
            "written": [entries[i].smiles for i in copies],
            **{name: compounds[name].to_numpy() for name in compounds},
            "key": [cations[i].key for i in copies],
            "changes": [cations[i].changes for i in copies],
            "formability": [BROKEN if rules else one.verdict for one in verdicts for rules in broken],
            "rules": [(*one.rules, *rules) for one in verdicts for rules in broken],
            "networks": [verdicts[i].networks for i in copies],
        }
    )
    predicted = predict_features(features, models_of(question))
    composition = pd.MultiIndex.from_frame(table[["metal", "halide", "n"]])
    predicted.loc[composition.isin(list(never_seen(question))), "in_domain"] = False
    return pd.concat([table, predicted], axis=1)


@lru_cache(maxsize=2)
def never_seen(question: Question) -> dict[tuple[str, str, int], NewComposition]:
    """Find what no training crystal had of each composition that lies outside for it.

    Parameters
    ----------
    question : Question

    Returns
    -------
    dict
        Metal, halide and n to what is new; compositions of which everything occurs are left out.

    Examples
    --------
    >>> new = never_seen(Question(layers=(1, 7)))["Pb", "I", 7]
    >>> new.mixed, [(kind.kind, kind.value) for kind in new.kinds]
    (False, [('n', 7.0)])
    """
    known = models_of(question).known
    new: dict[tuple[str, str, int], NewComposition] = {}
    for metal, halide, n in question.compositions:
        mixed = is_mixed(halide)
        cage = CAGE_SMILES.get(question.cage) if n > 1 else None
        whole = {"metal": metal, "halide": None if mixed else halide, "n": float(n), "cage": cage}
        kinds = () if known is None else tuple(known.never_seen(whole))
        if mixed or kinds:
            new[metal, halide, n] = NewComposition(mixed, kinds)
    return new


def is_mixed(halide: str) -> bool:
    """Whether a halide as it is screened is a mixture, which none of the models learnt from.

    Examples
    --------
    >>> is_mixed("I"), is_mixed("Br0.5I0.5")
    (False, True)
    """
    return read_halides(halide).mixed


def chunk_bytes(entries: Sequence[Entry], question: Question) -> bytes:
    """Screen some spacers and return the table as the content of a piece on disk.

    Parameters
    ----------
    entries : sequence of Entry
    question : Question
    """
    table = screen_chunk(entries, question)
    for target in TARGETS:  # a chunk of failures alone has the columns of all others, too
        for column in (target, f"{target}_lower", f"{target}_upper"):
            if column not in table:
                table[column] = np.nan
    return to_bytes(table)
