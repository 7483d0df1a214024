"""Sound: phase and group velocities, polarisations, slowness, Debye temperature, minimal thermal conductivity.

With moduli in GPa and densities in g/cm³ velocities come out in km/s (1 km/s = 1 nm/ps, the unit of picosecond
acoustics).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import constants

from perovex.elasticity.properties.directional import Extreme, Extremes, best_direction
from perovex.elasticity.voigt import circle, full_stiffness, unit_directions
from perovex.errors import ElasticityError

if TYPE_CHECKING:
    from perovex.elasticity.properties.averages import IsotropicModuli
    from perovex.elasticity.tensor import ElasticTensor

Array = NDArray[np.float64]

_N_POLAR, _N_AROUND = 48, 96  # Gauss-Legendre by trapezoid: 1/v³ is smooth except at conical points
_N_PLANE = 36  # over half a turn: right to 1e-4 where modes do not cross


@dataclass(frozen=True)
class Waves:
    """Plane waves along given directions, the three modes from slowest to fastest.

    Attributes
    ----------
    direction : ndarray, shape (k, 3)
        Unit wave normals.
    phase : ndarray, shape (k, 3)
        Phase velocities, km/s; NaN where the crystal is unstable against such a wave.
    polarisation : ndarray, shape (k, 3, 3)
        Unit displacement of each mode (second index). Where two modes are equally fast any pair in their plane is
        right, and so are the group velocities that belong to it.
    group : ndarray, shape (k, 3, 3)
        Group velocity of each mode, km/s: along which energy flows.
    """

    direction: Array
    phase: Array
    polarisation: Array
    group: Array

    @property
    def slowness(self) -> Array:
        """Inverse phase velocities, s/km, shape (k, 3)."""
        return 1.0 / self.phase

    @property
    def power_flow_angle(self) -> Array:
        """Angle between group velocity and wave normal, deg, shape (k, 3)."""
        along = np.einsum("nmi,ni->nm", self.group, self.direction)
        across = np.linalg.norm(np.cross(self.group, self.direction[:, None]), axis=2)
        return np.asarray(np.degrees(np.arctan2(across, along)))

    @property
    def longitudinality(self) -> Array:
        """Share |p . n|² of the displacement along the wave normal: 1 longitudinal, 0 transverse, shape (k, 3)."""
        return np.asarray(np.einsum("nmi,ni->nm", self.polarisation, self.direction) ** 2)


def _checked_density(density: float) -> float:
    try:
        value = float(density)
    except (TypeError, ValueError) as error:
        raise ElasticityError(f"a density of {density!r} is no number", remedy="give it in g/cm³") from error
    if not (math.isfinite(value) and value > 0):
        raise ElasticityError(f"a density of {value:g} g/cm³ is not positive", remedy="give it in g/cm³")
    return value


def christoffel(tensor: ElasticTensor, direction: ArrayLike, density: float) -> Waves:
    """Solve the Christoffel equation: Gamma_ik = C_ijkl n_j n_l has the eigenvalues density times velocity squared.

    Parameters
    ----------
    tensor : ElasticTensor
    direction : array_like, shape (3,) or (k, 3)
        Wave normals.
    density : float
        g/cm³.

    Returns
    -------
    Waves

    Raises
    ------
    ElasticityError
        If a direction or the density is none.

    References
    ----------
    B. A. Auld, Acoustic Fields and Waves in Solids, Wiley (1973).

    Examples
    --------
    Silicon along [100]: 8.43 and 5.84 km/s (McSkimin and Andreatch, J. Appl. Phys. 35, 2161, 1964).

    >>> from perovex.elasticity import ElasticTensor
    >>> C = np.diag([165.78, 165.78, 165.78, 79.62, 79.62, 79.62])
    >>> C[:3, :3] += 63.94 * (1 - np.eye(3))
    >>> christoffel(ElasticTensor(C), [1, 0, 0], 2.331).phase.round(3).tolist()
    [[5.844, 5.844, 8.433]]
    """
    n, rho = unit_directions(direction), _checked_density(density)
    full = full_stiffness(tensor.C)
    values, vectors = np.linalg.eigh(np.einsum("ijkl,nj,nl->nik", full, n, n, optimize=True))
    with np.errstate(invalid="ignore"):
        phase = np.sqrt(np.where(values > 0, values, np.nan) / rho)
    polarisation = vectors.transpose(0, 2, 1)
    group = np.einsum("ijkl,nmi,nmk,nl->nmj", full, polarisation, polarisation, n, optimize=True)
    return Waves(n, phase, polarisation, np.asarray(group / (rho * phase[:, :, None])))


def longitudinal_velocity(tensor: ElasticTensor, direction: ArrayLike, density: float) -> Array:
    """Phase velocity of the mode whose displacement lies nearest to the wave normal, km/s, shape (k,).

    This is the quasi-longitudinal mode that picosecond acoustics and Brillouin scattering in backward direction see.
    """
    waves = christoffel(tensor, direction, density)
    mode = waves.longitudinality.argmax(axis=1)
    return np.asarray(waves.phase[np.arange(len(mode)), mode])


def sheet_velocities(tensor: ElasticTensor, normal: ArrayLike, density: float) -> dict[str, float]:
    """Longitudinal velocity along the normal of the sheets, and averaged over directions in their plane.

    Parameters
    ----------
    tensor : ElasticTensor
    normal : array_like, shape (3,) or (3, 3)
        Slab normal; or, for a 3D network, its three pseudo-cubic axes as rows, over which both are averaged.
    density : float
        g/cm³.

    Returns
    -------
    dict of str to float
        ``v_out_of_plane`` and ``v_in_plane``, km/s.
    """
    normals = unit_directions(normal)
    planes = [longitudinal_velocity(tensor, circle(axis, _N_PLANE), density).mean() for axis in normals]
    return {
        "v_out_of_plane": float(longitudinal_velocity(tensor, normals, density).mean()),
        "v_in_plane": float(np.mean(planes)),
    }


def velocity_extremes(tensor: ElasticTensor, density: float, mode: int) -> Extremes:
    """Slowest and fastest phase velocity of a mode (0 slowest, 1, 2 fastest) over all directions, km/s."""

    def speed(u: Array) -> Array:
        return christoffel(tensor, u, density).phase[:, mode]

    return Extremes(Extreme(*best_direction(speed)), Extreme(*best_direction(speed, -1.0)))


def isotropic_velocities(moduli: IsotropicModuli, density: float) -> dict[str, float]:
    """Velocities of an isotropic solid, km/s: longitudinal, transverse and Anderson's mean.

    References
    ----------
    O. L. Anderson, J. Phys. Chem. Solids 24, 909 (1963), 10.1016/0022-3697(63)90067-2.
    """
    rho = _checked_density(density)
    if not (moduli.K > 0 and moduli.G > 0):
        return dict.fromkeys(("longitudinal", "transverse", "mean"), math.nan)
    fast, slow = math.sqrt(moduli.p_wave / rho), math.sqrt(moduli.G / rho)
    return {"longitudinal": fast, "transverse": slow, "mean": ((2 / slow**3 + 1 / fast**3) / 3) ** (-1 / 3)}


def mean_velocity(tensor: ElasticTensor, density: float) -> float:
    """Debye's mean velocity, (mean of 1/v³ over directions and modes)^(-1/3), km/s; NaN for an unstable crystal."""
    if not tensor.born_stable:
        return math.nan
    # directions and weights over half of the sphere
    height, weight = np.polynomial.legendre.leggauss(_N_POLAR)
    angle = np.pi * (np.arange(_N_AROUND) + 0.5) / _N_AROUND
    radius = np.sqrt(1 - height**2)
    x, y = np.outer(radius, np.cos(angle)), np.outer(radius, np.sin(angle))
    n = np.stack([x, y, np.broadcast_to(height[:, None], x.shape)], axis=-1).reshape(-1, 3)
    speeds = christoffel(tensor, n, density).phase.reshape(_N_POLAR, _N_AROUND, 3)
    mean = ((speeds**-3).mean(axis=(1, 2)) * weight).sum() / 2.0
    return float(mean ** (-1 / 3))


def debye_temperature(velocity: float, atoms_per_volume: float) -> float:
    """Debye temperature (ħ/k_B) v (6 π² N/V)^(1/3), K.

    Parameters
    ----------
    velocity : float
        Mean velocity, km/s (`mean_velocity`, or Anderson's of `isotropic_velocities`).
    atoms_per_volume : float
        1/Å³. All atoms count; in a crystal of molecules, where most modes are optical, the temperature is that of an
        elastic continuum with as many modes, not of the heat capacity.
    """
    wave_number = (6 * math.pi**2 * atoms_per_volume) ** (1 / 3) * 1e10
    return float(constants.hbar * velocity * 1e3 * wave_number / constants.k)


def clarke_conductivity(youngs_modulus: float, density: float, mean_mass: float) -> float:
    """Clarke's minimal thermal conductivity 0.87 k_B M^(-2/3) E^(1/2) density^(1/6), W/(m K).

    Parameters
    ----------
    youngs_modulus : float
        GPa.
    density : float
        g/cm³.
    mean_mass : float
        Mean mass of an atom, g/mol.

    References
    ----------
    D. R. Clarke, Surf. Coat. Technol. 163-164, 67 (2003), 10.1016/S0257-8972(02)00593-5.
    """
    mass = mean_mass * 1e-3 / constants.N_A
    return float(0.87 * constants.k * mass ** (-2 / 3) * math.sqrt(youngs_modulus * 1e9) * (density * 1e3) ** (1 / 6))


def cahill_conductivity(longitudinal: float, transverse: float, atoms_per_volume: float) -> float:
    """Cahill's minimal thermal conductivity k_B/2.48 n^(2/3) (v_l + 2 v_t) (high temperature), W/(m K).

    Parameters
    ----------
    longitudinal, transverse : float
        Velocities of the polycrystal, km/s.
    atoms_per_volume : float
        1/Å³.

    References
    ----------
    D. G. Cahill, S. K. Watson and R. O. Pohl, Phys. Rev. B 46, 6131 (1992), 10.1103/PhysRevB.46.6131.
    """
    number = (atoms_per_volume * 1e30) ** (2 / 3)
    return float(constants.k / 2.48 * number * (longitudinal + 2 * transverse) * 1e3)
