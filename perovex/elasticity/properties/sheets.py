"""Moduli of a crystal of sheets: over the directions of their plane, along their normal, and of a polycrystal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perovex.elasticity.properties.averages import UNDEFINED
from perovex.elasticity.voigt import circle, unit_directions

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from perovex.elasticity.tensor import ElasticTensor

_N_DIRECTIONS = 180  # over half a turn; E is smooth and even, so the trapezoid converges exponentially
_MODULI = (
    *("E_in_plane", "E_in_plane_min", "E_in_plane_max", "E_out_of_plane"),
    *("E_vrh", "K_vrh", "G_vrh", "poisson_vrh", "universal_anisotropy"),
)


def sheet_plane(tensor: ElasticTensor, normal: ArrayLike) -> dict[str, Any]:
    """Return Young's modulus over the directions of a plane; see `ElasticTensor.in_plane`."""
    directions = circle(normal, _N_DIRECTIONS)
    modulus = tensor.youngs_modulus(directions)
    softest, stiffest = int(np.argmin(modulus)), int(np.argmax(modulus))
    return {
        "mean": float(modulus.mean()),
        "min": float(modulus[softest]),
        "max": float(modulus[stiffest]),
        "min_direction": directions[softest],
        "max_direction": directions[stiffest],
    }


def sheet_moduli(tensor: ElasticTensor, normal: ArrayLike) -> dict[str, Any]:
    """Return the moduli that the data set and the models use; see `ElasticTensor.moduli`."""
    normals = unit_directions(normal)
    planes = [sheet_plane(tensor, axis) for axis in normals]
    if not tensor.born_stable:
        return dict.fromkeys(_MODULI, UNDEFINED) | {"born_stable": False}
    hill = tensor.hill
    return {
        "E_in_plane": float(np.mean([plane["mean"] for plane in planes])),
        "E_in_plane_min": min(plane["min"] for plane in planes),
        "E_in_plane_max": max(plane["max"] for plane in planes),
        "E_out_of_plane": float(np.mean(tensor.youngs_modulus(normals))),
        "E_vrh": hill.E,
        "K_vrh": hill.K,
        "G_vrh": hill.G,
        "poisson_vrh": hill.poisson,
        "universal_anisotropy": tensor.universal_anisotropy,
        "born_stable": True,
    }
