"""Everything along chosen directions: moduli, the range of what a second direction decides, and the three waves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex.elasticity.properties.directional import compressibility, second_extremes, youngs
from perovex.elasticity.properties.strain_energy import energy_density, stress
from perovex.elasticity.properties.waves import christoffel
from perovex.elasticity.voigt import unit_directions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from perovex.elasticity.tensor import ElasticTensor

CARTESIAN = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}
"""Directions where nothing better is known."""
MODES = ("slow", "middle", "fast")


def directions_table(tensor: ElasticTensor, directions: Mapping[str, ArrayLike]) -> pd.DataFrame:
    """Moduli along directions.

    Parameters
    ----------
    tensor : ElasticTensor
        Stable.
    directions : mapping of str to array_like, shape (3,)
        Cartesian directions by name.

    Returns
    -------
    DataFrame
        A row per property, a column per direction and ``unit``; shear moduli and Poisson's ratios from their smallest
        to their largest value over the second direction.

    Examples
    --------
    >>> from perovex.elasticity import ElasticTensor
    >>> C = np.diag([40.0, 40.0, 40.0, 8.0, 8.0, 8.0]) + np.kron([[1, 0], [0, 0]], 10 * (1 - np.eye(3)))
    >>> directions_table(ElasticTensor(C), {"111": [1, 1, 1]}).loc["Young's modulus", "111"].round(2)
    np.float64(21.18)
    """
    u = np.concatenate([unit_directions(direction) for direction in directions.values()])
    S = tensor.compliance
    soft, stiff, _, _ = second_extremes(S, u, "shear")
    least, most, _, _ = second_extremes(S, u, "poisson")
    rows = {
        "Young's modulus": (youngs(S, u), "GPa"),
        "linear compressibility": (1e3 * compressibility(S, u), "1/TPa"),
        "shear modulus, min": (soft, "GPa"),
        "shear modulus, max": (stiff, "GPa"),
        "Poisson's ratio, min": (least, "1"),
        "Poisson's ratio, max": (most, "1"),
    }
    values = pd.DataFrame({name: row for name, (row, _) in rows.items()}, index=list(directions)).T
    return values.assign(unit=[unit for _, unit in rows.values()]).rename_axis("along")


def waves_table(tensor: ElasticTensor, directions: Mapping[str, ArrayLike], density: float) -> pd.DataFrame:
    """Plane waves along directions, slowest first.

    Parameters
    ----------
    tensor : ElasticTensor
    directions : mapping of str to array_like, shape (3,)
        Cartesian wave normals by name.
    density : float
        g/cm³.

    Returns
    -------
    DataFrame
        A row per direction and mode: ``phase`` and ``group`` velocity (km/s), ``slowness`` (s/km), ``flow_angle``
        between energy flow and wave normal (deg), ``longitudinal`` (share of the displacement along the normal), and
        ``polarisation`` and ``group_direction`` as lists of three components.
    """
    rows: list[dict[str, Any]] = []
    names = []
    for name, direction in directions.items():
        waves = christoffel(tensor, direction, density)
        speed = np.linalg.norm(waves.group, axis=2)
        for mode in range(3):
            names.append(f"{name}, {MODES[mode]}")
            rows.append(
                {
                    "phase": float(waves.phase[0, mode]),
                    "slowness": float(waves.slowness[0, mode]),
                    "group": float(speed[0, mode]),
                    "flow_angle": float(waves.power_flow_angle[0, mode]),
                    "longitudinal": float(waves.longitudinality[0, mode]),
                    "polarisation": _upright(waves.polarisation[0, mode]),
                    "group_direction": (waves.group[0, mode] / speed[0, mode] + 0.0).tolist(),
                }
            )
    return pd.DataFrame(rows, index=pd.Index(names, name="wave"))


def strain_response(tensor: ElasticTensor, strain: ArrayLike) -> pd.DataFrame:
    """Energy and stress of a given strain.

    Parameters
    ----------
    tensor : ElasticTensor
    strain : array_like, shape (6,) or (3, 3)
        Voigt components xx yy zz yz xz xy with engineering shears, or the symmetric matrix.

    Returns
    -------
    DataFrame
        Columns ``value`` and ``unit``.

    Examples
    --------
    >>> from perovex.elasticity import ElasticTensor
    >>> tensor = ElasticTensor(np.diag([30.0, 30.0, 30.0, 10.0, 10.0, 10.0]))
    >>> strain_response(tensor, [0.01, 0, 0, 0, 0, 0])["value"].round(3).tolist()
    [1.5, 0.3, 0.0, 0.0, 0.0, 0.0, 0.0]
    """
    rows = {"energy": (energy_density(tensor, strain), "MJ/m³")}
    names = ("xx", "yy", "zz", "yz", "xz", "xy")
    rows |= {f"stress {name}": (float(x), "GPa") for name, x in zip(names, stress(tensor, strain), strict=True)}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["value", "unit"]).rename_axis("given strain")


def _upright(vector: np.ndarray) -> list[float]:
    """Components of an axis with its largest one positive."""
    sign = 1.0 if vector[np.abs(vector).argmax()] > 0 else -1.0
    return (sign * vector + 0.0).tolist()
