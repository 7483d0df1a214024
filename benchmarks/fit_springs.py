"""Fit the springs of the model Hessian to full Hessians of an interatomic potential.

The Hessians of released crystals (names of the data set) are computed once, with the response to strain, and kept in
FOLDER. The springs are those with the least Stein divergence tr(P^-1 H) - log det(P^-1 H) - n, which is zero where the
model P equals H and counts directions that are too stiff and too soft alike, as a preconditioner needs it; curvatures
of H below 0.02 eV/A^2 count as that. What is printed: the table for `perovex/elasticity/springs.py`, and for every
crystal the divergence and the calls of a linear response with the model as its preconditioner, as fitted and with
springs that were fitted without the crystal (in folds), and the error of that response against the full Hessian.

``python benchmarks/fit_springs.py s01_PbI_n1 s14_PbI_n1 --hessians FOLDER``
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ase import Atoms
from pymatgen.io.ase import AseAtomsAdaptor
from scipy.optimize import minimize
from tqdm import tqdm

from perovex.datasets import load_elastic
from perovex.elasticity import springs, surrogate
from perovex.elasticity.potentials.by_name import DEFAULT_POTENTIAL, make_calculator
from perovex.elasticity.relaxation.springs import SPRINGS, Spring
from perovex.elasticity.response.differences import Clamped, clamped_response, hessian_products
from perovex.elasticity.response.linear_response import ResponseSettings, respond
from perovex.elasticity.response.subspace import Subspace
from perovex.elasticity.response.symmetry import Packed
from perovex.elasticity.surface import EV_PER_A3_IN_GPA, Point, Surface, length_scale

SOFTEST = 0.02  # eV/A^2
PRIOR = 3e-5  # weight of a parameter's squared distance from the table in force
KINDS = list(SPRINGS)
BOUNDS = [(-9, 6)] * len(KINDS) + [(np.log(0.2), 0.0)] * len(KINDS) + [(-8, -0.5)] * len(KINDS) + [(-8, -2)] * 2


def compute(name, potential, folder):
    """Compute the full Hessian and the response to strain of a released crystal, unless FOLDER has them."""
    path = folder / f"{name}.npz"
    if path.exists():
        return path
    data = load_elastic(potential=potential)
    atoms = AseAtomsAdaptor.get_atoms(data.structures[data.table.index[data.table["crystal_id"] == name][0]])
    surface = Surface(atoms, make_calculator(potential), 4)
    point = surface.evaluate(atoms.positions, atoms.cell[:])
    clamped = clamped_response(surface, point, ResponseSettings.strain)
    rows = np.eye(3 * len(atoms))
    parts = [[Packed(row, None) for row in rows[k : k + 2]] for k in range(0, len(rows), 2)]
    columns = [hessian_products(surface, point, p, ResponseSettings.displacement) for p in tqdm(parts, desc=name)]
    hessian = np.hstack(columns)
    basics = {"numbers": atoms.numbers, "positions": atoms.positions, "cell": atoms.cell[:]}
    np.savez(path, H=0.5 * (hessian + hessian.T), tensor=clamped.tensor, forces=clamped.forces, **basics)
    return path


@dataclass
class Crystal:
    """A crystal with its Hessian over displacements and scaled strains, translations made stiff."""

    name: str
    point: Point
    atoms: Atoms
    scale: float
    H: np.ndarray
    clamped: Clamped
    target: np.ndarray
    shift: np.ndarray
    pairs: springs.Pairs
    ways: list  # derivatives (pairs, 3N + 6) of the relative position along the pair and along x, y, z

    @classmethod
    def load(cls, path):
        """Read what `compute` wrote."""
        d = np.load(path)
        atoms = Atoms(numbers=d["numbers"], positions=d["positions"], cell=d["cell"], pbc=True)
        n = len(atoms)
        point = Point(atoms.positions, atoms.cell[:], 0.0, np.zeros((n, 3)), np.zeros(6))
        scale = length_scale(point)
        mixed, strains = -d["forces"] / scale, d["tensor"] * point.volume / EV_PER_A3_IN_GPA / scale**2
        shift = np.vstack([np.kron(np.ones((n, 1)) / np.sqrt(n), np.eye(3)), np.zeros((6, 3))])
        H = np.block([[d["H"], mixed], [mixed.T, strains]])
        H = H - shift @ (shift.T @ H)
        H = H - (H @ shift) @ shift.T + shift @ shift.T
        values, vectors = np.linalg.eigh(H)
        target = (vectors * np.maximum(abs(values), SOFTEST)) @ vectors.T
        pairs = springs.classify_pairs(atoms)
        unit = pairs.vector / pairs.length[:, None]
        lines = [unit, *(np.tile(axis, (len(unit), 1)) for axis in np.eye(3))]
        ways = [surrogate.pair_derivatives(pairs, line, n, scale) for line in lines]
        clamped = Clamped(d["tensor"], d["forces"])
        return cls(Path(path).stem, point, atoms, scale, d["H"], clamped, target, shift, pairs, ways)

    def model(self, table, floor, cell_floor):
        """Model Hessian (3N + 6)^2 with the springs of a table."""
        along, around = springs.curvature(self.pairs, table)
        P = surrogate.spring_hessian(self.pairs, along, around, len(self.atoms), self.scale)
        P[np.diag_indices(len(P))] += floor
        P[-6:, -6:] += np.eye(6) * cell_floor * self.scale
        return P

    def divergence(self, table, floor, cell_floor):
        """Stein divergence per coordinate, and its derivative with the model Hessian."""
        P = self.model(table, floor, cell_floor)
        P += self.shift @ (np.eye(3) - self.shift.T @ P @ self.shift) @ self.shift.T
        inverse = np.linalg.inv(P)
        ratio = inverse @ self.target
        value = np.trace(ratio) - np.linalg.slogdet(ratio)[1] - len(P)
        return value / len(P), (inverse - ratio @ inverse) / len(P)

    def calls(self, table, floor, cell_floor):
        """Calls of the linear response with a preconditioner from springs, and its error in GPa."""
        counted = _Harmonic(self)
        model = self.model(table, floor, cell_floor)[:-6, :-6]
        found = respond(counted, self.point, self.clamped, model, Subspace.empty(len(model)), ResponseSettings())
        H = self.H + 1e3 * self.shift[:-6] @ self.shift[:-6].T
        relaxed = self.clamped.forces.T @ np.linalg.solve(H, self.clamped.forces)
        exact = self.clamped.tensor - relaxed * EV_PER_A3_IN_GPA / self.point.volume
        return counted.calls, float(abs(found.tensor - exact).max())


class _Harmonic:
    """Surface of a crystal whose forces follow from its Hessian."""

    batch = 4

    def __init__(self, crystal):
        self.crystal, self.calls = crystal, 0

    def displaced(self, point, steps):
        self.calls += len(steps)
        forces = [-(self.crystal.H @ step).reshape(-1, 3) for step in steps]
        return [Point(point.positions, point.cell, 0.0, f, np.zeros(6)) for f in forces]


def pack(table, floor, cell_floor):
    """Turn springs into parameters without bounds to mind."""
    a, d, t = (np.array([table[k][c] for k in KINDS], float) for c in range(3))
    return np.concatenate([np.log(a), np.log(d), np.log(t / (1 - t)), np.log([floor, cell_floor])])


def unpack(x):
    """Turn parameters into springs."""
    a, d, t = np.exp(x[:-2]).reshape(3, -1)
    table = {k: Spring(*map(float, v), SPRINGS[k].reference) for k, *v in zip(KINDS, a, d, t / (1 + t), strict=True)}
    return table, *map(float, np.exp(x[-2:]))


def loss(x, crystals, start):
    """Mean Stein divergence with a weak pull to the start, and its gradient."""
    table, floor, cell_floor = unpack(x)
    number, gradient, value = len(KINDS), np.zeros_like(x), 0.0
    for c in crystals:
        found, G = c.divergence(table, floor, cell_floor)
        value += found
        along, around = springs.curvature(c.pairs, table)
        kind = np.array([KINDS.index(k) for k in c.pairs.kind])
        decay, share = (np.array([table[k][n] for k in KINDS])[kind] for n in (1, 2))
        slopes = [np.asarray(way.multiply(way @ G).sum(axis=1)).ravel() for way in c.ways]
        k, across = along + around, sum(slopes[1:])
        total = k * ((1 - share) * slopes[0] + share * across)
        np.add.at(gradient, kind, total)
        np.add.at(gradient, number + kind, total * (c.pairs.length - c.pairs.reference) / decay)
        np.add.at(gradient, 2 * number + kind, k * (across - slopes[0]) * share * (1 - share))
        inner = G - c.shift @ (c.shift.T @ G)
        gradient[-2] += floor * np.trace(inner)
        gradient[-1] += cell_floor * c.scale * np.trace(G[-6:, -6:])
    pull = PRIOR * float(((x - start) ** 2).sum())
    return value / len(crystals) + pull, gradient / len(crystals) + 2 * PRIOR * (x - start)


def fit(crystals, start, iterations):
    """Springs with the least divergence, as parameters."""
    options = {"maxiter": iterations}
    return minimize(loss, start, (crystals, start), jac=True, method="L-BFGS-B", bounds=BOUNDS, options=options).x


def main():
    """Compute, fit and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+", help="crystals of the data set")
    parser.add_argument("--hessians", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--potential", default=DEFAULT_POTENTIAL)
    parser.add_argument("--folds", type=int, default=4, help="0 scores the fitted springs only")
    parser.add_argument("--iterations", type=int, default=150)
    args = parser.parse_args()
    args.hessians.mkdir(parents=True, exist_ok=True)
    crystals = [Crystal.load(compute(name, args.potential, args.hessians)) for name in args.names]
    start = pack(SPRINGS, surrogate.FLOOR, surrogate.CELL_FLOOR)
    fitted = fit(crystals, start, args.iterations)
    table, floor, cell_floor = unpack(fitted)
    for kind, spring in table.items():
        values = ", ".join(f"{v:.3g}" for v in spring if v is not None)
        print(f'    "{kind}": Spring({values}),')
    print(f"FLOOR = {floor:.2g}\nCELL_FLOOR = {cell_floor:.2g}")
    print(f"{'crystal':16s} {'atoms':>5s}  {'in force':>24s}  {'fitted':>24s}  {'fitted without it':>24s}")
    for fold in range(max(args.folds, 1)):
        rest = [c for k, c in enumerate(crystals) if k % max(args.folds, 1) != fold]
        sets = [start, fitted, *([fit(rest, start, args.iterations)] if args.folds else [])]
        for c in crystals[fold :: max(args.folds, 1)]:
            cells = []
            for x in sets:
                calls, error = c.calls(*unpack(x))
                cells.append(f"{c.divergence(*unpack(x))[0]:6.3f} {calls:4d} calls {error:.3f} GPa")
            print(f"{c.name:16s} {len(c.atoms):5d}  {'  '.join(cells)}", flush=True)


if __name__ == "__main__":
    main()
