"""Transformations that leave a crystal the same, and what must not change under them."""

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from scipy.spatial.transform import Rotation


def rotated(structure, seed):
    turn = Rotation.random(random_state=seed).as_matrix()
    lattice = structure.lattice.matrix @ turn.T
    return Structure(Lattice(lattice), structure.species, structure.frac_coords)


def permuted(structure, seed):
    order = np.random.default_rng(seed).permutation(len(structure))
    return Structure.from_sites([structure[int(i)] for i in order])


def shifted(structure, seed):
    move = np.random.default_rng(seed).uniform(-1.5, 1.5, 3)
    return Structure(structure.lattice, structure.species, structure.frac_coords + move)


def scattered(structure, seed):
    """Atoms in arbitrary periodic images: molecules no longer lie whole in the file."""
    image = np.random.default_rng(seed).integers(-2, 3, (len(structure), 3))
    return Structure(structure.lattice, structure.species, structure.frac_coords + image)


def skewed(structure, seed):
    shear = np.array([[1, 1, 0], [0, 1, 0], [2, -1, 1]])
    lattice = Lattice(shear @ structure.lattice.matrix)
    return Structure(lattice, structure.species, structure.cart_coords, coords_are_cartesian=True)


def left_handed(structure, seed):
    """Same crystal, cell vectors in another order: a left-handed basis."""
    order = [1, 0, 2]
    return Structure(Lattice(structure.lattice.matrix[order]), structure.species, structure.frac_coords[:, order])


def doubled(structure, seed):
    return structure * (2, 1, 2)


def niggli(structure, seed):
    return structure.get_reduced_structure("niggli")


TRANSFORMS = {f.__name__: f for f in (rotated, permuted, shifted, scattered, skewed, left_handed, doubled, niggli)}


@pytest.fixture(params=sorted(TRANSFORMS))
def transform(request):
    return lambda structure: TRANSFORMS[request.param](structure, seed=7)
