"""Networks of octahedra that are neither (100) sheets nor 3D perovskites, generated for the tests."""

from __future__ import annotations

import numpy as np
from pymatgen.core import Lattice, Structure

from perovex.crystal.examples import cation


def vacancy_ordered(metal="Sn", halide="I", cage="Cs"):
    """Cs2SnI6, K2PtCl6 type: Fm-3m, 11.65 Å, x = 0.245 (W. Werker, Recl. Trav. Chim. Pays-Bas 58, 257, 1939)."""
    frame = Structure.from_spacegroup("Fm-3m", Lattice.cubic(11.65), [metal, halide], [[0, 0, 0], [0.245, 0, 0]])
    symbols, rows = cation(cage)
    heavy = np.array([symbol != "H" for symbol in symbols])
    quarters = [(a, b, c) for a in (0.25, 0.75) for b in (0.25, 0.75) for c in (0.25, 0.75)]
    for quarter in quarters:
        for symbol, row in zip(symbols, rows - rows[heavy].mean(axis=0), strict=True):
            frame.append(symbol, np.array(quarter) * 11.65 + row, coords_are_cartesian=True)
    return frame


def layers_111(sheets, bond=2.9, gap=4.0):
    """Slabs cut from the cubic network between planes of cations: A(n+1) B(n) X(3n+3), as Cs3Bi2I9 for n = 2."""
    spacing = 2 * bond / np.sqrt(3)  # of (111) planes of metals
    a = 2 * bond * np.sqrt(2)
    height = sheets + 1
    lattice = np.array([[a, 0, 0], [-a / 2, a * np.sqrt(3) / 2, 0], [0, 0, height * spacing]])
    stack = [np.zeros(2), np.array([1 / 3, 2 / 3]), np.array([2 / 3, 1 / 3])]
    symbols, frac = [], []
    for k in range(sheets):
        symbols.append("Bi")
        frac.append([*stack[k % 3], (k + 0.5) / height])
    for k in range(sheets + 1):  # the plane of cations and halides between metal planes k - 1 and k
        base = stack[(k + 1) % 3]
        for symbol, shift in (("Cs", (0, 0)), ("I", (0.5, 0)), ("I", (0, 0.5)), ("I", (0.5, 0.5))):
            symbols.append(symbol)
            frac.append([*(base + shift), k / height])
    places = np.array(frac) @ lattice
    lattice[2, 2] += gap
    return Structure(lattice, symbols, places, coords_are_cartesian=True)


def ideal(centres, lattice, bond=3.0):
    """Regular octahedra along x, y and z at the given centres; halides that coincide are one."""
    structure = Structure(Lattice(lattice), ["Pb"] * len(centres), centres, coords_are_cartesian=True)
    for centre in centres:
        for point in np.asarray(centre) + bond * np.vstack([np.eye(3), -np.eye(3)]):
            if not structure.get_sites_in_sphere(point, 0.1):
                structure.append("I", point, coords_are_cartesian=True)
    return structure


def sheet_110():
    """One (110) sheet in a cell 13 Å wide: two of six halides of a metal are terminal, cis to each other."""
    return ideal([[0, 0, 0], [6, 0, 0]], [[6.0, 6, 0], [0, 0, 6], [13, -13, 0]])


def corner_chain():
    """A straight chain of octahedra that share opposite corners."""
    return ideal([[0, 0, 0]], np.diag([6.0, 13, 13]))


def edge_chain():
    """A chain of octahedra that share edges."""
    return ideal([[0, 0, 0]], [[3.0, 3, 0], [8, -8, 0], [0, 0, 14]])
