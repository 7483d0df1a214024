"""Every error that perovex raises on purpose.

Each one names what was being read, what is wrong with it and what the user can do. They all derive from
`PerovexError`, so that a batch can catch one class and turn a bad input into one row.
"""

from __future__ import annotations

from typing import Any


class PerovexError(Exception):
    """Base of all errors raised on purpose.

    Parameters
    ----------
    cause : str
        What is wrong, in one clause.
    remedy : str, optional
        What the user can do about it.
    source : object, optional
        File or object that is at fault; a path is printed first.
    """

    def __init__(self, cause: str, *, remedy: str = "", source: Any = None) -> None:
        self.cause = cause
        self.remedy = remedy
        self.source = None if source is None else str(source)
        super().__init__(self._text())

    def _text(self) -> str:
        head = f"{self.source}: " if self.source else ""
        tail = f" ({self.remedy})" if self.remedy else ""
        return f"{head}{self.cause}{tail}"

    def __str__(self) -> str:
        return self._text()

    @property
    def kind(self) -> str:
        """Name of the error class, as printed in tables."""
        return type(self).__name__

    def at(self, source: object) -> PerovexError:
        """Return the same error, naming `source` if it named none."""
        if self.source is None and source is not None:
            self.source = str(source)
        return self

    def __reduce__(self) -> tuple[Any, ...]:  # keyword arguments must survive joblib's pickling
        return (_rebuild, (type(self), self.cause, self.remedy, self.source))


def _rebuild(cls: type[PerovexError], cause: str, remedy: str, source: str | None) -> PerovexError:
    return cls(cause, remedy=remedy, source=source)


class StructureFileError(PerovexError):
    """A structure file is missing, unreadable, empty or in an unknown format."""


class DisorderError(StructureFileError):
    """Partial occupancy: the file does not describe one crystal."""


class UnreasonableCellError(StructureFileError):
    """The cell is degenerate or so large that nothing sensible can be computed."""


class PerceptionError(PerovexError):
    """The structure could be read but not perceived as a perovskite."""


class NoOctahedraError(PerceptionError):
    """No metal with six halides around it."""


class TopologyError(PerceptionError):
    """Octahedra exist, but not as a corner-sharing 2D or 3D network (0D, 1D, edge- or face-sharing...).

    Attributes
    ----------
    topology : str
        What was found instead, such as ``"1D face-sharing"`` or ``"0D isolated"``.
    """

    topology: str = ""

    def named(self, topology: str) -> TopologyError:
        """Return the same error, carrying the name of the topology."""
        self.topology = topology
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return (*super().__reduce__(), {"topology": self.topology})


class MoleculeError(PerceptionError):
    """The organic part makes no sense: broken molecule, valence or charge."""


class MissingHydrogensError(MoleculeError):
    """Hydrogens are missing from the organic part."""


class SmilesError(PerovexError):
    """A SMILES string cannot be read or lacks the atom that a descriptor needs."""


class UnknownDescriptorError(PerovexError):
    """A descriptor key or family that the registry does not know."""


class DatasetError(PerovexError):
    """A data folder or table breaks the schema, its checksum, or is empty."""


class ModelInputError(PerovexError):
    """Table or target that a model cannot be trained on or applied to."""


class TooFewGroupsError(ModelInputError):
    """Too few groups (spacers) in training for what is asked, such as the coverage of an interval."""


class ModelFileError(PerovexError):
    """A model folder is missing, foreign, truncated or tampered with."""


class ElasticityError(PerovexError):
    """A tensor that is not an elastic tensor (shape, symmetry, singular)."""


class LabelError(PerovexError):
    """A label could not be computed: missing potential, no convergence, broken record."""


class BuildError(PerovexError):
    """A crystal could not be built as asked."""


class ClaimError(PerovexError):
    """A claims file that cannot be understood."""


class ModelTableError(ModelInputError, ValueError):
    """A `ModelInputError` about values of a table; also a `ValueError`, as scikit-learn's conventions ask."""


class ExplanationError(PerovexError):
    """A model or table that cannot be explained as asked."""


class CoordinationError(PerceptionError):
    """Some metals have six halides around them, others have not."""


class SearchError(PerovexError):
    """A search for minima that cannot start or go on: unknown strategy, broken record."""
