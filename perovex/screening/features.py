"""Columns of rung (a): what can be told of a compound from the graph of its spacer and its composition."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from perovex.building.halides import read_halides
from perovex.crystal.radii import METAL_RADII
from perovex.descriptors.molecule import molecule_descriptors
from perovex.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Descriptors of the spacer. Left out are those that nearly repeat another (the largest STEI and eccentricity over all
#: nitrogens, TSEI, molar mass) and stereocentres: enantiomers and racemates count as one compound.
MOLECULE: Final = (
    "stei_head", "stei_min_head", "eccentricity_head", "ammonium_primary_count", "ammonium_secondary_count",
    "ammonium_tertiary_count", "ammonium_quaternary_count", "ammonium_cyclic_count", "ammonium_aromatic_count",
    "ammonium_amidinium_count", "ammonium_guanidinium_count", "charge", "rotatable_bonds", "ring_count",
    "aromatic_rings", "fluorine_count", "hydrogen_bond_donors", "hydrogen_bond_acceptors", "heavy_atoms",
    "carbon_count", "cation_volume",
)  # fmt: skip
#: Descriptors of the composition.
COMPOSITION: Final = ("metal_radius", "halide_radius", "inverse_n_layers")
FEATURES: Final = (*MOLECULE, *COMPOSITION)


def spacer_values(smiles: str) -> list[float]:
    """Return the values of `MOLECULE`, means over the molecules where several are joined by dots.

    Parameters
    ----------
    smiles : str

    Raises
    ------
    SmilesError
        The string cannot be read.

    Examples
    --------
    >>> dict(zip(MOLECULE, spacer_values("CCCC[NH3+]"), strict=True))["eccentricity_head"]
    4.0
    """
    parts = [molecule_descriptors(part, MOLECULE) for part in smiles.split(".")]
    if len(parts) == 1:
        return [parts[0][key] for key in MOLECULE]
    return [float(np.mean([part[key] for part in parts])) for key in MOLECULE]


def composition_values(metal: str, halide: str, n: float) -> list[float]:
    """Return the values of `COMPOSITION`.

    Parameters
    ----------
    metal : str
        Element symbol, or two that share the octahedra, joined by a dot (``Ag.Bi``), whose mean radius counts.
    halide : str
        Element symbol, or a mixture, whose mean radius counts.
    n : float
        Sheets per slab.

    Raises
    ------
    BuildError
        An element without a radius in this role, or n below one.

    Examples
    --------
    >>> composition_values("Pb", "I", 2)
    [1.19, 2.2, 0.5]
    """
    if not n >= 1:
        raise BuildError(f"n = {n}: a slab has at least one sheet")
    return [_metal_radius(metal), read_halides(halide).radius(n), 1.0 / n]


def _metal_radius(metal: str) -> float:
    """Mean radius of the metals, in Å."""
    symbols = metal.split(".")
    unknown = [symbol for symbol in symbols if symbol not in METAL_RADII]
    if unknown:
        raise BuildError(f"unknown metal {unknown[0]!r}", remedy=f"known are {', '.join(METAL_RADII)}")
    return sum(METAL_RADII[symbol] for symbol in symbols) / len(symbols)


def feature_table(compounds: pd.DataFrame) -> pd.DataFrame:
    """Describe compounds row by row.

    Parameters
    ----------
    compounds : DataFrame
        Columns ``smiles``, ``metal``, ``halide``, ``n``.

    Returns
    -------
    DataFrame, shape (n_compounds, n_features)
        Columns `FEATURES`, index as given.

    Raises
    ------
    SmilesError, BuildError
        As `spacer_values` and `composition_values`.

    Examples
    --------
    >>> compounds = pd.DataFrame({"smiles": ["CCCC[NH3+]"], "metal": ["Pb"], "halide": ["I"], "n": [1]})
    >>> feature_table(compounds)[["charge", "carbon_count", "halide_radius"]].values.tolist()
    [[1.0, 4.0, 2.2]]
    """
    rows = [
        spacer_values(smiles) + composition_values(metal, halide, n)
        for smiles, metal, halide, n in compounds[["smiles", "metal", "halide", "n"]].itertuples(index=False)
    ]
    return pd.DataFrame(np.array(rows, dtype=float).reshape(-1, len(FEATURES)), compounds.index, list(FEATURES))


def crossed(spacers: Sequence[str], compositions: Iterable[tuple[str, str, int]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Describe every spacer with every composition; each spacer is described once.

    Parameters
    ----------
    spacers : sequence of str
        SMILES, readable.
    compositions : iterable of (metal, halide, n)

    Returns
    -------
    compounds, features : DataFrame
        Columns ``smiles``, ``metal``, ``halide``, ``n``; and `FEATURES`, rows alike, spacer by spacer.

    Raises
    ------
    SmilesError, BuildError
        As `spacer_values` and `composition_values`.

    Examples
    --------
    >>> compounds, features = crossed(["CCC[NH3+]", "CCCC[NH3+]"], [("Pb", "I", 1), ("Sn", "Br", 2)])
    >>> len(compounds), features.shape == (4, len(FEATURES))
    (4, True)
    """
    compositions = list(compositions)
    of_spacers = np.array([spacer_values(smiles) for smiles in spacers], dtype=float)
    of_compositions = np.array([composition_values(*composition) for composition in compositions], dtype=float)
    # reshaped because an empty list makes an array without columns
    of_spacers = of_spacers.reshape(-1, len(MOLECULE))
    of_compositions = of_compositions.reshape(-1, len(COMPOSITION))
    spacer_columns = np.repeat(of_spacers, len(compositions), axis=0)
    composition_columns = np.tile(of_compositions, (len(spacers), 1))
    features = pd.DataFrame(np.hstack([spacer_columns, composition_columns]), columns=list(FEATURES))
    rows = [(smiles, *composition) for smiles, composition in product(spacers, compositions)]
    compounds = pd.DataFrame(rows, columns=["smiles", "metal", "halide", "n"])
    return compounds, features
