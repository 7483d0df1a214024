"""What compound a crystal is: its formula as a chemist writes it, spacer, metal, halide, n, stacking, cage cation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from perovex.crystal.model import LayeredPerovskite

#: What `identity` tells.
FACTS: Final = ("formula", "smiles", "dimensionality", "n", "metal", "halide", "phase", "stacking", "cage")


def identity(crystal: LayeredPerovskite) -> dict[str, Any]:
    """Name the compound of a crystal.

    Parameters
    ----------
    crystal : LayeredPerovskite

    Returns
    -------
    dict
        ``formula``, ``smiles`` (of the spacers, joined by dots), ``dimensionality``, ``n``, ``metal`` and ``halide``
        (several joined by slashes), ``phase``, ``stacking``, ``cage`` (SMILES; empty where there are no cages).

    Examples
    --------
    >>> from perovex.crystal import perceive
    >>> from perovex.crystal.examples import cubic
    >>> identity(perceive(cubic()))["cage"]
    '[Cs+]'
    """
    return {
        "formula": crystal.formula,
        "smiles": crystal.spacer_smiles,
        "dimensionality": crystal.dimensionality,
        "n": crystal.n_layers,
        "metal": "/".join(crystal.metals),
        "halide": "/".join(crystal.halides),
        "phase": crystal.phase,
        "stacking": crystal.stacking,
        "cage": ".".join(sorted({molecule.smiles for molecule in crystal.cage_cations})),
    }
