"""Bond orders and formal charges of a molecule from its graph: an exact, small integer programme.

Every atom takes one of the valence states its element has in organic chemistry; bond orders must add up to
it. The cheapest assignment wins, where a cost stands for how unusual a state is. Charges come out of the
graph (an ammonium N has four bonds); nothing is asked of the user. Works on hydrogens as on any atom.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import lil_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Element: (valence, formal charge, cost). A cost of 10 or more marks a state that no sound cation has.
STATES: dict[str, tuple[tuple[int, int, float], ...]] = {
    "H": ((1, 0, 0.0), (0, 1, 30.0)),
    "C": ((4, 0, 0.0), (3, 1, 20.0), (3, -1, 20.0), (2, 0, 40.0), (1, 0, 80.0), (0, 0, 160.0)),
    "N": ((3, 0, 0.0), (4, 1, 1.0), (2, -1, 12.0), (2, 0, 30.0), (1, 0, 60.0), (0, 0, 90.0)),
    "O": ((2, 0, 0.0), (1, -1, 2.0), (3, 1, 6.0), (1, 0, 30.0), (0, 0, 60.0)),
    "F": ((1, 0, 0.0), (0, -1, 2.0)),
    "Cl": ((1, 0, 0.0), (0, -1, 2.0), (7, 0, 5.0), (5, 0, 6.0), (3, 0, 6.0)),
    "Br": ((1, 0, 0.0), (0, -1, 2.0), (5, 0, 6.0), (3, 0, 6.0)),
    "I": ((1, 0, 0.0), (0, -1, 2.0), (2, -1, 3.0), (5, 0, 6.0), (3, 0, 6.0)),
    "S": ((2, 0, 0.0), (6, 0, 1.0), (4, 0, 1.5), (3, 1, 3.0), (1, -1, 3.0)),
    "Se": ((2, 0, 0.0), (6, 0, 1.0), (4, 0, 1.5), (3, 1, 3.0), (1, -1, 3.0)),
    "P": ((3, 0, 0.0), (5, 0, 0.5), (4, 1, 1.0), (6, -1, 2.0)),
    "As": ((3, 0, 0.0), (5, 0, 0.5), (4, 1, 1.0), (6, -1, 2.0)),
    "Sb": ((3, 0, 0.0), (5, 0, 0.5), (4, 1, 1.0), (6, -1, 2.0)),
    "B": ((3, 0, 0.0), (4, -1, 1.0)),
    "Si": ((4, 0, 0.0), (6, -2, 4.0)),
}
#: Total cost from which a molecule is taken as incomplete: hydrogens are missing or bonds are broken.
UNSOUND = 10.0
#: Single bonds longer than this, Å, are no double bonds in a sound molecule (single C-C: 1.54, double: 1.34).
_SINGLE = {("C", "C"): 1.46, ("C", "N"): 1.42, ("C", "O"): 1.36, ("N", "N"): 1.38, ("N", "O"): 1.34}
_LONG_COST = 4.0
#: Far smaller than any cost: settles equal assignments by the canonical rank of the atoms.
_TIE = 1e-4


@dataclass(frozen=True)
class Valences:
    """Bond orders (one per bond), formal charges (one per atom), the cost and whether it is unusual."""

    orders: tuple[int, ...]
    charges: tuple[int, ...]
    cost: float

    @property
    def sound(self) -> bool:
        """Whether this is a molecule as organic chemistry knows it."""
        return self.cost < UNSOUND


def assign_valences(
    symbols: Sequence[str], bonds: NDArray[np.int64], lengths: NDArray[np.float64] | None = None
) -> Valences:
    """Find bond orders and formal charges of one molecule.

    Parameters
    ----------
    symbols : sequence of str
        Elements, hydrogens included. Equal assignments are settled by this order, so pass a canonical one.
    bonds : ndarray of int, shape (l, 2)
        Bonded pairs.
    lengths : ndarray, shape (l,), optional
        Bond lengths, Å; a multiple bond that is far too long costs extra, which reveals missing hydrogens.

    Returns
    -------
    Valences

    Examples
    --------
    Formamidinium, N-C-N with four hydrogens on the nitrogens and one on the carbon:

    >>> bonds = np.array([[0, 1], [1, 2], [0, 3], [0, 4], [1, 5], [2, 6], [2, 7]])
    >>> found = assign_valences(["N", "C", "N", "H", "H", "H", "H", "H"], bonds)
    >>> sum(found.charges), found.sound
    (1, True)
    """
    known = [STATES.get(s, ((0, 0, 0.0),)) for s in symbols]
    degree = np.bincount(bonds.ravel(), minlength=len(symbols)) if len(bonds) else np.zeros(len(symbols), int)
    options = [
        [_crowded(s, o, int(d)) for o in states if o[0] >= d] or [(int(d), 0, 25.0)]
        for s, states, d in zip(symbols, known, degree, strict=True)
    ]
    easy = _all_single(options, degree)
    if easy is not None:
        return Valences((1,) * len(bonds), easy, 0.0 + sum(_cost(o, d) for o, d in zip(options, degree, strict=True)))
    return _solve(symbols, options, bonds, degree, lengths)


def _crowded(symbol: str, state: tuple[int, int, float], degree: int) -> tuple[int, int, float]:
    """Let the charge on a nitrogen without hydrogen or third neighbour (diazonium) cost more."""
    if symbol == "N" and state[1] == 1 and degree < 3:
        return (state[0], state[1], state[2] + 4.0)
    return state


def _cost(options: Sequence[tuple[int, int, float]], degree: int) -> float:
    return next(cost for valence, _, cost in options if valence == degree)


def _all_single(
    options: Sequence[Sequence[tuple[int, int, float]]], degree: NDArray[np.int64]
) -> tuple[int, ...] | None:
    """Charges when every atom's cheapest state is already met by single bonds (saturated molecules)."""
    charges = []
    for states, d in zip(options, degree, strict=True):
        best = min(states, key=lambda s: s[2])
        if best[0] != d:
            return None
        charges.append(best[1])
    return tuple(charges)


def _solve(
    symbols: Sequence[str],
    options: Sequence[Sequence[tuple[int, int, float]]],
    bonds: NDArray[np.int64],
    degree: NDArray[np.int64],
    lengths: NDArray[np.float64] | None,
) -> Valences:
    """Minimise cost: variables are extra bond orders (0 to 2) and one switch per atom and state."""
    atom = np.repeat(np.arange(len(symbols)), [len(o) for o in options])
    states = [s for o in options for s in o]
    count, switches = len(bonds), len(states)
    limit = np.array([0.0 if "H" in (symbols[a], symbols[b]) else 2.0 for a, b in bonds])
    cost = np.concatenate([_bond_costs(symbols, bonds, lengths), [s[2] for s in states]])
    cost[count:] += _TIE * atom * np.array([abs(s[1]) for s in states])
    rows = lil_array((2 * len(symbols), count + switches))
    for k, (a, b) in enumerate(bonds):
        rows[int(a), k] += 1.0
        rows[int(b), k] += 1.0
    for k, (i, (valence, _, _)) in enumerate(zip(atom, states, strict=True)):
        rows[int(i), count + k] = -float(valence)
        rows[len(symbols) + int(i), count + k] = 1.0
    right = np.concatenate([-degree.astype(float), np.ones(len(symbols))])
    upper = np.concatenate([limit, np.ones(switches)])
    found = milp(
        cost,
        constraints=LinearConstraint(rows.tocsr(), right, right),
        bounds=Bounds(np.zeros(count + switches), upper),
        integrality=np.ones(count + switches),
        options={"time_limit": 5.0},
    )
    if found.x is None:
        return Valences((1,) * count, (0,) * len(symbols), 100.0)
    x = np.round(found.x).astype(int)
    charges = np.zeros(len(symbols), dtype=int)
    for i, on, state in zip(atom, x[count:], states, strict=True):
        charges[i] += on * state[1]
    total = float(cost @ x)
    return Valences(tuple(int(1 + e) for e in x[:count]), tuple(int(c) for c in charges), total)


def _bond_costs(
    symbols: Sequence[str], bonds: NDArray[np.int64], lengths: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    """Cost of each extra bond order: ties by position, a step for bonds too long to be multiple."""
    cost = _TIE * (1 + bonds.sum(axis=1)) / (1 + 2 * len(symbols))
    if lengths is not None:
        for k, (a, b) in enumerate(bonds):
            pair = tuple(sorted((symbols[a], symbols[b])))
            excess = lengths[k] - _SINGLE.get(pair, np.inf)
            if excess > 0:
                cost[k] += _LONG_COST * min(1.0, excess / 0.06)
    return cost
