"""What makes two crystals minima of one compound: metal, halide, n, and the molecules up to handedness."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from rdkit import Chem
from rdkit.Chem.rdMolDescriptors import CalcMolFormula

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perovex.crystal import LayeredPerovskite


@dataclass(frozen=True, order=True)
class Compound:
    """Composition and connectivity; stacking, tilts and conformations are what the minima of a compound differ in.

    Attributes
    ----------
    spacers, cages, guests : str
        Distinct SMILES joined by dots, each set the same for a crystal and its mirror image.
    metals, halides : str
        Of the octahedra, alphabetical, joined by dots.
    n_layers : float
        Sheets per slab; ``inf`` for a 3D network.

    Examples
    --------
    >>> from perovex.crystal import perceive
    >>> from perovex.crystal.examples import cubic
    >>> Compound.of(perceive(cubic("Pb", "I", "Cs"))).name
    'Cs_PbI_3D'
    """

    spacers: str
    cages: str
    guests: str
    metals: str
    halides: str
    n_layers: float

    @classmethod
    def of(cls, crystal: LayeredPerovskite) -> Compound:
        """Compound of a perceived crystal."""
        molecules: dict[str, list[str]] = {"spacer": [], "cage": [], "guest": []}
        for molecule in crystal.molecules:
            molecules[molecule.role].append(molecule.smiles)
        spacers, cages, guests = (without_hand(tuple(sorted(set(kind)))) for kind in molecules.values())
        return cls(spacers, cages, guests, ".".join(crystal.metals), ".".join(crystal.halides), crystal.n_layers)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Compound:
        """Read what `to_record` wrote."""
        return cls(**{**record, "n_layers": float(record["n_layers"])})

    def to_record(self) -> dict[str, Any]:
        """JSON-able dictionary."""
        return asdict(self) | {"n_layers": "inf" if math.isinf(self.n_layers) else self.n_layers}

    @property
    def family(self) -> str:
        """Compounds that lend each other patterns: same molecules between slabs, or in the cages of a 3D network."""
        return f"3D {self.cages}" if math.isinf(self.n_layers) else f"{self.spacers} {self.guests}".strip()

    @property
    def name(self) -> str:
        """Short name for files: formula of the spacers, octahedra, n, and a hash that tells isomers apart."""
        octahedra = (self.metals + self.halides).replace(".", "")
        if math.isinf(self.n_layers):
            return f"{_formula(self.cages)}_{octahedra}_3D"
        told_apart = hashlib.sha256(f"{self.spacers}|{self.cages}|{self.guests}".encode()).hexdigest()[:6]
        return f"{_formula(self.spacers)}_{octahedra}_n{self.n_layers:g}_{told_apart}"

    @property
    def is_mixed(self) -> bool:
        """Whether spacers, cage cations, metals or halides are of several kinds."""
        return "." in self.spacers + self.cages + self.metals + self.halides

    def differences(self, other: Compound) -> list[str]:
        """Say in which parts another compound differs.

        Examples
        --------
        >>> from dataclasses import replace
        >>> iodide = Compound("", "[Cs+]", "", "Pb", "I", math.inf)
        >>> iodide.differences(replace(iodide, halides="Br"))
        ["halides: 'Br', not 'I'"]
        """
        return [
            f"{part.name}: {getattr(other, part.name)!r}, not {getattr(self, part.name)!r}"
            for part in fields(self)
            if getattr(self, part.name) != getattr(other, part.name)
        ]


@lru_cache(maxsize=4096)
def without_hand(smiles: tuple[str, ...]) -> str:
    """Join distinct SMILES such that a set of molecules and its mirror image read the same.

    Examples
    --------
    >>> without_hand(("C[C@H]([NH3+])CC",)) == without_hand(("C[C@@H]([NH3+])CC",))
    True
    """
    return min(_joined(smiles), _joined(tuple(_mirrored(s) for s in smiles)))


def _joined(smiles: tuple[str, ...]) -> str:
    canonical = {Chem.CanonSmiles(s) if Chem.MolFromSmiles(s) is not None else s for s in smiles}
    return ".".join(sorted(canonical))


def _mirrored(smiles: str) -> str:
    return smiles.replace("@@", "\0").replace("@", "@@").replace("\0", "@")


def _formula(smiles: str) -> str:
    """Sum formula of one of each molecule, without charges."""
    total: Counter[str] = Counter()
    for part in smiles.split("."):
        mol = Chem.MolFromSmiles(part)
        if mol is not None:
            total[CalcMolFormula(mol).split("+")[0].split("-")[0]] += 1
    return "".join(sorted(total)) or "none"
