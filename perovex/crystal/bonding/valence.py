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
#: Cost of a positive carbon with three neighbours where a charge is asked for.
CARBOCATION = 4.0
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
    >>> valences = assign_valences(["N", "C", "N", "H", "H", "H", "H", "H"], bonds)
    >>> sum(valences.charges), valences.sound
    (1, True)
    """
    known = [STATES.get(s, ((0, 0, 0.0),)) for s in symbols]
    degree = np.bincount(bonds.ravel(), minlength=len(symbols)) if len(bonds) else np.zeros(len(symbols), int)
    cyclic = _in_rings(len(symbols), bonds)
    options = [
        [_placed(s, o, int(d), c) for o in states if o[0] >= d] or [(int(d), 0, 25.0)]
        for s, states, d, c in zip(symbols, known, degree, cyclic, strict=True)
    ]
    easy = _all_single(options, degree)
    if easy is not None:
        return Valences((1,) * len(bonds), easy, 0.0 + sum(_cost(o, d) for o, d in zip(options, degree, strict=True)))
    valences = _solve(symbols, options, bonds, degree, lengths)
    assert valences is not None  # no charge was asked for
    return valences


def assign_charged(symbols: Sequence[str], bonds: NDArray[np.int64], charge: int) -> Valences | None:
    """Find bond orders and formal charges of a molecule that carries a given charge.

    A positive carbon is allowed here at the cost of `CARBOCATION`: whether it is a sound one (aromatic, as in
    tropylium) is for the caller to judge.

    Parameters
    ----------
    symbols : sequence of str
        Elements, hydrogens included, in canonical order.
    bonds : ndarray of int, shape (l, 2)
        Bonded pairs.
    charge : int
        Total charge.

    Returns
    -------
    Valences or None
        None where no valences of these atoms add up to it.

    Examples
    --------
    Tropylium, seven CH in a ring:

    >>> ring = [[k, (k + 1) % 7] for k in range(7)] + [[k, k + 7] for k in range(7)]
    >>> assign_charged(["C"] * 7 + ["H"] * 7, np.array(ring), 1).sound
    True
    >>> assign_charged(["C"] * 7 + ["H"] * 7, np.array(ring), 0) is None
    True
    """
    degree = np.bincount(bonds.ravel(), minlength=len(symbols)) if len(bonds) else np.zeros(len(symbols), int)
    options = []
    for symbol, d, c in zip(symbols, degree.tolist(), _in_rings(len(symbols), bonds), strict=True):
        states = [s for s in STATES.get(symbol, ()) if s[0] >= d]
        if symbol == "C" and d == 3:
            states = [(v, q, CARBOCATION if q == 1 else cost) for v, q, cost in states]
        options.append([_placed(symbol, s, d, c) for s in states] or [(d, 0, 25.0)])
    return _solve(symbols, options, bonds, degree, None, charge)


def _placed(symbol: str, state: tuple[int, int, float], degree: int, cyclic: bool) -> tuple[int, int, float]:
    """Let a charged nitrogen cost more without hydrogen or third neighbour (diazonium), and less in a ring.

    Of the resonance forms of aminopyridinium chemists write the one with the charge in the ring.
    """
    valence, charge, cost = state
    if symbol == "N" and charge == 1:
        if degree < 3:
            return valence, charge, cost + 4.0
        if cyclic:
            return valence, charge, cost - 0.2
    return state


def _in_rings(count: int, bonds: NDArray[np.int64]) -> list[bool]:
    """Which atoms lie in rings (or between them): what is left when ends of chains are cut until there are none."""
    around: list[set[int]] = [set() for _ in range(count)]
    for a, b in bonds.tolist():
        around[a].add(b)
        around[b].add(a)
    ends = [i for i in range(count) if len(around[i]) == 1]
    while ends:
        end = ends.pop()
        for other in around[end]:
            around[other].discard(end)
            if len(around[other]) == 1:
                ends.append(other)
        around[end].clear()
    return [bool(neighbours) for neighbours in around]


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
    charge: int | None = None,
) -> Valences | None:
    """Minimise the cost of states and bonds; equal assignments are settled by position.

    None where a charge is asked for and cannot be had.
    """
    spare = [_spare(*atom) for atom in zip(symbols, options, degree.tolist(), strict=True)]
    limit = [min(spare[a], spare[b]) for a, b in bonds.tolist()]
    costs = _bond_costs(symbols, bonds, lengths)
    states = [_untied(known, place) for place, known in enumerate(options)]
    extra = None
    if charge is None:
        extra = _Search(states, bonds.tolist(), limit, costs.tolist(), degree.tolist()).run()
    if extra is None:
        extra = _integer_programme(states, bonds, limit, costs, degree, charge)
    if extra is None and charge is not None:
        return None
    if extra is None:
        return Valences((1,) * len(bonds), (0,) * len(symbols), 100.0)
    valence = degree.astype(int)
    for (a, b), order in zip(bonds.tolist(), extra, strict=True):
        valence[[a, b]] += order
    taken = [_cheapest(known, int(own)) for known, own in zip(states, valence, strict=True)]
    charges = tuple(own for _, own, _ in taken)
    if charge is not None and sum(charges) != charge:
        return None
    total = float(costs @ extra) + sum(cost for _, _, cost in taken)
    return Valences(tuple(1 + order for order in extra), charges, total)


def _spare(symbol: str, states: Sequence[tuple[int, int, float]], degree: int) -> int:
    """Bonds that an atom may have beyond one to each neighbour, two at most."""
    if symbol == "H":
        return 0
    return min(2, max(valence for valence, _, _ in states) - degree)


def _untied(states: Sequence[tuple[int, int, float]], place: int) -> list[tuple[int, int, float]]:
    """States of an atom with charges a little dearer the later it stands, so that no two answers cost the same."""
    return [(valence, charge, cost + _TIE * place * abs(charge)) for valence, charge, cost in states]


def _cheapest(states: Sequence[tuple[int, int, float]], valence: int) -> tuple[int, int, float]:
    """Cheapest state of an atom with a given valence."""
    return min((state for state in states if state[0] == valence), key=lambda state: state[2])


class _Search:
    """Depth-first branch and bound over the extra orders of the bonds, the most settled atom first.

    A ring or chain of unsaturated atoms falls like dominoes after its first bond, so that ordinary molecules
    take as many steps as they have bonds. `run` gives up after `STEPS` steps, and at once on graphs with more
    than `DEPTH` bonds that could be multiple (damaged files).
    """

    STEPS, DEPTH = 20_000, 400

    def __init__(
        self,
        states: Sequence[Sequence[tuple[int, int, float]]],
        bonds: Sequence[Sequence[int]],
        limit: Sequence[int],
        costs: Sequence[float],
        degree: Sequence[int],
    ) -> None:
        self.costs, self.limit, self.bonds = costs, limit, bonds
        self.extra = [0] * len(bonds)
        self.valence = list(degree)
        # cheapest cost per valence and atom
        self.price: list[dict[int, float]] = []
        for known in states:
            price: dict[int, float] = {}
            for valence, _, cost in known:
                price[valence] = min(cost, price.get(valence, np.inf))
            self.price.append(price)
        self.room = [0] * len(states)
        self.open: list[set[int]] = [set() for _ in states]
        for k, (a, b) in enumerate(bonds):
            if limit[k]:
                self.open[a].add(k)
                self.open[b].add(k)
                self.room[a] += limit[k]
                self.room[b] += limit[k]
        self.best: tuple[float, list[int]] = (np.inf, [])
        self.steps = 0

    def run(self) -> list[int] | None:
        """Return the extra order of each bond, or None where there is no answer (in time)."""
        if sum(map(bool, self.limit)) > self.DEPTH:
            return None
        bound = [self._cheapest(i) for i in range(len(self.price))]
        if max(bound, default=0.0) < np.inf:
            self._branch(bound, sum(bound))
        return self.best[1] if self.best[0] < np.inf and self.steps <= self.STEPS else None

    def _cheapest(self, atom: int) -> float:
        low = self.valence[atom]
        high = low + self.room[atom]
        return min((cost for valence, cost in self.price[atom].items() if low <= valence <= high), default=np.inf)

    def _branch(self, bound: list[float], total: float) -> None:
        self.steps += 1
        if total >= self.best[0] or self.steps > self.STEPS:
            return
        waiting = [i for i, bonds in enumerate(self.open) if bonds]
        if not waiting:
            self.best = (total, self.extra.copy())
            return
        atom = min(waiting, key=lambda i: len(self.open[i]))
        bond = min(self.open[atom])
        ends = self.bonds[bond]
        for i in ends:
            self.open[i].discard(bond)
            self.room[i] -= self.limit[bond]
        old = [bound[i] for i in ends]
        choices = []
        for order in range(self.limit[bond] + 1):
            self._set(bond, order)
            fresh = [self._cheapest(i) for i in ends]
            choices.append((total + order * self.costs[bond] + sum(fresh) - sum(old), order, fresh))
        for value, order, fresh in sorted(choices):
            if value == np.inf:
                break
            self._set(bond, order)
            for i, cost in zip(ends, fresh, strict=True):
                bound[i] = cost
            self._branch(bound, value)
        self._set(bond, 0)
        for i, cost in zip(ends, old, strict=True):
            self.open[i].add(bond)
            self.room[i] += self.limit[bond]
            bound[i] = cost

    def _set(self, bond: int, order: int) -> None:
        change = order - self.extra[bond]
        self.extra[bond] = order
        for i in self.bonds[bond]:
            self.valence[i] += change


def _integer_programme(
    states: Sequence[Sequence[tuple[int, int, float]]],
    bonds: NDArray[np.int64],
    limit: Sequence[int],
    costs: NDArray[np.float64],
    degree: NDArray[np.int64],
    charge: int | None = None,
) -> list[int] | None:
    """Solve the same problem by mixed-integer programming: extra bond orders, and one switch per state.

    With a charge given, the charges of the states add up to it.
    """
    atom = np.repeat(np.arange(len(states)), [len(o) for o in states])
    flat = [s for known in states for s in known]
    count, switches = len(bonds), len(flat)
    rows = lil_array((2 * len(states) + (charge is not None), count + switches))
    for k, (a, b) in enumerate(bonds):
        rows[int(a), k] += 1.0
        rows[int(b), k] += 1.0
    for k, (i, (valence, _, _)) in enumerate(zip(atom, flat, strict=True)):
        rows[int(i), count + k] = -float(valence)
        rows[len(states) + int(i), count + k] = 1.0
    right = np.concatenate([-degree.astype(float), np.ones(len(states))])
    if charge is not None:
        rows[-1, count:] = [float(s[1]) for s in flat]
        right = np.append(right, float(charge))
    solution = milp(
        np.concatenate([costs, [s[2] for s in flat]]),
        constraints=LinearConstraint(rows.tocsr(), right, right),
        bounds=Bounds(np.zeros(count + switches), np.concatenate([limit, np.ones(switches)])),
        integrality=np.ones(count + switches),
        options={"time_limit": 5.0},
    )
    return None if solution.x is None else np.round(solution.x[:count]).astype(int).tolist()


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
