r"""Soft modes in any treatment, from the curvatures and couplings that a label stores; no new calculation.

Relaxed along a mode of curvature :math:`\kappa` with coupling :math:`g`, a crystal of volume V loses
:math:`g g^T / (\kappa V)` of its tensor. A soft mode is where a potential errs most and where 0 K is furthest from
300 K, and it enters by :math:`1 / \kappa`. Holding modes below a cut is not continuous, and the cut bites at another
number of modes in every cell. Adding a curvature,

.. math:: 1 / \kappa \to 1 / (\kappa + \kappa_0),

is smooth, leaves hard modes as they are, and has a derivative that says how much hangs on the choice.

`KAPPA0` is the error of a curvature itself: two potentials differ in the lowest curvature of the same 17 crystals by
0.0158 eV/Å² (s.d.), so that each errs by 0.011, if they err alike. A mode softer than that is not known to be soft.

References
----------
Tikhonov, Sov. Math. Dokl. 4, 1035 (1963), for the regularisation of ill-posed inverses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perovex.elasticity.names import YOUNGS_MODULI
from perovex.elasticity.surface import EV_PER_A3_IN_GPA
from perovex.elasticity.tensor import ElasticTensor
from perovex.errors import ElasticityError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

#: Lowest curvature (eV/Å²) that a label keeps as what noise leaves of zero; what lies below is followed downhill.
NOISE_FLOOR = -2e-3

KAPPA0 = 0.011  # eV/Å^2, s.d. of a lowest curvature between potentials
REGULARISED = YOUNGS_MODULI
_STEP = 0.05  # of ln kappa0, for the derivative


def regularised_tensor(tensor: ArrayLike, modes: ArrayLike, volume: float, kappa0: float = KAPPA0) -> Array:
    """Return an elastic tensor with a curvature added to every stored mode.

    Parameters
    ----------
    tensor : array_like, shape (6, 6)
        With all ions relaxed, GPa.
    modes : array_like, shape (m, 7)
        Curvature (eV/Å²) and forces per unit strain (eV/Å, Voigt) of every stored mode, as labels hold them.
    volume : float
        Of the cell, Å³.
    kappa0 : float
        Curvature to add, eV/Å². 0 gives the tensor back.

    Returns
    -------
    ndarray, shape (6, 6)
        GPa. Modes that are not stored (0.5 eV/Å² and more in the bundled data) stay as they are: they would change by
        less than 2.2 % of their part.

    Raises
    ------
    ElasticityError
        A curvature below `NOISE_FLOOR`, one that is zero, one that `kappa0` does not make positive, or a negative
        `kappa0`.

    Examples
    --------
    >>> modes = [[0.02, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]]  # softens C33 by 160.2 / (0.02 * 1000) = 8.0 GPa
    >>> stiffer = regularised_tensor(np.eye(6) * 10, modes, 1000.0, kappa0=0.02)
    >>> round(float(stiffer[2, 2]), 2)  # half of it comes back
    14.01
    """
    table = np.atleast_2d(np.asarray(modes, dtype=float))
    stiff = np.array(tensor, dtype=float)
    if not table.size:
        return stiff
    curvature, coupling = table[:, 0], table[:, 1:]
    kept = (curvature >= NOISE_FLOOR) & (curvature != 0) & (curvature + kappa0 > 0)
    if kappa0 < 0 or not kept.all():
        raise ElasticityError("a curvature that is not positive has no relaxed tensor", remedy="follow the mode first")
    # of a negative curvature the stored tensor holds the part with its sign, which is taken off like any other
    weight = 1 / curvature - 1 / (curvature + kappa0)
    return stiff + EV_PER_A3_IN_GPA / volume * np.einsum("m,mi,mj->ij", weight, coupling, coupling)


def regularised_moduli(
    tensor: ArrayLike, modes: ArrayLike, volume: float, normal: ArrayLike, kappa0: float = KAPPA0
) -> dict[str, float]:
    """Return Young's moduli with a curvature added to soft modes, and how much hangs on it.

    Parameters
    ----------
    tensor, modes, volume, kappa0
        As for `regularised_tensor`.
    normal : array_like, shape (3,) or (3, 3)
        As for `ElasticTensor.moduli`.

    Returns
    -------
    dict of str to float
        ``E_in_plane``, ``E_out_of_plane``, ``E_vrh`` in GPa, and for each ``..._per_ln_kappa0``, its derivative by
        ln kappa0 in GPa: what a factor of e in kappa0 would change.

    Examples
    --------
    >>> modes = [[0.02, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]]
    >>> moduli = regularised_moduli(np.eye(6) * 20, modes, 1000.0, [0, 0, 1])
    >>> moduli["E_out_of_plane_per_ln_kappa0"] > moduli["E_in_plane_per_ln_kappa0"]
    True
    """
    below, at, above = (
        ElasticTensor(regularised_tensor(tensor, modes, volume, kappa0 * np.exp(step))).moduli(normal)
        for step in (-_STEP, 0.0, _STEP)
    )
    moduli = {name: float(at[name]) for name in REGULARISED}
    slopes = {f"{name}_per_ln_kappa0": float((above[name] - below[name]) / (2 * _STEP)) for name in REGULARISED}
    return moduli | slopes
