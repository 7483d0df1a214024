"""One crystal in, one row of named numbers out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

# Importing a family module registers it; the order here is of no consequence.
from perovex.descriptors import bridges, cation, composition, hydrogen_bonds, layers, octahedra, tilts  # noqa: F401
from perovex.descriptors.registry import REGISTRY
from perovex.errors import MissingHydrogensError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perovex.crystal.model import LayeredPerovskite

__all__ = ["describe", "missing_hydrogens", "row"]

NEEDS_HYDROGENS = ("hydrogen_bonds", "cation")
"""Families that rest on the hydrogens of the molecules."""


def row(crystal: LayeredPerovskite, families: Iterable[str] | str | None = None) -> dict[str, float]:
    """Compute the descriptors of a perceived crystal as a plain mapping.

    Parameters
    ----------
    crystal : LayeredPerovskite
        Perceived crystal.
    families : str or iterable of str, optional
        Families to compute; all by default.

    Returns
    -------
    dict of str to float
        In the order of the registry; NaN where undefined.

    Raises
    ------
    UnknownDescriptorError
        A family is unknown.
    """
    values: dict[str, float] = {}
    with np.errstate(all="ignore"):  # an undefined value is NaN and no reason to warn
        for compute in REGISTRY.computes(families, framed=crystal.framed):
            values.update(compute(crystal))
    keys = REGISTRY.keys_of(families)
    if not crystal.framed:
        values |= {key: np.nan for key in keys if REGISTRY[key].needs_frame}
    return {key: float(values[key]) for key in keys}


def missing_hydrogens(
    crystal: LayeredPerovskite, families: Iterable[str] | str | None = None
) -> MissingHydrogensError | None:
    """Return the error that names what cannot be computed because the file lacks hydrogens, or None.

    Parameters
    ----------
    crystal : LayeredPerovskite
        Perceived crystal.
    families : str or iterable of str, optional
        Families that were asked for; all by default.
    """
    if all(molecule.hydrogens_complete for molecule in crystal.molecules):
        return None
    refused = [name for name in REGISTRY.families(families) if name in NEEDS_HYDROGENS]
    if not refused:
        return None
    return MissingHydrogensError(
        f"hydrogens are missing, so these descriptors are undefined or a guess: {', '.join(refused)}",
        remedy="add hydrogens, or ask for other families",
        source=crystal.source,
    )


def describe(obj: Any, *, families: Iterable[str] | str | None = None, disorder: str = "error") -> pd.Series:
    """Describe one crystal by named numbers.

    Parameters
    ----------
    obj : path, pymatgen Structure, ase Atoms or LayeredPerovskite
        The crystal; anything but a perceived crystal is perceived first.
    families : str or iterable of str, optional
        Families to compute (see `perovex.descriptors.FAMILIES`); all by default.
    disorder : {"error", "major"}
        What to do about partial occupancy, see `perovex.read`.

    Returns
    -------
    pandas.Series
        Index: keys of `perovex.descriptors.REGISTRY`; its name is the file or the formula. NaN where
        undefined; `n_layers` is inf for a 3D network. Of isolated or corner-sharing octahedra that form neither (100)
        sheets nor a 3D perovskite everything that needs their axes is (see `Descriptor.needs_frame`).

    Raises
    ------
    StructureFileError
        The file cannot be read.
    PerceptionError
        There are no octahedra, or they share edges or faces.
    UnknownDescriptorError
        A family is unknown.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> import perovex.descriptors as descriptors
    >>> halides = [[0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]]
    >>> cubic = Structure(Lattice.cubic(5.9), ["Cs", "Pb", *3 * ["Br"]], [[0.5] * 3, [0] * 3, *halides])
    >>> row = descriptors.describe(cubic, families=["octahedra", "bridges"])
    >>> float(row["bond_length_mean"].round(3)), float(row["bridge_angle_mean"].round(3))
    (2.95, 180.0)
    """
    from perovex.crystal import perceive

    crystal = perceive(obj, disorder=disorder, framed=False)
    name = crystal.source or crystal.formula
    return pd.Series(row(crystal, families), name=name, dtype=float)
