"""One candidate of a search: how it is made, and what became of it."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perovex._files import write_atomic
from perovex.errors import SearchError
from perovex.minima.compound import Compound
from perovex.minima.fingerprint import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ase import Atoms
    from pymatgen.core import Structure

MINIMUM = "minimum"
OTHER_COMPOUND = "other compound"
NOT_CONVERGED = "not converged"
FAILED = "failed"
#: Begins the origin of a crystal that a search made; the origin of the first crystal of its line follows.
MADE_FROM = "made by a search, its line begins with: "
#: Parent of a candidate that no other crystal lends anything to, and its origin.
FROM_NOTHING, BUILT = "", "built from its composition"


@dataclass(frozen=True)
class Candidate:
    """A crystal to relax, not made yet.

    Attributes
    ----------
    compound : Compound
        What it should be.
    strategy : str
        Who proposes it.
    parent : str
        Identifier of the candidate whose relaxed crystal it is made from, or the name of a given crystal or of one that
        lends its pattern; empty for one that is made from nothing.
    make : callable
        Makes the crystal; may raise a PerovexError, which ends this candidate alone.
    parameters : mapping
        JSON-able; tells candidates of one parent apart.
    new_pattern : bool
        Whether it begins a line of its own: rearranged, not the pattern of its parent with other elements or sheets.
        A compound that tried the parent's pattern may then borrow this one.
    """

    compound: Compound
    strategy: str
    parent: str
    make: Callable[[], Structure] = field(compare=False)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    new_pattern: bool = False

    @property
    def id(self) -> str:
        """Name of the record: the same for the same candidate in every run."""
        text = json.dumps([self.parent, dict(self.parameters)], sort_keys=True)
        return f"{self.compound.name}_{self.strategy}_{hashlib.sha256(text.encode()).hexdigest()[:8]}"


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of a candidate.

    Attributes
    ----------
    record : dict
        JSON-able; keys ``id``, ``compound``, ``strategy``, ``parent``, ``parameters``, ``status``, ``reason``, and of a
        relaxed crystal ``energy_per_metal_eV``, ``volume_per_metal_A3``, ``space_group``, ``phase``, ``calls``...
    atoms : ase.Atoms, optional
        The relaxed crystal.
    """

    record: dict[str, Any]
    atoms: Atoms | None = None

    @cached_property
    def compound(self) -> Compound:
        """What it should be (of a minimum: what it is)."""
        return Compound.from_record(self.record["compound"])

    @property
    def id(self) -> str:
        """Name of the record."""
        return str(self.record["id"])

    @property
    def is_minimum(self) -> bool:
        """Whether the crystal relaxed and is still the compound it should be."""
        return bool(self.record["status"] == MINIMUM)

    @property
    def energy(self) -> float:
        """Potential energy per metal, eV."""
        return float(self.record["energy_per_metal_eV"])

    @cached_property
    def structure(self) -> Structure:
        """The relaxed crystal."""
        from pymatgen.core import Structure

        assert self.atoms is not None
        return Structure(
            self.atoms.cell.array, self.atoms.get_chemical_symbols(), self.atoms.positions, coords_are_cartesian=True
        )

    @cached_property
    def fingerprint(self) -> Any:
        """See `perovex.minima.fingerprint.fingerprint`."""
        return fingerprint(self.atoms)


class OutcomeStore:
    """Outcomes by identifier, in a folder (one JSON and one extxyz each) or in memory only.

    Parameters
    ----------
    folder : path, optional
        Made if needed. Other processes may write there, too: `refresh` reads what they added.
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        self.folder = None if folder is None else Path(folder)
        self._outcomes: dict[str, Outcome] = {}
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.refresh()

    def refresh(self) -> None:
        """Read records that are not known yet.

        Raises
        ------
        SearchError
            If a record is broken.
        """
        if self.folder is None:
            return
        for path in sorted(self.folder.glob("*.json")):
            if path.stem not in self._outcomes:
                self._outcomes[path.stem] = _read(path)

    def add(self, outcome: Outcome) -> None:
        """Keep an outcome; the crystal is written before the record, so that a record always has its crystal."""
        if self.folder is not None:
            if outcome.atoms is not None:
                import ase.io

                text = io.StringIO()
                ase.io.write(text, outcome.atoms, format="extxyz")
                write_atomic(self.folder / f"{outcome.id}.extxyz", text.getvalue().encode())
            line = json.dumps(outcome.record, allow_nan=False, default=float)
            write_atomic(self.folder / f"{outcome.id}.json", (line + "\n").encode())
        self._outcomes[outcome.id] = outcome

    def __contains__(self, identifier: object) -> bool:
        return identifier in self._outcomes

    def __len__(self) -> int:
        return len(self._outcomes)

    def __getitem__(self, identifier: str) -> Outcome:
        return self._outcomes[identifier]

    def all(self) -> list[Outcome]:
        """Every outcome, by identifier."""
        return [self._outcomes[key] for key in sorted(self._outcomes)]


def _read(path: Path) -> Outcome:
    import ase.io

    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        Compound.from_record(record["compound"])
        record.setdefault("number", 0)
        geometry, atoms = path.with_suffix(".extxyz"), None
        if geometry.is_file():
            with geometry.open(encoding="utf-8") as handle:
                atoms = ase.io.read(handle, format="extxyz")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SearchError(
            f"not a record of a candidate: {error}", remedy="remove it and run again", source=path
        ) from error
    return Outcome(record, atoms)
