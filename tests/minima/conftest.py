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
        # Bonds: every halide, and then its two nearest metals, in adjacent rows.
        halides, bonds = np.flatnonzero(np.isin(symbols, list(BOND))), []
        for x in halides:
            metals = np.flatnonzero((i == x) & (np.isin(symbols[j], ["Pb", "Sn"])))
            bonds += metals[np.argsort(d[metals], kind="stable")[:2]].tolist()
        x, m, v, length = i[bonds], j[bonds], vectors[bonds], d[bonds]
        ideal = np.array([BOND[s] for s in symbols[x]])
        self.add(10 * (length - ideal) ** 2, (x, m, v, 20 * ((length - ideal) / length)[:, None] * v))
        # Bridges: metals that share a halide.
        apart = v[::2] - v[1::2]
        far, wanted = np.linalg.norm(apart, axis=1), 2 * SHORTER * ideal[::2]
        pull = (2 * (far - wanted) / far)[:, None] * apart
        self.add((far - wanted) ** 2, (x[::2], m[::2], v[::2], pull), (x[1::2], m[1::2], v[1::2], -pull))
        # Octahedra: right angles.
        pairs = [pair for metal in sorted(set(m)) for pair in combinations(np.flatnonzero(m == metal), 2)]
        a, b = np.array(pairs).T
        scale = 1 / ideal[a] ** 2
        cosine = (v[a] * v[b]).sum(axis=1) * scale
        error = np.where(cosine > -0.6, cosine, cosine + 1)
        slope = (error * scale)[:, None]
        self.add(0.5 * error**2, (x[a], m[a], v[a], slope * v[b]), (x[b], m[b], v[b], slope * v[a]))
        # Caesium: pushed by near halides.
        k = np.flatnonzero((symbols[i] == "Cs") & np.isin(symbols[j], list(BOND)))
        push = 0.01 * np.exp(-(d[k] - 3.9) / 0.4)
        self.add(
            push - 0.01 * np.exp(-(6.0 - 3.9) / 0.4),
            (i[k], j[k], vectors[k], (-push / 0.4 / d[k])[:, None] * vectors[k]),
        )
        stress = self.virial / atoms.get_volume()
        stress = 0.5 * (stress + stress.T)
        self.results = {
            "energy": self.energy,
            "forces": self.forces,
            "stress": stress.ravel()[[0, 4, 8, 5, 2, 1]],
        }

    def add(self, energies, *parts):
        """Add terms with their derivatives by bond vectors: from, to, vector, derivative."""
        self.energy += float(energies.sum())
        for source, target, vector, slope in parts:
            np.add.at(self.forces, source, slope)
            np.add.at(self.forces, target, -slope)
            self.virial += vector.T @ slope


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
