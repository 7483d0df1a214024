"""Everything that follows from a tensor, as tables: what `perovex elastic` prints and writes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex.elasticity.properties import waves
from perovex.elasticity.properties.along import CARTESIAN, directions_table, strain_response, waves_table
from perovex.elasticity.properties.averages import anisotropy, cauchy_pressures, zener
from perovex.elasticity.properties.slab import plate
from perovex.elasticity.properties.strain_energy import STATES, energy_density, strain_state
from perovex.elasticity.properties.texture import fibre
from perovex.elasticity.voigt import frame_along, unit_directions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike

    from perovex.elasticity.properties.substance import Substance
    from perovex.elasticity.tensor import ElasticTensor

AUXETIC = -1e-6
"""Poisson's ratio below which a crystal is called auxetic."""
STRAIN = 0.01
"""Size of the strain states in the table of energies."""

_EXTREMES = {
    "youngs_modulus": ("GPa", 1.0),
    "linear_compressibility": ("1/TPa", 1e3),
    "shear_modulus": ("GPa", 1.0),
    "poissons_ratio": ("1", 1.0),
}


def analyse(
    tensor: ElasticTensor,
    *,
    substance: Substance | None = None,
    normal: ArrayLike | None = None,
    thickness: float | None = None,
    spread: float = 0.0,
    directions: Mapping[str, ArrayLike] | None = None,
    strain: ArrayLike | None = None,
) -> dict[str, pd.DataFrame]:
    """Compute every property of a tensor that its surroundings allow.

    Parameters
    ----------
    tensor : ElasticTensor
    substance : Substance, optional
        Density and atoms, for sound and heat.
    normal : array_like, shape (3,) or (3, 3), optional
        Slab normal, or the pseudo-cubic axes of a 3D network, for what depends on the sheet plane.
    thickness : float, optional
        Å, of a slab as a plate; the stacking period per slab is the usual choice.
    spread : float, default=0
        Spread of grains about the normal in a textured film, deg.
    directions : mapping of str to array_like, shape (3,), optional
        Cartesian directions by name, for moduli and waves along them; x, y and z by default.
    strain : array_like, shape (6,) or (3, 3), optional
        A strain whose energy and stress are wanted; Voigt components with engineering shears, or the matrix.

    Returns
    -------
    dict of str to DataFrame
        ``averages``, ``indices``, and, of a stable crystal, ``extremes``, ``directions``, ``strain_energy``,
        ``strain``, ``sheet``, ``film``, ``plate``, ``sound``, ``waves`` as far as they are defined. Tables of values
        have the columns ``value`` and ``unit``.

    Examples
    --------
    >>> from perovex.elasticity import ElasticTensor
    >>> C = np.diag([40.0, 40.0, 40.0, 8.0, 8.0, 8.0]) + np.kron([[1, 0], [0, 0]], 10 * (1 - np.eye(3)))
    >>> tables = analyse(ElasticTensor(C), normal=[0, 0, 1])
    >>> list(tables)
    ['averages', 'indices', 'extremes', 'directions', 'strain_energy', 'sheet', 'film']
    >>> float(tables["sheet"].loc["E_out_of_plane", "value"].round(3))
    36.0
    """
    tables = {"averages": averages_table(tensor), "indices": indices_table(tensor)}
    if not tensor.born_stable:
        return tables
    normals = None if normal is None else unit_directions(normal)
    chosen = CARTESIAN if directions is None else directions
    tables["extremes"] = extremes_table(tensor)
    tables["directions"] = directions_table(tensor, chosen)
    tables["strain_energy"] = strain_table(tensor, np.array([0.0, 0.0, 1.0]) if normals is None else normals[-1])
    if strain is not None:
        tables["strain"] = strain_response(tensor, strain)
    if normals is not None:
        tables["sheet"] = sheet_table(tensor, normals, substance)
        tables["film"] = film_table(tensor, normals[-1], spread)
        if thickness is not None and len(normals) == 1:
            tables["plate"] = plate_table(tensor, normals[0], thickness)
    if substance is not None:
        tables["sound"] = sound_table(tensor, substance)
        tables["waves"] = waves_table(tensor, chosen, substance.density)
    return tables


def averages_table(tensor: ElasticTensor) -> pd.DataFrame:
    """Moduli of a random polycrystal by scheme; NaN for an unstable crystal."""
    rows: dict[str, tuple[str, Callable[[Any], float]]] = {
        "bulk modulus": ("GPa", lambda m: m.K),
        "shear modulus": ("GPa", lambda m: m.G),
        "Young's modulus": ("GPa", lambda m: m.E),
        "Poisson's ratio": ("1", lambda m: m.poisson),
        "P-wave modulus": ("GPa", lambda m: m.p_wave),
        "Pugh's K/G": ("1", lambda m: m.pugh),
    }
    schemes = {"Voigt": tensor.voigt, "Reuss": tensor.reuss, "Hill": tensor.hill}
    values = {name: [take(moduli) for _, take in rows.values()] for name, moduli in schemes.items()}
    return pd.DataFrame(values | {"unit": [unit for unit, _ in rows.values()]}, index=pd.Index(rows, name="average"))


def _values(rows: dict[str, tuple[float, str]], name: str) -> pd.DataFrame:
    """Table of values and units without those that are undefined."""
    kept = {key: row for key, row in rows.items() if not math.isnan(row[0])}
    return pd.DataFrame.from_dict(kept, orient="index", columns=["value", "unit"]).rename_axis(name)


def indices_table(tensor: ElasticTensor) -> pd.DataFrame:
    """Return indices of stability, anisotropy and bonding."""
    index = anisotropy(tensor)
    rows = {
        "lowest eigenvalue": (float(tensor.eigenvalues[0]), "GPa"),
        "universal anisotropy": (index.universal, "1"),
        "log-Euclidean anisotropy": (index.log_euclidean, "1"),
        "percent anisotropy, bulk": (index.percent_bulk, "%"),
        "percent anisotropy, shear": (index.percent_shear, "%"),
        "Zener ratio": (zener(tensor), "1"),
    }
    return _values(rows | {f"Cauchy {key}": (value, "GPa") for key, value in cauchy_pressures(tensor).items()}, "index")


def extremes_table(tensor: ElasticTensor) -> pd.DataFrame:
    """Smallest and largest value of every directional property, with directions as lists."""
    rows = {}
    for name, (unit, factor) in _EXTREMES.items():
        ends = tensor.extremes(name)
        row: dict[str, Any] = {"min": factor * ends.min.value, "max": factor * ends.max.value, "unit": unit}
        row["ratio"] = ends.ratio if math.isfinite(ends.ratio) else math.nan
        for side, end in (("min", ends.min), ("max", ends.max)):
            row[f"{side}_direction"] = end.direction.tolist()
            row[f"{side}_second"] = None if end.second is None else end.second.tolist()
        rows[name] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("property")


def strain_table(tensor: ElasticTensor, normal: np.ndarray) -> pd.DataFrame:
    """Energies of strain states of one percent about a normal."""
    rows = {
        state: (energy_density(tensor, strain_state(tensor, state, STRAIN, normal)), "MJ/m³ at 1 %") for state in STATES
    }
    return _values(rows, "strain state")


def sheet_table(tensor: ElasticTensor, normals: np.ndarray, substance: Substance | None) -> pd.DataFrame:
    """Young's modulus and longitudinal velocity in and out of the plane of the sheets."""
    moduli = tensor.moduli(normals)
    keys = ("E_in_plane", "E_in_plane_min", "E_in_plane_max", "E_out_of_plane")
    rows = {key: (moduli[key], "GPa") for key in keys}
    if substance is not None:
        speeds = waves.sheet_velocities(tensor, normals, substance.density)
        rows |= {key: (value, "km/s") for key, value in speeds.items()}
    return _values(rows, "sheet")


def film_table(tensor: ElasticTensor, normal: np.ndarray, spread: float) -> pd.DataFrame:
    """Moduli of a film whose grains share the normal and are turned about it at random."""
    film = fibre(tensor, normal, spread)
    axes = frame_along(normal)
    columns = {}
    for name, bound in _bounds(film):
        C = bound.rotated(axes).C  # third axis along the normal
        columns[name] = {
            "E in plane": bound.in_plane(normal)["mean"],
            "E along normal": bound.out_of_plane(normal),
            **{f"C{i}{j}": float(C[i - 1, j - 1]) for i, j in ((1, 1), (1, 2), (1, 3), (3, 3), (4, 4), (6, 6))},
        }
    return pd.DataFrame(columns).assign(unit="GPa").rename_axis("textured film")


def _bounds(film: Any) -> list[tuple[str, ElasticTensor]]:
    return [("Voigt", film.voigt), ("Reuss", film.reuss), ("Hill", film.hill)]


def plate_table(tensor: ElasticTensor, normal: np.ndarray, thickness: float) -> pd.DataFrame:
    """Constants of a slab of given thickness with free faces."""
    sheet = plate(tensor, normal, thickness)
    angle = np.pi * np.arange(180) / 180
    young, poisson = sheet.youngs_modulus(angle), sheet.poisson(angle)
    rows = {
        "thickness": (thickness, "Å"),
        **{f"C{a + 1}{b + 1}": (float(sheet.C[i, j]), "N/m") for i, j, a, b in ((0, 0, 0, 0), (1, 1, 1, 1))},
        "C12": (float(sheet.C[0, 1]), "N/m"),
        "C66": (float(sheet.C[2, 2]), "N/m"),
        "layer modulus": (sheet.layer_modulus, "N/m"),
        "Young's modulus, mean": (float(young.mean()), "N/m"),
        "Young's modulus, min": (float(young.min()), "N/m"),
        "Young's modulus, max": (float(young.max()), "N/m"),
        "Poisson's ratio, min": (float(poisson.min()), "1"),
        "Poisson's ratio, max": (float(poisson.max()), "1"),
        "bending stiffness": (sheet.bending_ev, "eV"),
    }
    return _values(rows, "slab as a plate")


def sound_table(tensor: ElasticTensor, substance: Substance) -> pd.DataFrame:
    """Velocities, Debye temperatures and minimal thermal conductivities."""
    density, atoms = substance.density, substance.atoms_per_volume
    hill = waves.isotropic_velocities(tensor.hill, density)
    mean = waves.mean_velocity(tensor, density)
    fastest = waves.velocity_extremes(tensor, density, 2)
    slowest = waves.velocity_extremes(tensor, density, 0)
    rows = {
        "density": (density, "g/cm³"),
        "longitudinal velocity, polycrystal": (hill["longitudinal"], "km/s"),
        "transverse velocity, polycrystal": (hill["transverse"], "km/s"),
        "fastest mode, min": (fastest.min.value, "km/s"),
        "fastest mode, max": (fastest.max.value, "km/s"),
        "slowest mode, min": (slowest.min.value, "km/s"),
        "slowest mode, max": (slowest.max.value, "km/s"),
        "Debye mean velocity": (mean, "km/s"),
        "Debye temperature": (waves.debye_temperature(mean, atoms), "K"),
        "Debye temperature, Anderson": (waves.debye_temperature(hill["mean"], atoms), "K"),
        "minimal thermal conductivity, Clarke": (
            waves.clarke_conductivity(tensor.hill.E, density, substance.mean_mass),
            "W/(m K)",
        ),
        "minimal thermal conductivity, Cahill": (
            waves.cahill_conductivity(hill["longitudinal"], hill["transverse"], atoms),
            "W/(m K)",
        ),
    }
    return _values(rows, "sound and heat")
