"""Elastic tensors: directional Young's moduli, sheet-plane averages, Hill averages, stability.

The algebra of averages is pymatgen's; what is added is what the mechanics of layered crystals needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perovex.elasticity.properties.averages import UNDEFINED, IsotropicModuli
from perovex.elasticity.properties.directional import (
    Extremes,
    compressibility,
    extremes,
    orthogonal_pairs,
    poisson,
    shear,
    youngs,
)
from perovex.elasticity.properties.sheets import sheet_moduli, sheet_plane
from perovex.elasticity.voigt import (
    from_kelvin,
    kelvin,
    kelvin_rotation,
    plane_axes,
    symmetric_matrix,
    unit_directions,
)
from perovex.errors import ElasticityError

if TYPE_CHECKING:
    from pymatgen.analysis.elasticity import ElasticTensor as PymatgenElasticTensor
    from pymatgen.core import Structure

__all__ = ["ElasticTensor", "IsotropicModuli", "plane_axes", "youngs_modulus"]

Array = NDArray[np.float64]

_PROPERTIES = {
    "youngs_modulus": "youngs",
    "linear_compressibility": "compressibility",
    "shear_modulus": "shear",
    "poissons_ratio": "poisson",
}


def youngs_modulus(C: ArrayLike, direction: ArrayLike) -> Any:
    """Return Young's modulus along a direction, from the compliance.

    Parameters
    ----------
    C : array_like, shape (6, 6)
        Elastic tensor, GPa, Voigt order xx yy zz yz xz xy.
    direction : array_like, shape (3,) or (k, 3)
        Cartesian directions in the frame of `C`; need not be normalised.

    Returns
    -------
    float or ndarray, shape (k,)
        E(u) = 1 / (S_ijkl u_i u_j u_k u_l), GPa.

    Raises
    ------
    ElasticityError
        If `C` is not an invertible symmetric 6 x 6 matrix or a direction is zero.

    Notes
    -----
    This is not C_nnnn, the stiffness against uniaxial strain with the sides held.

    References
    ----------
    J. F. Nye, Physical Properties of Crystals, Oxford (1957), chapter VIII.

    Examples
    --------
    >>> C = np.zeros((6, 6))
    >>> C[:3, :3] = 10.0
    >>> C[range(3), range(3)] = 40.0
    >>> C[range(3, 6), range(3, 6)] = 8.0
    >>> round(youngs_modulus(C, [1, 1, 1]), 2)
    21.18
    """
    modulus = youngs(ElasticTensor(C).compliance, unit_directions(direction))  # type: ignore[arg-type]
    return _single(modulus, direction)


def _single(values: Array, *directions: ArrayLike) -> Any:
    """Return a number where single directions were asked for."""
    return float(values[0]) if all(np.ndim(direction) == 1 for direction in directions) else values


@dataclass(frozen=True, eq=False)
class ElasticTensor:
    """Elastic tensor of a crystal in GPa.

    Parameters
    ----------
    C : array_like, shape (6, 6)
        Voigt order xx yy zz yz xz xy, engineering shears, in the Cartesian frame of the structure it
        belongs to.

    Raises
    ------
    ElasticityError
        If it is not a finite, symmetric (to 1 % of its largest entry), invertible 6 x 6 matrix.

    Examples
    --------
    >>> C = np.diag([30.0, 30.0, 30.0, 10.0, 10.0, 10.0]) + np.kron([[1, 0], [0, 0]], 10 * (1 - np.eye(3)))
    >>> tensor = ElasticTensor(C)
    >>> round(tensor.moduli([0, 0, 1])["E_vrh"], 6)  # isotropic: K = 50/3, G = 10
    25.0
    >>> round(tensor.voigt.G, 6), round(tensor.reuss.G, 6), round(tensor.hill.poisson, 6)
    (10.0, 10.0, 0.25)
    """

    C: Array

    def __post_init__(self) -> None:
        matrix, asymmetry = symmetric_matrix(self.C)
        matrix.flags.writeable = False
        object.__setattr__(self, "C", matrix)
        object.__setattr__(self, "asymmetry", asymmetry)

    @cached_property
    def compliance(self) -> Array:
        """S = C^-1, 1/GPa, shape (6, 6)."""
        return np.asarray(np.linalg.inv(self.C), dtype=np.float64)

    @cached_property
    def _pymatgen(self) -> PymatgenElasticTensor:
        from pymatgen.analysis.elasticity import ElasticTensor as PymatgenElasticTensor  # brings sympy: 0.4 s

        return PymatgenElasticTensor.from_voigt(self.C)

    @cached_property
    def eigenvalues(self) -> Array:
        """Eigenvalues of the Voigt matrix, ascending, GPa."""
        return np.asarray(np.linalg.eigvalsh(self.C), dtype=np.float64)

    @property
    def born_stable(self) -> bool:
        """Whether every homogeneous strain costs energy (all eigenvalues positive)."""
        return bool(self.eigenvalues[0] > 0)

    def _average(self, bulk: str, shear_modulus: str) -> IsotropicModuli:
        """Averages by pymatgen; an unstable crystal makes no polycrystal, so its averages are undefined."""
        if not self.born_stable:
            return IsotropicModuli(UNDEFINED, UNDEFINED)
        return IsotropicModuli(float(getattr(self._pymatgen, bulk)), float(getattr(self._pymatgen, shear_modulus)))

    @cached_property
    def voigt(self) -> IsotropicModuli:
        """Averages of a polycrystal of uniform strain: upper bounds of K and G.

        References
        ----------
        W. Voigt, Lehrbuch der Kristallphysik, Teubner (1928).
        """
        return self._average("k_voigt", "g_voigt")

    @cached_property
    def reuss(self) -> IsotropicModuli:
        """Averages of a polycrystal of uniform stress: lower bounds of K and G.

        References
        ----------
        A. Reuss, Z. Angew. Math. Mech. 9, 49 (1929), 10.1002/zamm.19290090104.
        """
        return self._average("k_reuss", "g_reuss")

    @property
    def hill(self) -> IsotropicModuli:
        """Means of the Voigt and Reuss averages of K and G, with the E and Poisson's ratio that they imply.

        References
        ----------
        R. Hill, Proc. Phys. Soc. A 65, 349 (1952), 10.1088/0370-1298/65/5/307.
        """
        return IsotropicModuli((self.voigt.K + self.reuss.K) / 2, (self.voigt.G + self.reuss.G) / 2)

    @property
    def universal_anisotropy(self) -> float:
        """5 G_V/G_R + K_V/K_R - 6, zero for an isotropic crystal.

        References
        ----------
        S. I. Ranganathan and M. Ostoja-Starzewski, Phys. Rev. Lett. 101, 055504 (2008),
        10.1103/PhysRevLett.101.055504.
        """
        return 5 * self.voigt.G / self.reuss.G + self.voigt.K / self.reuss.K - 6

    def youngs_modulus(self, direction: ArrayLike) -> Any:
        """Young's modulus along directions, GPa; see `youngs_modulus`."""
        return youngs_modulus(self.C, direction)

    def linear_compressibility(self, direction: ArrayLike) -> Any:
        """Relative shortening along a direction per hydrostatic pressure, 1/GPa."""
        return _single(compressibility(self.compliance, unit_directions(direction)), direction)

    def shear_modulus(self, direction: ArrayLike, second: ArrayLike) -> Any:
        """Shear modulus of a plane normal to one direction sheared along another, GPa (symmetric in both).

        Parameters
        ----------
        direction, second : array_like, shape (3,) or (k, 3)
            Cartesian, at right angles.

        Returns
        -------
        float or ndarray, shape (k,)
            G(u, v) = 1 / (4 S_ijkl u_i v_j u_k v_l).

        Raises
        ------
        ElasticityError
            If they are not at right angles.

        References
        ----------
        A. Marmier et al., Comput. Phys. Commun. 181, 2102 (2010), 10.1016/j.cpc.2010.08.033.
        """
        return _single(shear(self.compliance, *orthogonal_pairs(direction, second)), direction, second)

    def poissons_ratio(self, direction: ArrayLike, second: ArrayLike) -> Any:
        """Contraction along `second` on pulling along `direction`, per elongation; negative: auxetic.

        Parameters
        ----------
        direction, second : array_like, shape (3,) or (k, 3)
            Cartesian, at right angles.

        Returns
        -------
        float or ndarray, shape (k,)
            nu(u, v) = -S_ijkl u_i u_j v_k v_l / S_ijkl u_i u_j u_k u_l.

        Raises
        ------
        ElasticityError
            If they are not at right angles.
        """
        return _single(poisson(self.compliance, *orthogonal_pairs(direction, second)), direction, second)

    def extremes(self, prop: str) -> Extremes:
        """Smallest and largest value of a property over all directions, and where.

        Parameters
        ----------
        prop : {"youngs_modulus", "linear_compressibility", "shear_modulus", "poissons_ratio"}

        Returns
        -------
        Extremes
            In the units of the method of that name.

        Raises
        ------
        ElasticityError
            If the property is unknown or the crystal unstable, whose values have poles.

        Examples
        --------
        >>> C = np.diag([40.0, 40.0, 40.0, 8.0, 8.0, 8.0]) + np.kron([[1, 0], [0, 0]], 10 * (1 - np.eye(3)))
        >>> extremes = ElasticTensor(C).extremes("youngs_modulus")
        >>> round(extremes.min.value, 2), round(extremes.max.value, 2), np.abs(extremes.min.direction).round(2).tolist()
        (21.18, 36.0, [0.58, 0.58, 0.58])
        """
        if prop not in _PROPERTIES:
            raise ElasticityError(f"no property is called {prop!r}", remedy=f"choose one of {', '.join(_PROPERTIES)}")
        if not self.born_stable:
            raise ElasticityError("the crystal is unstable: its moduli have no extremes", remedy="check the tensor")
        return extremes(self.compliance, _PROPERTIES[prop])

    def rotated(self, rotation: ArrayLike) -> ElasticTensor:
        """Return the tensor after rotating the crystal.

        Parameters
        ----------
        rotation : array_like, shape (3, 3)
            Proper or improper rotation matrix.

        Raises
        ------
        ElasticityError
            If the matrix is not orthogonal.
        """
        R = np.asarray(rotation, dtype=float)
        if R.shape != (3, 3) or not np.allclose(R @ R.T, np.eye(3), atol=1e-8):
            raise ElasticityError("not a rotation matrix")
        turn = kelvin_rotation(R)
        return ElasticTensor(from_kelvin(turn @ kelvin(self.C) @ turn.T))

    def symmetrised(self, structure: Structure, tolerance: float = 0.01) -> ElasticTensor:
        """Average over the point group of a crystal.

        Parameters
        ----------
        structure : pymatgen Structure
            Crystal whose Cartesian frame is that of the tensor.
        tolerance : float
            Distance in Å within which atoms count as equivalent.

        Raises
        ------
        ElasticityError
            If no symmetry can be determined, as for a crystal with two atoms on one place.
        """
        from pymatgen.symmetry.analyzer import SymmetryUndeterminedError

        try:
            averaged = self._pymatgen.fit_to_structure(structure, symprec=tolerance)
        except (SymmetryUndeterminedError, ValueError, TypeError) as error:
            raise ElasticityError(
                f"the symmetry of {structure.composition.reduced_formula} cannot be determined: {error}",
                remedy="inspect the structure, or change the tolerance",
            ) from error
        return ElasticTensor(np.asarray(averaged.voigt))

    def symmetry_residual(self, structure: Structure, tolerance: float = 0.01) -> float:
        """Largest change of a component by `symmetrised`, as a share of the largest component.

        Zero for a tensor that obeys the crystal's point group; it shows a tensor given in another frame than
        that of the structure, or a noisy one.

        Parameters
        ----------
        structure, tolerance
            As for `symmetrised`.

        Examples
        --------
        >>> from pymatgen.core import Lattice, Structure
        >>> copper = Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.6), ["Cu"], [[0, 0, 0]])
        >>> C = np.diag([168.0, 168.0, 168.0, 75.0, 75.0, 75.0]) + np.kron([[1, 0], [0, 0]], 121 * (1 - np.eye(3)))
        >>> ElasticTensor(C).symmetry_residual(copper) < 1e-12
        True
        >>> C[0, 0] += 16.8
        >>> round(ElasticTensor(C).symmetry_residual(copper), 4)
        0.0606
        """
        change = self.symmetrised(structure, tolerance).C - self.C
        return float(abs(change).max() / abs(self.C).max())

    def in_plane(self, normal: ArrayLike) -> dict[str, Any]:
        """Young's modulus over the directions of a sheet plane.

        Parameters
        ----------
        normal : array_like, shape (3,)
            Normal of the plane.

        Returns
        -------
        dict
            ``mean``, ``min``, ``max`` (GPa) and ``min_direction``, ``max_direction`` (unit vectors).
        """
        return sheet_plane(self, normal)

    def out_of_plane(self, normal: ArrayLike) -> float:
        """Young's modulus along the normal of the sheets, GPa."""
        return float(self.youngs_modulus(normal))

    def moduli(self, normal: ArrayLike) -> dict[str, Any]:
        """Return the moduli that the data set and the models use.

        Parameters
        ----------
        normal : array_like, shape (3,) or (3, 3)
            Slab normal; or, for a 3D network, its three pseudo-cubic axes as rows, over whose planes and
            directions the in-plane and out-of-plane values are averaged.

        Returns
        -------
        dict
            ``E_in_plane``, ``E_in_plane_min``, ``E_in_plane_max``, ``E_out_of_plane``, ``E_vrh``, ``K_vrh``,
            ``G_vrh`` (GPa), ``poisson_vrh``, ``universal_anisotropy``, ``born_stable``; of an unstable crystal all
            numbers are NaN.
        """
        return sheet_moduli(self, normal)

    def __repr__(self) -> str:
        if not self.born_stable:
            return f"<ElasticTensor, unstable: lowest eigenvalue {self.eigenvalues[0]:.2f} GPa>"
        return f"<ElasticTensor K = {self.hill.K:.2f} GPa, G = {self.hill.G:.2f} GPa, stable>"
