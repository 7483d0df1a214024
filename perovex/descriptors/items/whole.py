"""What names a crystal as a whole: composition of its framework, stacking, tilt system, order of two metals."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex.descriptors.items.glazer import TOLERANCE, glazer_symbol

if TYPE_CHECKING:
    from perovex.crystal.model import LayeredPerovskite

ORDERED = 0.9
"""Share of bridges between unlike metals above which two metals alternate (rock salt, chequerboard in a sheet)."""


def metal_order(crystal: LayeredPerovskite) -> str:
    """Name how two metals are arranged.

    Parameters
    ----------
    crystal : LayeredPerovskite

    Returns
    -------
    str
        Empty for one metal; ``"alternating"`` where nearly every bridge joins unlike metals (rock-salt order of a
        double perovskite), ``"separate slabs"``, ``"separate sheets"``, or ``"mixed"``.

    Examples
    --------
    >>> from perovex.crystal import perceive
    >>> from perovex.crystal.examples import cubic
    >>> metal_order(perceive(cubic()))
    ''
    """
    metals = np.array([crystal.symbols[k] for k in crystal.octahedra.metal.tolist()])
    if len(set(metals)) < 2:
        return ""
    ends = metals[crystal.bridges.octahedron]
    if np.mean(ends[:, 0] != ends[:, 1]) > ORDERED:
        return "alternating"
    if crystal.slabs and all(len(set(metals[list(slab.octahedra)])) == 1 for slab in crystal.slabs):
        return "separate slabs"
    if crystal.slabs and all(len(set(metals[list(s)])) == 1 for slab in crystal.slabs for s in slab.sheets):
        return "separate sheets"
    return "mixed"


def per_crystal(crystal: LayeredPerovskite, tolerance: float = TOLERANCE) -> pd.DataFrame:
    """One row: names of the crystal, with what decides them.

    Parameters
    ----------
    crystal : LayeredPerovskite
    tolerance : float
        Of Glazer's symbol, deg.

    Returns
    -------
    DataFrame
        ``metals`` and ``halides`` with their numbers, ``metal_order``, ``n_layers``, ``phase``, ``glazer`` with
        ``glazer_tolerance``, tilts (root mean square, deg) and phases about the three axes, bond lengths by metal.
    """
    tilts = glazer_symbol(crystal, tolerance)
    sites = [crystal.symbols[k] for k in crystal.octahedra.metal.tolist()]
    halides = [crystal.symbols[k] for k in np.unique(crystal.octahedra.ligand).tolist()]
    row: dict[str, Any] = {
        "metals": _counted(sites),
        "halides": _counted(halides),
        "metal_order": metal_order(crystal),
        "n_layers": crystal.n_layers,
        "phase": crystal.phase,
        "glazer": tilts.symbol,
        "glazer_tolerance": tilts.tolerance,
    }
    for axis, tilt, phase in zip(("a", "b", "normal"), tilts.tilts, tilts.phases, strict=True):
        row |= {f"tilt_{axis}_rms": tilt, f"tilt_{axis}_phase": phase}
    lengths = crystal.octahedra.bond_lengths.mean(axis=1)
    for metal in dict.fromkeys(sites):
        row[f"bond_length_mean_{metal}"] = float(lengths[np.array(sites) == metal].mean())
    return pd.DataFrame([row])


def _counted(symbols: list[str]) -> str:
    return " ".join(f"{symbol}{count}" for symbol, count in sorted(Counter(symbols).items()))
