"""What the explorer says of each crystal beside numbers: what it is, and where its atoms are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from ase.data import atomic_numbers, covalent_radii
from ase.data.colors import jmol_colors
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import pdist, squareform

from perovex.crystal import as_structure
from perovex.crystal.formula import formula_with_cations
from perovex.errors import PerovexError
from perovex.study.own_data import OwnData

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pymatgen.core import Structure

    from perovex.study.result import StudyResult

#: What columns of ``tables.meta`` are called, in the order in which they are shown; those of users keep their names.
_WORDS: Final = {
    "formula": "formula", "spacer_smiles": "spacer", "n_layers": "n", "halide": "halide", "metal": "metal",
    "cage": "cage cation", "phase": "phase", "stacking": "stacking", "source": "source",
}  # fmt: skip
_MOST_KINDS = 12  # of a colour key
_MOST_OWN, _LONGEST = 6, 90  # texts of a user's table, and letters of each
_BOND = 1.2  # times the sum of covalent radii, as the page draws bonds
_MOST_ATOMS = 60_000  # on a page; the bundled crystals have 20,000


def facts_of(result: StudyResult) -> pd.DataFrame:
    """Return what each crystal is, as text.

    Parameters
    ----------
    result : StudyResult

    Returns
    -------
    DataFrame
        Index of ``tables.X``; columns are the words that readers see.
    """
    tables = result.tables
    known = tables.meta
    if isinstance(result.data, OwnData):
        known = known.join(_texts(result.data, known))
    else:
        release = result.data.table.reindex(known.index)
        known = known.assign(formula=_formulas(release)) if "formula" in release else known
    order = [*(name for name in _WORDS if name in known), *(name for name in known if name not in _WORDS)]
    named = known[order].rename(columns=_WORDS)
    return named.loc[:, ~named.columns.duplicated()].map(_said)


def _formulas(release: pd.DataFrame) -> list[str]:
    """Formulas of labelled crystals with their cations told apart."""
    parts = release[["formula", "spacer_smiles", "cage"]].fillna("").astype(str)
    return [formula_with_cations(*part) if part[0] else "" for part in parts.itertuples(index=False, name=None)]


def _texts(own: OwnData, known: pd.DataFrame) -> pd.DataFrame:
    """Columns of words of the user's table that are not known yet: remarks, references, sources."""
    frame = own.table.reindex(known.index).drop(columns=[*own.values, *known], errors="ignore")
    words = [name for name in frame if not pd.api.types.is_numeric_dtype(frame[name])]
    return frame[words[:_MOST_OWN]]


def _said(value: Any) -> str:
    if isinstance(value, (float, np.floating)):
        return "" if np.isnan(value) else f"{value:g}"
    text = "" if value is None or value is pd.NA else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def categories_of(facts: pd.DataFrame) -> list[str]:
    """Return the facts by which crystals can be coloured: those that take a few values.

    Examples
    --------
    >>> categories_of(pd.DataFrame({"halide": ["Br", "I", "I"], "metal": ["Pb"] * 3}))
    ['halide']
    """
    kinds = {str(name): facts[name].nunique() for name in facts}
    few = [name for name, count in kinds.items() if 2 <= count <= min(_MOST_KINDS, len(facts) - 1)]
    return sorted(few, key=lambda name: name != "halide")  # the colours of most figures stand first


def drawings_of(result: StudyResult) -> list[dict[str, Any] | None]:
    """Return cell and atoms of each crystal; None where none are known, or a page could not hold more of them.

    Parameters
    ----------
    result : StudyResult
    """
    structures = result.data.structures or {}
    drawn: list[dict[str, Any] | None] = []
    left = _MOST_ATOMS
    for name in result.tables.X.index:
        drawing = _drawing(structures[name]) if name in structures and left > 0 else None
        left -= 0 if drawing is None else len(drawing["symbols"])
        drawn.append(drawing)
    return drawn


def _drawing(crystal: Any) -> dict[str, Any] | None:
    try:
        structure: Structure = as_structure(crystal)
    except PerovexError:  # a file that has changed since it was described
        return None
    symbols = [site.specie.symbol for site in structure]
    return {
        "symbols": symbols,
        "positions": np.round(structure.lattice.get_cartesian_coords(_inside(structure, symbols)), 2).tolist(),
        "cell": np.round(structure.lattice.matrix, 2).tolist(),
    }


def _inside(structure: Structure, symbols: list[str]) -> NDArray[np.float64]:
    """Return fractional coordinates with the middle of every piece in the cell; what is bonded as written stays so."""
    radii = covalent_radii[[atomic_numbers[symbol] for symbol in symbols]]
    bonded = squareform(pdist(structure.cart_coords)) < _BOND * (radii[:, None] + radii)
    n_pieces, piece = connected_components(bonded, directed=False)
    coordinates = np.array(structure.frac_coords)
    for number in range(n_pieces):
        coordinates[piece == number] -= np.floor(coordinates[piece == number].mean(axis=0))
    return coordinates


def looks_of(drawn: list[dict[str, Any] | None]) -> dict[str, dict[str, Any]]:
    """Return radius (Å) and colour of every element that is drawn."""
    return {symbol: _look(symbol) for symbol in sorted({s for atoms in drawn if atoms for s in atoms["symbols"]})}


def _look(symbol: str) -> dict[str, Any]:
    number = atomic_numbers[symbol]
    red, green, blue = (int(255 * part) for part in jmol_colors[number])
    return {"radius": round(float(covalent_radii[number]), 2), "colour": f"rgb({red},{green},{blue})"}
