"""Compounds to build: spacer, metal, halide, n, cage cation and stacking, as people write them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal

from perovex.building.cation import CAGE_SMILES, canonical, spacer_smiles
from perovex.building.halides import Halides, read_halides
from perovex.errors import BuildError, PerovexError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

Stacking = Literal["staggered", "eclipsed"]
STACKINGS: Final = ("staggered", "eclipsed")
#: Columns of a table of compounds; only the spacer is needed.
COLUMNS: Final = ("spacer", "metal", "halide", "n", "cage", "stacking")
_SPACER_NAMES: Final = ("spacer", "smiles", "spacer_smiles")


@dataclass(frozen=True)
class Compound:
    """A layered perovskite by its composition.

    Attributes
    ----------
    spacer : str
        Canonical SMILES: one cation has one spelling, and so one answer.
    metal : str
        Element symbol.
    halide : str
        Element symbol, or a mixture as `perovex.building.halides.Halides` writes it.
    n : int
        Sheets per slab.
    cage : str
        Key of `perovex.building.cation.CAGE_SMILES`; of no consequence for n = 1.
    stacking : {"staggered", "eclipsed"} or None
        How successive slabs lie on each other; None leaves it to the charge of the spacer.
    """

    spacer: str
    metal: str = "Pb"
    halide: str = "I"
    n: int = 1
    cage: str = "MA"
    stacking: Stacking | None = None

    @classmethod
    def read(
        cls,
        spacer: str,
        metal: str = "Pb",
        halide: str = "I",
        n: int | str = 1,
        cage: str = "MA",
        stacking: str | None = None,
    ) -> Compound:
        """Understand what was written, in any case and spelling.

        Parameters
        ----------
        spacer : str
            SMILES of the spacer cation, charges written out.
        metal, cage, stacking : str
            In any case.
        halide : str
            An element in any case, or a mixture: shares that stand at random (``Br0.5I0.5``, ``Br:0.5,I:0.5``) or a
            halide for each position (``axial=Br,equatorial=I``), see `perovex.building.halides.Halides.read`.
        n : int or str

        Raises
        ------
        SmilesError
            If the spacer cannot be read.
        BuildError
            If n is no positive whole number, or metal, halides, cage or stacking cannot be understood.

        Examples
        --------
        >>> Compound.read("[NH3+]CCCC", "PB", "br", 1, "ma", "Staggered")
        Compound(spacer='CCCC[NH3+]', metal='Pb', halide='Br', n=1, cage='MA', stacking='staggered')
        >>> str(Compound.read("CCCC[NH3+]", halide="axial=Br,equatorial=I"))
        'CCCC[NH3+] Pb(terminal=Br,equatorial=I) n=1'
        """
        sheets = _sheets(n)
        return cls(
            spacer_smiles(str(spacer)),
            _metal(metal),
            str(read_halides(str(halide), sheets)),
            sheets,
            _choice(cage, CAGE_SMILES, "cage cation"),
            _choice(stacking, STACKINGS, "stacking") if stacking else None,  # type: ignore[arg-type]
        )

    def __str__(self) -> str:
        cage = f" {self.cage}" if self.n > 1 else ""
        stacking = f" {self.stacking}" if self.stacking else ""
        halide = f"({self.halide})" if self.halides.mixed else self.halide
        return f"{self.spacer} {self.metal}{halide} n={self.n}{cage}{stacking}"

    @property
    def halides(self) -> Halides:
        """The halides and where they stand."""
        return read_halides(self.halide, self.n)

    @property
    def key(self) -> tuple[str, str, str, float, str]:
        """What is the same in crystals of one compound, see `compound_key`."""
        return compound_key(self.spacer, self.metal, self.halide, self.n, CAGE_SMILES[self.cage])


def compound_key(smiles: str, metal: str, halide: str, n: float, cage: str) -> tuple[str, str, str, float, str]:
    """Return what crystals of one compound have in common; stacking and handedness may differ.

    Parameters
    ----------
    smiles, cage : str
        SMILES of the spacers and cage cations, several joined by dots.
    metal, halide : str
    n : float

    Examples
    --------
    >>> compound_key("[NH3+]CCCC", "Pb", "I", 1, "") == compound_key("CCCC[NH3+]", "Pb", "I", 1.0, "C[NH3+]")
    True
    """
    return _flat(smiles), metal, halide, float(n), _flat(cage) if n > 1 else ""


@lru_cache(maxsize=4096)
def _flat(smiles: str) -> str:
    return ".".join(sorted({canonical(part, stereo=False) for part in smiles.split(".") if part}))


def read_compounds(table: pd.DataFrame) -> list[Compound | PerovexError]:
    """Read a table of compounds, row by row; a row that cannot be understood gives its error.

    Parameters
    ----------
    table : DataFrame
        Columns ``spacer`` (or ``smiles``) and any of ``metal``, ``halide``, ``n``, ``cage``, ``stacking``; other
        columns are left alone, empty cells take the default.

    Raises
    ------
    BuildError
        If there is no column of spacers.

    Examples
    --------
    >>> import pandas as pd
    >>> [str(item) for item in read_compounds(pd.DataFrame({"smiles": ["CCCC[NH3+]"], "halide": ["Br"]}))]
    ['CCCC[NH3+] PbBr n=1']
    """
    columns = {str(name).strip().lower(): name for name in table.columns}
    named = next((columns[name] for name in _SPACER_NAMES if name in columns), None)
    if named is None:
        raise BuildError(
            f"no column of spacers among {', '.join(map(str, table.columns))}",
            remedy=f"name one of the columns {' or '.join(_SPACER_NAMES)}",
        )
    chosen = {"spacer": named} | {name: columns[name] for name in COLUMNS[1:] if name in columns}
    return [
        _read_row({name: row[column] for name, column in chosen.items() if _given(row[column])})
        for row in table.to_dict("records")
    ]


def _read_row(row: Mapping[str, Any]) -> Compound | PerovexError:
    try:
        return Compound.read(**{"spacer": "", **row})
    except PerovexError as error:
        return error


def _given(value: Any) -> bool:
    return value is not None and value == value and str(value).strip() != ""  # noqa: PLR0124 (NaN)


def _metal(symbol: str) -> str:
    text = str(symbol).strip()
    if not text.isalpha():
        raise BuildError(
            f"metal {text!r} is no single element",
            remedy="mixtures of halides are built, of metals not: build one, then exchange sites in its file",
        )
    return text.capitalize()


def _sheets(n: int | str) -> int:
    try:
        number = float(n)
    except ValueError:
        number = math.nan
    if math.isinf(number):
        raise BuildError(f"n = {n} is a 3D network, and only slabs are built", remedy="give the sheets of a slab")
    if not number >= 1 or number != int(number):
        raise BuildError(f"n = {n}: a slab has a whole number of sheets, at least one")
    return int(number)


def _choice(value: str, known: Any, what: str) -> str:
    by_case = {name.lower(): name for name in known}
    name = by_case.get(str(value).strip().lower())
    if name is None:
        raise BuildError(f"unknown {what} {value!r}", remedy=f"use one of {', '.join(known)}")
    return str(name)
