"""A perovskite made of springs: straight octahedra are a saddle, tilted ones are minima."""

from itertools import combinations

import numpy as np
import pytest
from ase.calculators.calculator import Calculator, all_changes
from ase.neighborlist import primitive_neighbor_list

from perovex.crystal import perceive
from perovex.crystal.examples import cubic
from perovex.minima import Compound, SearchSettings, Start, search_minima

BOND = {"I": 3.15, "Br": 3.0, "Cl": 2.85}
SHORTER = 0.94  # metals joined by a halide want to be this much nearer than two bonds: bridges bend


class Octahedra(Calculator):
    """Stiff octahedra whose bridges want to be bent, and caesium that is pushed by halides.

    All terms depend on bond vectors: of every halide to its two nearest metals, and of caesium to near halides.
    """

    implemented_properties = ("energy", "forces", "stress")
    calls = 0

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        type(self).calls += 1
        symbols = np.array(atoms.get_chemical_symbols())
        i, j, d, vectors = primitive_neighbor_list("ijdD", (True,) * 3, atoms.cell.array, atoms.positions, 6.0)
        self.forces, self.virial, self.energy = np.zeros((len(atoms), 3)), np.zeros((3, 3)), 0.0
        bonds = []  # halide, metal, from the halide to the metal, ideal length
        for x in np.flatnonzero(np.isin(symbols, list(BOND))):
            metals = np.flatnonzero((i == x) & (symbols[j] == "Pb"))
            nearest = metals[np.argsort(d[metals], kind="stable")[:2]]
            bonds += [(x, j[k], vectors[k], BOND[symbols[x]]) for k in nearest]
        for x, m, v, r in bonds:
            length = np.linalg.norm(v)
            self.add(10 * (length - r) ** 2, [(x, m, v, 20 * (length - r) * v / length)])
        for (x, m, v, r), (_, o, w, _) in zip(bonds[::2], bonds[1::2], strict=True):
            apart, far = v - w, np.linalg.norm(v - w)
            pull = 2.0 * (far - 2 * SHORTER * r) * apart / far
            self.add(1.0 * (far - 2 * SHORTER * r) ** 2, [(x, m, v, pull), (x, o, w, -pull)])
        for metal in np.flatnonzero(symbols == "Pb"):
            own = [bond for bond in bonds if bond[1] == metal]
            for (x, _, v, r), (y, _, w, _) in combinations(own, 2):
                cosine = v @ w / r**2
                error = cosine if cosine > -0.6 else cosine + 1
                self.add(0.5 * error**2, [(x, metal, v, error * w / r**2), (y, metal, w, error * v / r**2)])
        for k in np.flatnonzero((symbols[i] == "Cs") & np.isin(symbols[j], list(BOND))):
            push = 0.01 * np.exp(-(d[k] - 3.9) / 0.4) - 0.01 * np.exp(-(6.0 - 3.9) / 0.4)
            slope = -0.01 * np.exp(-(d[k] - 3.9) / 0.4) / 0.4
            self.add(push, [(i[k], j[k], vectors[k], slope * vectors[k] / d[k])])
        stress = self.virial / atoms.get_volume()
        stress = 0.5 * (stress + stress.T)
        self.results = {
            "energy": self.energy,
            "forces": self.forces,
            "stress": stress.ravel()[[0, 4, 8, 5, 2, 1]],
        }

    def add(self, energy, parts):
        """Add a term with its derivatives by bond vectors (from, to, vector, derivative)."""
        self.energy += float(energy)
        for source, target, vector, slope in parts:
            self.forces[source] += slope
            self.forces[target] -= slope
            self.virial += np.outer(vector, slope)


@pytest.fixture
def springs():
    Octahedra.calls = 0
    return Octahedra()


def start(name, structure):
    return Start(name, structure, Compound.of(perceive(structure)), "made for the test")


@pytest.fixture(scope="session")
def straight():
    """The cubic cell of one octahedron."""
    return start("straight", cubic("Pb", "I", "Cs"))


@pytest.fixture(scope="session")
def searched(straight, tmp_path_factory):
    """Folder and outcomes of a search from the cubic cell by two tilts and the rattles of what they found."""
    out = tmp_path_factory.mktemp("searched")
    settings = SearchSettings(("given", "tilt", "rattle"), max_candidates=5)
    return out, list(search_minima([straight], out, settings=settings, calculator=Octahedra(), potential="springs"))
