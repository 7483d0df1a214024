"""Molecules without (all) their hydrogens: bond orders by length, aromatic rings by theirs, amines protonated."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from rdkit import Chem
from rdkit.rdBase import BlockLogs
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_ORDERS = {1: Chem.BondType.SINGLE, 2: Chem.BondType.DOUBLE, 3: Chem.BondType.TRIPLE}
#: Bonds shorter than this, Å, are double; longer bonds of a ring are not aromatic.
_DOUBLE = {("C", "C"): 1.36, ("C", "N"): 1.31, ("C", "O"): 1.28, ("N", "O"): 1.32, ("C", "S"): 1.68}
_TRIPLE = {("C", "C"): 1.25, ("C", "N"): 1.20}
_AROMATIC = {("C", "C"): 1.46, ("C", "N"): 1.42, ("N", "N"): 1.40, ("C", "S"): 1.80, ("C", "O"): 1.42, ("N", "S"): 1.75}
_AROMATIC_MEAN = 1.43
#: Degrees; at a sharper angle than this no double bond ends.
_SHARPEST_DOUBLE = 117.0


def believable_lengths(
    symbols: Sequence[str], bonds: NDArray[np.int64], lengths: NDArray[np.float64], cart: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Lengthen bonds at the ends of chains that are as short as double bonds at the angle of a single one.

    Thermal motion and disorder shorten the last bond of an alkyl chain; its angle stays that of a single bond.

    Parameters
    ----------
    symbols : sequence of str
        Elements.
    bonds : ndarray of int, shape (l, 2)
        Bonded pairs.
    lengths : ndarray, shape (l,)
        Å.
    cart : ndarray, shape (m, 3)
        Coordinates, Å.

    Returns
    -------
    ndarray, shape (l,)
        Å; 1.53 in place of what cannot be believed.
    """
    around: dict[int, list[int]] = {}
    for a, b in bonds.tolist():
        around.setdefault(a, []).append(b)
        around.setdefault(b, []).append(a)
    believed = lengths.copy()
    for k, (a, b) in enumerate(bonds.tolist()):
        if symbols[a] != "C" or symbols[b] != "C" or lengths[k] >= _DOUBLE["C", "C"]:
            continue
        for end, inner in ((a, b), (b, a)):
            others = [o for o in around[inner] if o != end and symbols[o] != "H"]
            if len(around[end]) == 1 and len(others) == 1 and _angle(cart, end, inner, others[0]) < _SHARPEST_DOUBLE:
                believed[k] = 1.53
    return believed


def _angle(cart: NDArray[np.float64], a: int, middle: int, b: int) -> float:
    one, two = cart[a] - cart[middle], cart[b] - cart[middle]
    cosine = one @ two / (np.linalg.norm(one) * np.linalg.norm(two))
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def imply_hydrogens(
    symbols: Sequence[str], bonds: NDArray[np.int64], lengths: NDArray[np.float64], protons: int = 0
) -> tuple[Any, int] | None:
    """Read a molecule without (all) its hydrogens.

    How many hydrogens a file happens to list for an amine says nothing about its charge: terminal amines are taken
    as ammonium, other basic nitrogens as far as asked.

    Parameters
    ----------
    symbols : sequence of str
        Elements.
    bonds : ndarray of int, shape (l, 2)
        Bonded pairs.
    lengths : ndarray, shape (l,)
        Å.
    protons : int, default=0
        On how many other basic nitrogens (aliphatic amines before pyridines) a proton is put.

    Returns
    -------
    mol : rdkit.Chem.Mol
    charge : int
        Or None where there are not so many basic nitrogens.
    """
    heavy = np.array([s != "H" for s in symbols])
    orders = [_order_by_length(symbols[a], symbols[b], d) for (a, b), d in zip(bonds, lengths, strict=True)]
    _order_rings(symbols, bonds, lengths, orders)
    shared = _amidinium_nitrogens(symbols, bonds, orders, heavy)
    total = np.zeros(len(symbols), dtype=int)
    acyl: set[int] = set()
    for (a, b), order in zip(bonds.tolist(), orders, strict=True):
        total[[a, b]] += order * heavy[[b, a]]
        if order == 2 and "O" in (symbols[a], symbols[b]):
            acyl.update((a, b))
    degree = np.bincount(bonds.ravel(), minlength=len(symbols))
    amides: set[int] = set()
    for a, b in bonds.tolist():
        for nitrogen, other in ((a, b), (b, a)):
            if symbols[nitrogen] == "N" and other in acyl:
                amides.add(nitrogen)
    charged = set()
    for k, symbol in enumerate(symbols):
        lone = total[k] == 1 and k not in amides and k not in shared
        if symbol == "N" and (lone or total[k] == 4 or degree[k] == 4 or shared.get(k)):
            charged.add(k)
    basic = [k for k in _basic(symbols, bonds, orders, total) if k not in charged | amides | set(shared)]
    if protons > len(basic):
        return None
    charged.update(basic[:protons])
    return _molecule(symbols, bonds, orders, charged), len(charged)


def _molecule(symbols: Sequence[str], bonds: NDArray[np.int64], orders: Sequence[int], charged: set[int]) -> Any:
    mol = Chem.RWMol()
    for k, symbol in enumerate(symbols):
        atom = Chem.Atom(symbol)
        atom.SetFormalCharge(int(k in charged))
        mol.AddAtom(atom)
    for (a, b), order in zip(bonds.tolist(), orders, strict=True):
        mol.AddBond(a, b, _ORDERS[order])
    plain = mol.GetMol()
    with BlockLogs():
        if Chem.SanitizeMol(plain, catchErrors=True):
            plain.UpdatePropertyCache(strict=False)
    return plain


def _basic(
    symbols: Sequence[str], bonds: NDArray[np.int64], orders: Sequence[int], total: NDArray[np.int64]
) -> list[int]:
    """Nitrogens that may take a proton: aliphatic secondary and tertiary amines, then those with a double bond.

    The latter are nitrogens of aromatic rings (pyridine) and of imines.
    """
    order_of_bond = np.asarray(orders)
    unsaturated = set(bonds[order_of_bond > 1].ravel().tolist())
    in_double_bonds = set(bonds[order_of_bond == 2].ravel().tolist())
    beside: set[int] = set()
    for first, second in bonds.tolist():
        if second in unsaturated:
            beside.add(first)
        if first in unsaturated:
            beside.add(second)
    nitrogens = [k for k, symbol in enumerate(symbols) if symbol == "N"]
    saturated = [k for k in nitrogens if k not in unsaturated and k not in beside]
    amines = [k for k in saturated if total[k] in {2, 3}]
    double_bonded = [k for k in nitrogens if k in in_double_bonds and total[k] == 3]
    return amines + double_bonded


def _order_by_length(a: str, b: str, length: float) -> int:
    pair = (min(a, b), max(a, b))
    if length < _TRIPLE.get(pair, 0.0):
        return 3
    return 2 if length < _DOUBLE.get(pair, 0.0) else 1


def _order_rings(
    symbols: Sequence[str], bonds: NDArray[np.int64], lengths: NDArray[np.float64], orders: list[int]
) -> None:
    """Give rings of five to seven atoms with short bonds alternating double bonds, in `orders`."""
    n_parts = connected_components(coo_array((np.ones(len(bonds)), tuple(bonds.T)), shape=(len(symbols),) * 2))[0]
    if len(bonds) == len(symbols) - n_parts:  # no ring, and no need for the library that finds them
        return
    import networkx as nx  # slow to import

    graph = nx.Graph(bonds.tolist())
    place = {frozenset(bond): k for k, bond in enumerate(bonds.tolist())}
    members: set[int] = set()
    edges: set[int] = set()
    for ring in nx.minimum_cycle_basis(graph):
        if len(ring) not in {5, 6, 7}:
            continue
        around = _in_order(graph, ring)
        mine = [place[frozenset(pair)] for pair in pairwise([*around, around[0]])]
        if _is_aromatic(symbols, bonds, lengths, mine):
            members.update(ring)
            edges.update(mine)
    if not edges:
        return
    outside = [n for n, order in enumerate(orders) if order > 1 and n not in edges]
    double_outside = set(bonds[outside].ravel().tolist())
    ring_bonds = nx.Graph()
    for k in sorted(edges):
        a, b = bonds[k].tolist()
        orders[k] = 1
        if {symbols[a], symbols[b]} <= {"C", "N"} and not {a, b} & double_outside:
            # carbon before nitrogen: of the nitrogens of a five-membered ring one keeps its hydrogen
            worth = 100.0 - 10.0 * (symbols[a] == "N") - 10.0 * (symbols[b] == "N") - float(lengths[k])
            ring_bonds.add_edge(a, b, weight=worth, place=k)
    for a, b in nx.max_weight_matching(ring_bonds, maxcardinality=True):
        orders[ring_bonds.edges[a, b]["place"]] = 2


def _in_order(graph: Any, ring: Sequence[int]) -> list[int]:
    """Atoms of a ring as they follow each other."""
    inside = graph.subgraph(ring)
    walk = [min(ring)]
    while len(walk) < len(ring):
        following = [k for k in sorted(inside[walk[-1]]) if k not in walk]
        if not following:
            break
        walk.append(following[0])
    return walk


def _is_aromatic(
    symbols: Sequence[str], bonds: NDArray[np.int64], lengths: NDArray[np.float64], ring: Sequence[int]
) -> bool:
    pairs = [tuple(sorted((symbols[a], symbols[b]))) for a, b in bonds[list(ring)].tolist()]
    if any(lengths[k] > _AROMATIC.get(pair, 0.0) for k, pair in zip(ring, pairs, strict=True)):
        return False
    if len(ring) == 5 and set(sum(pairs, ())) == {"C"}:
        return False
    short = [float(lengths[k]) for k, pair in zip(ring, pairs, strict=True) if set(pair) <= {"C", "N"}]
    return bool(short) and float(np.mean(short)) < _AROMATIC_MEAN


def _amidinium_nitrogens(
    symbols: Sequence[str], bonds: NDArray[np.int64], orders: list[int], heavy: NDArray[np.bool_]
) -> dict[int, bool]:
    """Give each carbon with several terminal nitrogens one double bond, in `orders`.

    Returns
    -------
    dict of int to bool
        The nitrogens of amidinium and guanidinium groups, and whether each is the one with the charge.
    """
    rank = np.bincount(bonds[heavy[bonds].all(axis=1)].ravel(), minlength=len(symbols))
    is_charged: dict[int, bool] = {}
    for carbon in [k for k, s in enumerate(symbols) if s == "C"]:
        arms = [
            (k, int(a + b - carbon))
            for k, (a, b) in enumerate(bonds.tolist())
            if carbon in (a, b) and symbols[a + b - carbon] == "N" and rank[a + b - carbon] == 1
        ]
        if len(arms) < 2:
            continue
        for position, (bond, nitrogen) in enumerate(arms):
            orders[bond] = 2 if position == 0 else 1
            is_charged[nitrogen] = position == 0
    return is_charged
