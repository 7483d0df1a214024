"""Halides of a compound: one for all positions, one for each kind of position, or shares spread at random."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from perovex.crystal.radii import HALIDE_RADII
from perovex.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perovex.crystal import LayeredPerovskite

#: Where halides stand in a slab: towards the spacers; between two sheets, which thin slabs lack; within a sheet.
POSITIONS: Final = ("terminal", "inner", "equatorial")
#: Halides per metal of each position in a slab of n sheets, times n.
_SITES: Final = {"terminal": (2, 0), "inner": (-1, 1), "equatorial": (0, 2)}
_GROUPS: Final = {"axial": ("terminal", "inner"), "bridging": ("inner", "equatorial")}
#: A share may be met by the whole atoms of a cell to within this.
TOLERANCE: Final = 0.02
_WRITTEN: Final = "Br, Br0.5I0.5 (shares at random), or axial=Br,equatorial=I (one for each position)"
_FORMULA: Final = re.compile(r"([A-Z][a-z]?)(\d*\.?\d*)")


@dataclass(frozen=True)
class Halides:
    """The halides of a compound and where they stand.

    Attributes
    ----------
    shares : tuple of (str, float)
        Halides of all positions alike with their shares, alphabetical; sums to one. Empty where `placed` says it all.
    placed : tuple of (str, str)
        Position and its halide, in the order of `POSITIONS`.

    Examples
    --------
    >>> str(Halides.read("br")), str(Halides.read("I:1, Br:3")), str(Halides.read("axial=Br,equatorial=I", n=1))
    ('Br', 'Br0.75I0.25', 'terminal=Br,equatorial=I')
    """

    shares: tuple[tuple[str, float], ...] = ()
    placed: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, text: str, n: int = 2) -> Halides:
        """Understand what was written, in any case.

        Parameters
        ----------
        text : str
            An element (``Br``), shares (``Br0.5I0.5``, ``Br2I2`` or ``Br:0.5,I:0.5``), or positions
            (``axial=Br,equatorial=I``): axial is terminal and inner, bridging is inner and equatorial.
        n : int
            Sheets per slab: one sheet has no inner halides, and what is said of them is of no consequence.

        Raises
        ------
        BuildError
            If it can be read as none of these, or says nothing of a position.
        """
        plain = "".join(str(text).split())
        if "=" in plain:
            return cls._read_positions(plain, n)
        return cls._of_shares(_shares(plain))

    @classmethod
    def _of_shares(cls, shares: dict[str, float]) -> Halides:
        total = sum(shares.values())
        return cls(tuple((symbol, shares[symbol] / total) for symbol in sorted(shares)))

    @classmethod
    def _read_positions(cls, text: str, n: int) -> Halides:
        wanted = [position for position in POSITIONS if n > 1 or position != "inner"]
        placed: dict[str, str] = {}
        for part in text.split(","):
            name, _, symbol = part.partition("=")
            positions = _GROUPS.get(name.lower(), (name.lower(),))
            if not set(positions) <= set(POSITIONS):
                known = ", ".join([*POSITIONS, *_GROUPS])
                raise BuildError(f"unknown position {name!r} of a halide", remedy=f"use {known}")
            for position in positions:
                if placed.setdefault(position, _halide(symbol)) != _halide(symbol):
                    raise BuildError(f"two halides for {position} positions in {text!r}", remedy="give each one halide")
        lacking = [position for position in wanted if position not in placed]
        if lacking:
            raise BuildError(
                f"no halide is given for {' and '.join(lacking)} positions in {text!r}",
                remedy="such as axial=Br,equatorial=I",
            )
        if len({placed[position] for position in wanted}) == 1:
            return cls._of_shares({placed[wanted[0]]: 1.0})
        return cls(placed=tuple((position, placed[position]) for position in wanted))

    def __str__(self) -> str:
        if self.placed:
            return ",".join(f"{position}={symbol}" for position, symbol in self.placed)
        if len(self.shares) == 1:
            return self.shares[0][0]
        return "".join(f"{symbol}{share:.4g}" for symbol, share in self.shares)

    @property
    def elements(self) -> tuple[str, ...]:
        """Distinct halides, alphabetical."""
        return tuple(sorted({symbol for symbol, _ in self.shares} | {symbol for _, symbol in self.placed}))

    @property
    def mixed(self) -> bool:
        """Whether there is more than one."""
        return len(self.elements) > 1

    @property
    def arrangement(self) -> str:
        """How a mixture stands, in words; empty for one halide."""
        if self.placed:
            return ", ".join(f"{symbol} {position}" for position, symbol in self.placed)
        return f"{self} at random" if self.mixed else ""

    def record(self, random_state: int) -> dict[str, str | int]:
        """Return what a built crystal remembers of a mixture; nothing for one halide.

        Parameters
        ----------
        random_state : int
            Seed that the halides were spread with.
        """
        if not self.mixed:
            return {}
        return {"arrangement": self.arrangement, "random_state": random_state}

    def at(self, position: str) -> dict[str, float]:
        """Return the shares of the halides at one of the `POSITIONS`."""
        if self.placed:
            return {dict(self.placed)[position]: 1.0}
        return dict(self.shares)

    def overall(self, n: float) -> dict[str, float]:
        """Return the shares of the halides in a slab of n sheets.

        Parameters
        ----------
        n : float

        Examples
        --------
        >>> Halides.read("axial=Br,equatorial=I").overall(1)
        {'Br': 0.5, 'I': 0.5}
        """
        if not self.placed:
            return dict(self.shares)
        total: Counter[str] = Counter()
        for position, symbol in self.placed:
            fixed, per_sheet = _SITES[position]
            total[symbol] += (fixed + per_sheet * n) / (3 * n + 1)  # type: ignore[assignment]
        return {symbol: total[symbol] for symbol in sorted(total)}

    def radius(self, n: float) -> float:
        """Return the mean ionic radius in a slab of n sheets, Å."""
        return sum(share * HALIDE_RADII[symbol] for symbol, share in self.overall(n).items())

    def arrange(self, positions: Sequence[str], rng: np.random.Generator) -> list[str]:
        """Give every site a halide.

        Parameters
        ----------
        positions : sequence of str
            One of `POSITIONS` for each site.
        rng : numpy.random.Generator
            Draws the sites of a mixture without positions; nothing is drawn otherwise.

        Returns
        -------
        list of str
            Elements.

        Raises
        ------
        BuildError
            If the sites cannot hold the shares to within `TOLERANCE`.

        Examples
        --------
        >>> sorted(Halides.read("Br:0.25,I:0.75").arrange(["terminal"] * 4, np.random.default_rng(0)))
        ['Br', 'I', 'I', 'I']
        """
        if self.placed:
            chosen = dict(self.placed)
            return [chosen[position] for position in positions]
        counts = self._counts(len(positions))
        if counts is None:
            raise BuildError(
                f"{self} is not made of the {len(positions)} halides of this cell",
                remedy=f"nearest is {_nearest(self.shares, len(positions))}; or give each position its halide",
            )
        symbols = [symbol for symbol, count in counts.items() for _ in range(count)]
        return [symbols[k] for k in rng.permutation(len(symbols))] if self.mixed else symbols

    def fits(self, sites: int) -> bool:
        """Whether so many sites hold the shares."""
        return bool(self.placed) or self._counts(sites) is not None

    def _counts(self, sites: int) -> dict[str, int] | None:
        """Whole atoms of each halide; None where a share is missed by too much."""
        counts = _rounded(self.shares, sites)
        missed = max(abs(counts[symbol] / sites - share) for symbol, share in self.shares)
        return counts if missed <= TOLERANCE and all(counts.values()) else None


def _rounded(shares: Sequence[tuple[str, float]], sites: int) -> dict[str, int]:
    """Whole numbers that sum to the sites, by largest remainder."""
    exact = np.array([share * sites for _, share in shares])
    counts = np.floor(exact + 1e-9).astype(int)
    for k in np.argsort(counts - exact, kind="stable")[: sites - counts.sum()]:
        counts[k] += 1
    return {symbol: int(count) for (symbol, _), count in zip(shares, counts, strict=True)}


def _nearest(shares: Sequence[tuple[str, float]], sites: int) -> str:
    counts = {symbol: max(count, 1) for symbol, count in _rounded(shares, sites).items()}
    total = sum(counts.values())
    largest = max(counts, key=counts.__getitem__)
    counts[largest] -= total - sites
    return str(Halides._of_shares({symbol: float(count) for symbol, count in counts.items()}))  # noqa: SLF001


@lru_cache(maxsize=256)
def read_halides(text: str, n: int = 2) -> Halides:
    """Return `Halides.read`, kept for the next time."""
    return Halides.read(text, n)


def _shares(text: str) -> dict[str, float]:
    """Read an element, a formula of halides, or elements with shares behind colons."""
    if ":" in text:
        pairs = [part.partition(":")[::2] for part in text.split(",")]
    elif text.isalpha() and (text.capitalize() in HALIDE_RADII or len(text) <= 2):
        pairs = [(text, "1")]
    else:
        pairs = [(symbol, number or "1") for symbol, number in _FORMULA.findall(text)]
        if "".join(symbol + number for symbol, number in _FORMULA.findall(text)) != text:
            pairs = []
    if not pairs:
        raise BuildError(f"halide {text!r} cannot be read", remedy=f"write {_WRITTEN}")
    shares: dict[str, float] = {}
    for symbol, number in pairs:
        element = _halide(symbol)
        if element in shares:
            raise BuildError(f"{element} stands twice in {text!r}", remedy="give each halide one share")
        shares[element] = _share(number, text)
    return shares


def _share(number: str, text: str) -> float:
    try:
        share = float(number)
    except ValueError:
        share = float("nan")
    if not 0 < share < 1e6:
        raise BuildError(f"{number!r} is no share of a halide in {text!r}", remedy=f"write {_WRITTEN}")
    return share


def _halide(symbol: str) -> str:
    element = symbol.capitalize()
    if element not in HALIDE_RADII:
        raise BuildError(
            f"{symbol!r} is not a halide", remedy=f"use {', '.join(HALIDE_RADII)}; a mixture is written {_WRITTEN}"
        )
    return element


def positions_of(crystal: LayeredPerovskite) -> dict[int, str]:
    """Return the position of every halide of a perceived crystal by its site.

    Parameters
    ----------
    crystal : LayeredPerovskite
        In a 3D network every halide is equatorial.

    Examples
    --------
    >>> from perovex.crystal import perceive
    >>> from perovex.crystal.examples import layered
    >>> Counter(positions_of(perceive(layered(n=2))).values()) == {"terminal": 4, "inner": 2, "equatorial": 8}
    True
    """
    octahedra = crystal.octahedra
    position_of: dict[int, str] = {}
    for sites, bridging, vectors in zip(octahedra.ligand, octahedra.bridging, octahedra.vectors, strict=True):
        steep = np.abs(vectors @ crystal.normal) > np.linalg.norm(vectors, axis=1) / np.sqrt(2)
        for site, shared, along in zip(sites, bridging, steep & (crystal.dimensionality == 2), strict=True):
            inside = "inner" if along else "equatorial"
            position_of[int(site)] = inside if shared else "terminal"
    return position_of
