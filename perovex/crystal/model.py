"""The central type: a crystal, perceived once.

Everything above this floor reads these arrays and never looks for bonds again. All coordinates are Cartesian
in Å; site indices refer to `LayeredPerovskite.structure`; an `image` is a lattice translation (three
integers) to be added to the fractional coordinates of that site.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from perovex.crystal.formula import joined, molecule_formula

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pymatgen.core import Structure

Role = Literal["spacer", "cage", "guest"]
Dimensionality = Literal[0, 1, 2, 3]


@dataclass(frozen=True, eq=False)
class Octahedra:
    """The MX6 octahedra, ``k`` of them, ligands in a fixed order.

    Ligands stand in trans pairs (0, 1), (2, 3), (4, 5). In a layered crystal 0 and 2 point along the two
    in-plane M...M directions (`LayeredPerovskite.in_plane_axes`), 1 and 3 against them, 4 along the slab
    normal and 5 against it; in a 3D network the three pairs follow the pseudo-cubic axes; in a network without axes
    each octahedron has its own, right-handed.

    Attributes
    ----------
    metal : ndarray of int, shape (k,)
        Site of each metal.
    ligand : ndarray of int, shape (k, 6)
        Sites of the halides.
    image : ndarray of int, shape (k, 6, 3)
        Lattice translation of each halide relative to the metal as it stands in the structure.
    vectors : ndarray, shape (k, 6, 3)
        Metal-to-halide vectors, Å.
    centre : ndarray, shape (k, 3)
        Metal positions as they stand in the structure, Å.
    bridging : ndarray of bool, shape (k, 6)
        Whether the halide is shared with another octahedron; others are terminal.
    """

    metal: NDArray[np.int64]
    ligand: NDArray[np.int64]
    image: NDArray[np.int64]
    vectors: NDArray[np.float64]
    centre: NDArray[np.float64]
    bridging: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.metal)

    @property
    def bond_lengths(self) -> NDArray[np.float64]:
        """Metal-halide distances, Å, shape (k, 6)."""
        return np.linalg.norm(self.vectors, axis=2)


@dataclass(frozen=True, eq=False)
class Bridges:
    """Halides shared by two metals (M-X-M), ``b`` of them.

    Attributes
    ----------
    halide : ndarray of int, shape (b,)
        Site of the shared halide.
    octahedron : ndarray of int, shape (b, 2)
        The two octahedra (indices into `Octahedra`).
    ligand : ndarray of int, shape (b, 2)
        Which ligand (0 to 5) of each octahedron the halide is.
    image : ndarray of int, shape (b, 3)
        Lattice translation of the second metal relative to the first, both as they stand in the structure.
    vectors : ndarray, shape (b, 2, 3)
        From the halide to each metal, Å.
    axial : ndarray of bool, shape (b,)
        True between sheets of one slab (or along the third pseudo-cubic axis of a 3D network), False within a
        sheet; without meaning in a network without axes.
    """

    halide: NDArray[np.int64]
    octahedron: NDArray[np.int64]
    ligand: NDArray[np.int64]
    image: NDArray[np.int64]
    vectors: NDArray[np.float64]
    axial: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.halide)


@dataclass(frozen=True, eq=False)
class Slab:
    """One perovskite slab: ``n`` corner-sharing sheets, bottom to top along the normal.

    Attributes
    ----------
    sheets : tuple of tuple of int
        Octahedra of each sheet, lowest sheet first.
    image : dict of int to ndarray
        Lattice translation per octahedron that puts the slab together along the normal.
    metal_heights : ndarray, shape (n,)
        Mean height of the metals of each sheet along the normal, Å.
    terminal_heights : tuple of float
        Mean heights of the bottom and top planes of terminal halides, Å.
    """

    sheets: tuple[tuple[int, ...], ...]
    image: dict[int, NDArray[np.int64]]
    metal_heights: NDArray[np.float64]
    terminal_heights: tuple[float, float]

    @property
    def n_layers(self) -> int:
        """Number of sheets."""
        return len(self.sheets)

    @property
    def octahedra(self) -> tuple[int, ...]:
        """All octahedra of the slab."""
        return tuple(i for sheet in self.sheets for i in sheet)


@dataclass(frozen=True, eq=False)
class Molecule:
    """One molecule or monatomic ion of the organic part, made whole across cell boundaries.

    Attributes
    ----------
    sites : ndarray of int, shape (m,)
        Its sites, heavy atoms and hydrogens.
    coordinates : ndarray, shape (m, 3)
        Unwrapped Cartesian coordinates, Å.
    symbols : tuple of str
        Element of each atom.
    smiles : str
        Canonical SMILES with charges (and stereo where the coordinates show it).
    charge : int
        Formal charge.
    role : {"spacer", "cage", "guest"}
        Between slabs (any cation of a network without axes), in a cage of corner-sharing octahedra, or neutral.
    ammonium : tuple of int
        Positions (into `sites`) of the charged nitrogens; for amidinium and guanidinium all their nitrogens.
    bonds : ndarray of int, shape (l, 2)
        Bonded pairs (positions into `sites`).
    hydrogens_complete : bool
        False where the file lacks hydrogens.
    mol : rdkit.Chem.Mol
        Atoms in the order of `sites`, hydrogens explicit; shared by equal molecules, no conformer: do not
        change it.
    """

    sites: NDArray[np.int64]
    coordinates: NDArray[np.float64]
    symbols: tuple[str, ...]
    smiles: str
    charge: int
    role: Role
    ammonium: tuple[int, ...]
    bonds: NDArray[np.int64]
    hydrogens_complete: bool = True
    mol: Any = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.sites)

    @property
    def formula(self) -> str:
        """Formula with the ammonium groups written out, such as ``C4H9NH3``."""
        return molecule_formula(self.symbols, self.bonds.tolist(), self.charge)


@dataclass(frozen=True, eq=False, repr=False)
class LayeredPerovskite:
    """A perovskite crystal, layered (2D) or a 3D network, perceived once.

    Attributes
    ----------
    structure : pymatgen.core.Structure
        The crystal as read.
    octahedra, bridges : Octahedra, Bridges
        The inorganic framework.
    slabs : tuple of Slab
        Slabs in order along the normal; empty for a 3D network and for one without axes.
    molecules : tuple of Molecule
        Organic cations, inorganic A cations (Cs, Rb, ...) and neutral guests.
    dimensionality : {0, 1, 2, 3}
        Of the corner-sharing network; 2 or 3 for perovskites, see `framed`.
    normal : ndarray, shape (3,)
        Unit normal of the least-squares metal planes; third pseudo-cubic axis of a 3D network; NaN without axes.
    in_plane_axes : ndarray, shape (2, 3)
        Unit vectors along the two independent M...M directions of a sheet; NaN without axes.
    repeat_height : float
        Height of one stacking period along the normal, Å (2D only, else nan).
    phase : str
        Family by the cations between the slabs: ``"RP"`` (one charge each), ``"DJ"`` (two), ``"ACI"`` (two kinds, one
        of which fills cages elsewhere), ``"mixed"``, ``"unknown"``; ``"sheet in vacuum"``; ``"3D"`` for networks; what
        the octahedra form where that has no axes, such as ``"2D corner-sharing (110)"``.
    warnings : tuple of str
        What a reader should know about the perception.
    source : str or None
        File the crystal came from.
    layer_shifts : ndarray, shape (s, 2)
        In-plane offset of each slab and the one above it, see `perovex.crystal.layer_shifts`.
    stacking : str
        ``"eclipsed"``, ``"staggered"`` or ``"intermediate"``, by the layer shifts; empty where nothing is stacked.
    vacuum : float
        Å along the normal that are empty where slabs stand in vacuum, else 0.
    """

    structure: Structure
    octahedra: Octahedra
    bridges: Bridges
    slabs: tuple[Slab, ...]
    molecules: tuple[Molecule, ...]
    dimensionality: Dimensionality
    normal: NDArray[np.float64]
    in_plane_axes: NDArray[np.float64]
    repeat_height: float
    phase: str
    warnings: tuple[str, ...] = ()
    source: str | None = None
    layer_shifts: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 2)))
    stacking: str = ""
    vacuum: float = 0.0

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """Element of each site."""
        species = [site.species for site in self.structure.sites]
        distinct = {id(s): s for s in species}
        symbol_of = {key: next(iter(s)).symbol for key, s in distinct.items()}
        return tuple(symbol_of[id(s)] for s in species)

    def changed(self, **fields: Any) -> LayeredPerovskite:
        """Return a copy with other fields and the same elements on its sites, which are not looked up again.

        Parameters
        ----------
        **fields
            Attributes that differ.

        Examples
        --------
        >>> from perovex.crystal import perceive
        >>> from perovex.crystal.examples import layered
        >>> crystal = perceive(layered(n=1, spacer="MA"))
        >>> other = crystal.changed(source="ma.cif")
        >>> other.source, other.symbols is crystal.symbols
        ('ma.cif', True)
        """
        copy = replace(self, **fields)
        copy.__dict__["symbols"] = self.symbols
        return copy

    @property
    def framed(self) -> bool:
        """Whether the network has axes: (100) sheets have, and 3D perovskites; isolated octahedra, chains have not."""
        return bool(np.isfinite(self.normal).all())

    @property
    def n_layers(self) -> float:
        """Sheets per slab; ``inf`` for a 3D network; the mean where slabs differ; ``nan`` without axes."""
        if not self.framed:
            return math.nan
        if self.dimensionality == 3:
            return math.inf
        return float(np.mean([slab.n_layers for slab in self.slabs]))

    @property
    def metals(self) -> tuple[str, ...]:
        """Distinct metals, alphabetical."""
        return tuple(sorted({self.symbols[i] for i in self.octahedra.metal.tolist()}))

    @property
    def halides(self) -> tuple[str, ...]:
        """Distinct halides of the octahedra, alphabetical."""
        return tuple(sorted({self.symbols[i] for i in self.octahedra.ligand.ravel().tolist()}))

    @property
    def spacers(self) -> tuple[Molecule, ...]:
        """Cations between slabs."""
        return tuple(m for m in self.molecules if m.role == "spacer")

    @property
    def cage_cations(self) -> tuple[Molecule, ...]:
        """Cations inside the perovskite cages."""
        return tuple(m for m in self.molecules if m.role == "cage")

    @property
    def spacer_smiles(self) -> str:
        """Distinct spacer SMILES, joined by a dot; empty for a 3D network."""
        return ".".join(sorted({m.smiles for m in self.spacers}))

    @property
    def formula(self) -> str:
        """Formula with its cations told apart, such as ``(C4H9NH3)2PbI4``: spacers, cages, metals, halides, guests.

        Examples
        --------
        >>> from perovex.crystal import perceive
        >>> from perovex.crystal.examples import cubic
        >>> perceive(cubic()).formula
        'CsPbI3'
        """
        molecules: dict[str, Counter[str]] = {role: Counter() for role in ("spacer", "cage", "guest")}
        for molecule in self.molecules:
            molecules[molecule.role][molecule.formula] += 1
        molecular = {site for molecule in self.molecules for site in molecule.sites.tolist()}
        frame = Counter(symbol for site, symbol in enumerate(self.symbols) if site not in molecular)
        metals = {symbol: count for symbol, count in frame.items() if symbol in self.metals}
        others = {symbol: count for symbol, count in frame.items() if symbol not in self.metals}
        return joined([molecules["spacer"], molecules["cage"], metals, others, molecules["guest"]])

    def __repr__(self) -> str:
        sheets = self.phase
        if self.slabs:
            sheets = ", ".join(filter(None, [f"n={self.n_layers:g}", self.phase, self.stacking]))
        note = f", {len(self.warnings)} warnings" if self.warnings else ""
        return f"<LayeredPerovskite {self.formula}: {sheets}, {len(self.octahedra)} octahedra{note}>"

    def _repr_html_(self) -> str:
        from perovex.crystal.drawing import summary_html

        return summary_html(self)
