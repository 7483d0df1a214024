"""Averages of a random polycrystal and indices of anisotropy and bonding."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from perovex.elasticity.tensor import ElasticTensor

UNDEFINED = math.nan


@dataclass(frozen=True)
class IsotropicModuli:
    """Moduli of a random polycrystal, or of any isotropic solid.

    Attributes
    ----------
    K, G : float
        Bulk and shear modulus, GPa.

    Examples
    --------
    >>> solid = IsotropicModuli(K=20.0, G=8.0)
    >>> round(solid.E, 4), round(solid.poisson, 4)
    (21.1765, 0.3235)
    """

    K: float
    G: float

    @property
    def E(self) -> float:  # noqa: N802  # the field's symbol
        """Young's modulus, GPa."""
        return 9 * self.K * self.G / (3 * self.K + self.G)

    @property
    def poisson(self) -> float:
        """Poisson's ratio."""
        return (3 * self.K - 2 * self.G) / (6 * self.K + 2 * self.G)

    @property
    def p_wave(self) -> float:
        """Modulus of longitudinal waves, K + 4G/3, GPa."""
        return self.K + 4 * self.G / 3

    @property
    def pugh(self) -> float:
        """K/G; above 1.75 Pugh found metals ductile.

        References
        ----------
        S. F. Pugh, Philos. Mag. 45, 823 (1954), 10.1080/14786440808520496.
        """
        return self.K / self.G


@dataclass(frozen=True)
class Anisotropy:
    """Indices of elastic anisotropy, all zero for an isotropic crystal.

    Attributes
    ----------
    universal : float
        5 G_V/G_R + K_V/K_R - 6 (Ranganathan and Ostoja-Starzewski, 10.1103/PhysRevLett.101.055504).
    log_euclidean : float
        sqrt(ln(K_V/K_R)² + 5 ln(G_V/G_R)²) (Kube, AIP Adv. 6, 095209, 2016, 10.1063/1.4962996).
    percent_bulk, percent_shear : float
        100 (K_V - K_R)/(K_V + K_R) and the same of G, % (Chung and Buessem, J. Appl. Phys. 38, 2010, 1967,
        10.1063/1.1709819).
    """

    universal: float
    log_euclidean: float
    percent_bulk: float
    percent_shear: float


def anisotropy(tensor: ElasticTensor) -> Anisotropy:
    """Return the indices of anisotropy of a tensor; NaN for an unstable one.

    Parameters
    ----------
    tensor : ElasticTensor

    Examples
    --------
    >>> from perovex.elasticity import ElasticTensor
    >>> C = np.diag([165.78, 165.78, 165.78, 79.62, 79.62, 79.62])  # silicon
    >>> C[:3, :3] += 63.94 * (1 - np.eye(3))
    >>> index = anisotropy(ElasticTensor(C))
    >>> round(index.universal, 3), round(index.log_euclidean, 3), round(index.percent_shear, 2)
    (0.244, 0.106, 2.38)
    """
    upper, lower = tensor.voigt, tensor.reuss
    if not tensor.born_stable:
        return Anisotropy(UNDEFINED, UNDEFINED, UNDEFINED, UNDEFINED)
    bulk, shear = upper.K / lower.K, upper.G / lower.G
    return Anisotropy(
        universal=5 * shear + bulk - 6,
        log_euclidean=math.sqrt(math.log(bulk) ** 2 + 5 * math.log(shear) ** 2),
        percent_bulk=100 * (upper.K - lower.K) / (upper.K + lower.K),
        percent_shear=100 * (upper.G - lower.G) / (upper.G + lower.G),
    )


def cauchy_pressures(tensor: ElasticTensor) -> dict[str, float]:
    """C23 - C44, C13 - C55 and C12 - C66, GPa: zero where central forces hold an inversion-symmetric crystal together.

    The three refer to the axes of the tensor's frame. Positive values are common where bonds have no direction,
    negative ones where they have (Pettifor, Mater. Sci. Technol. 8, 345, 1992, 10.1179/mst.1992.8.4.345).

    Parameters
    ----------
    tensor : ElasticTensor

    Returns
    -------
    dict of str to float
        GPa.
    """
    C = tensor.C
    return {
        "C23 - C44": float(C[1, 2] - C[3, 3]),
        "C13 - C55": float(C[0, 2] - C[4, 4]),
        "C12 - C66": float(C[0, 1] - C[5, 5]),
    }


def zener(tensor: ElasticTensor, tolerance: float = 0.02) -> float:
    """Return Zener's 2 C44/(C11 - C12) of a cubic tensor in its cubic frame; NaN for any other.

    Parameters
    ----------
    tensor : ElasticTensor
    tolerance : float
        Largest departure from cubic form, as a share of the largest component.
    """
    C = tensor.C
    cubic = np.zeros((6, 6))
    cubic[:3, :3] = C[:3, :3][~np.eye(3, dtype=bool)].mean()
    np.fill_diagonal(cubic, [C.diagonal()[:3].mean()] * 3 + [C.diagonal()[3:].mean()] * 3)
    if abs(C - cubic).max() > tolerance * abs(C).max():
        return UNDEFINED
    return float(2 * cubic[3, 3] / (cubic[0, 0] - cubic[0, 1]))
