"""One chemically possible component of a disordered region, by a small integer programme.

Every atom that is partly there may be kept or left out. Kept atoms must not collide, no atom may have more neighbours
than its valence allows, no hydrogen stands alone, and of each element as many are kept as its occupancies add up to:
two orientations of a cation that share a place keep the atoms of one cation. Among the choices that are left, those
win that take whole disorder groups and whole symmetry copies, the more occupied atoms, and bonds of usual lengths.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from ase.data import atomic_numbers, covalent_radii
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from perovex.crystal.bonding.neighbours import Pairs
    from perovex.crystal.reading.sites import Sites

#: Of the sum of covalent radii: heavy atoms nearer than this collide; second-row atoms nearer than so many Å.
COLLISION, COLLISION_HALOGENS, COLLISION_SECOND_ROW = 0.75, 0.9, 1.0
#: Å; hydrogen collides with heavy atoms and with hydrogen nearer than these.
COLLISION_HYDROGEN, COLLISION_TWO_HYDROGENS = 0.6, 1.3
#: Å beyond the sum of covalent radii up to which two atoms are bonded, as in perception; hydrogen has shorter bonds.
BOND_SLACK, BOND_HYDROGEN = 0.30, 1.30
#: Å; bonds between second-row atoms outside of this range, and contacts up to the third number, are none.
SHORTEST, LONGEST, TOO_NEAR = 1.15, 1.65, 2.05
#: Å; a hydrogen is at least this far from atoms that it is not bonded to.
HYDROGEN_TOO_NEAR = 1.65
#: Most neighbours.
_MOST = {"H": 1, "C": 4, "N": 4, "O": 3, "F": 1, "B": 4, "S": 4, "P": 4, "Si": 4, "Br": 1, "I": 2}
_HALOGENS = frozenset({"Cl", "Br", "I"})
#: What has a neighbour, if there may be one.
_NEVER_ALONE = frozenset({"C", "F", "Cl", "Br", "I"})
_SECOND_ROW = frozenset({"B", "C", "N", "O", "F"})
#: Costs, in order of what must hold first: numbers of heavy atoms and hydrogens, impossible contacts, three-membered
#: rings, incomplete groups, incomplete symmetry copies, and per group or copy that is used at all.
_COST_HEAVY, _COST_HYDROGEN, _COST_CONTACT, _COST_TRIANGLE = 200.0, 20.0, 15.0, 6.0
_COST_GROUP, _COST_COPY, _COST_UNIT = 3.0, 0.6, 1.0
#: What each hydrogen is worth where valences are to be filled.
_COST_BARE = 6.0
#: What occupancy is worth.
_WORTH = 4.0
#: Settles equal choices by position.
_TIE = 1e-4
#: Seconds for one region.
TIME_LIMIT = 10.0
_MANY_TRIANGLES = 4_000

_RADII = np.append(covalent_radii, np.nan)


@dataclass(frozen=True, eq=False)
class Contacts:
    """What the atoms of a cell are to each other; pairs once each, positions in the cell.

    Attributes
    ----------
    collision, bond, bad : ndarray of int, shape (p, 2)
        Pairs that cannot both be there, pairs that are bonded if both are, and pairs at distances that molecules do not
        have.
    """

    collision: NDArray[np.int64]
    bond: NDArray[np.int64]
    bad: NDArray[np.int64]


def contacts_of(symbols: Sequence[str], pairs: Pairs) -> Contacts:
    """Sort the pairs of near atoms.

    Parameters
    ----------
    symbols : sequence of str
        Elements.
    pairs : Pairs
        All pairs up to the longest bond there may be.
    """
    once = pairs.take(pairs.i < pairs.j)
    i, j, distance = once.i, once.j, once.distance
    radius = _RADII[[atomic_numbers[symbol] for symbol in symbols]]
    sum_of_radii = radius[i] + radius[j]

    # what the two atoms of a pair are
    hydrogen = np.array([symbol == "H" for symbol in symbols])
    second_row = np.array([symbol in _SECOND_ROW for symbol in symbols])
    halogen = np.array([symbol in _HALOGENS for symbol in symbols])
    metal = np.array([_is_metal(symbol) for symbol in symbols])
    two_hydrogens, one_hydrogen = hydrogen[i] & hydrogen[j], hydrogen[i] ^ hydrogen[j]
    two_of_second_row = second_row[i] & second_row[j]

    # nearer than this they cannot both be there
    nearest = np.where(halogen[i] & halogen[j], COLLISION_HALOGENS, COLLISION) * sum_of_radii
    nearest = np.where(two_of_second_row, COLLISION_SECOND_ROW, nearest)
    nearest = np.where(one_hydrogen, COLLISION_HYDROGEN, nearest)
    nearest = np.where(two_hydrogens, COLLISION_TWO_HYDROGENS, nearest)
    collision = distance < nearest

    # up to this they are bonded
    farthest = sum_of_radii + BOND_SLACK
    farthest = np.where(one_hydrogen, np.minimum(BOND_HYDROGEN, farthest), farthest)
    can_bond = ~collision & ~two_hydrogens & ~(metal[i] | metal[j])
    touching = can_bond & (distance <= farthest)
    bond = touching & ~(two_of_second_row & (distance > LONGEST))

    # too near for what is not bonded, and no length of a bond either
    no_bond_length = (distance < SHORTEST) | (distance > LONGEST)
    bad = two_of_second_row & ~collision & (distance < TOO_NEAR) & no_bond_length
    beside_hydrogen = one_hydrogen & (second_row[i] | second_row[j])
    bad |= beside_hydrogen & ~collision & ~touching & (distance < HYDROGEN_TOO_NEAR)

    pair = np.column_stack([i, j])
    return Contacts(pair[collision], pair[bond], pair[bad])


def _is_metal(symbol: str) -> bool:
    return symbol not in _MOST and symbol not in {"Cl", "Br", "I", "Se", "As", "Te"}


def regions(count: int, contacts: Contacts, optional: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """Split the cell into regions whose choices depend on each other: atoms of one molecule or of one place.

    Parameters
    ----------
    count : int
        Number of atoms.
    contacts : Contacts
        Of all atoms.
    optional : ndarray of bool, shape (count,)
        Atoms that may be left out.

    Returns
    -------
    list of ndarray of int
        Atoms of each region that holds an optional one.
    """
    parent = list(range(count))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, j in np.vstack([contacts.collision, contacts.bond, contacts.bad]).tolist():
        parent[root(i)] = root(j)
    members: dict[int, list[int]] = defaultdict(list)
    for i in range(count):
        members[root(i)].append(i)
    parts = (np.array(m) for m in members.values() if optional[m].any())
    return sorted(parts, key=lambda m: int(m[0]))


def choose(
    sites: Sites,
    contacts: Contacts,
    region: NDArray[np.int64],
    optional: NDArray[np.bool_],
    *,
    saturate: bool = False,
) -> list[int]:
    """Choose the atoms of one component of a region.

    Parameters
    ----------
    sites : Sites
        All atoms of the cell.
    contacts : Contacts
        Of all atoms.
    region : ndarray of int
        Atoms of the region.
    optional : ndarray of bool, shape (n,)
        Atoms of the cell that may be left out; the others stay.
    saturate : bool, default=False
        Keep as many hydrogens as valences and distances allow, not as many as their occupancies add up to: files that
        halve every hydrogen beside a mirror lose those that the mirror doubles.

    Returns
    -------
    list of int
        Those optional atoms of the region that are kept.
    """
    inside = set(region.tolist())
    free = [i for i in region.tolist() if optional[i]]
    return _Programme(sites, contacts, inside, free, saturate).solve()


def numbers_wanted(sites: Sites, free: Sequence[int]) -> tuple[dict[str, int], int]:
    """How many atoms of each heavy element, and how many hydrogens, the occupancies add up to.

    The total of the heavy atoms is rounded first, then shared out, so that a site of 0.97 I and 0.03 Br keeps an I.
    """
    amount: Counter[str] = Counter()
    for i in free:
        amount[sites.symbols[i]] += float(sites.occupancy[i])  # type: ignore[assignment]
    hydrogens = int(np.floor(amount.pop("H", 0) + 0.5 + 1e-6))
    total = int(np.floor(sum(amount.values()) + 0.5 + 1e-6))
    wanted = {symbol: int(np.floor(value + 1e-6)) for symbol, value in amount.items()}
    rest = sorted(amount, key=lambda s: (wanted[s] - amount[s], list(amount).index(s)))
    for symbol in rest[: max(total - sum(wanted.values()), 0)]:
        wanted[symbol] += 1
    return wanted, hydrogens


@dataclass
class _Programme:
    """Variables, costs and constraints of one region; variables of atoms come first."""

    sites: Sites
    contacts: Contacts
    inside: set[int]
    free: list[int]
    saturate: bool
    cost: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    rows: list[tuple[dict[int, float], float, float]] = field(default_factory=list)

    def solve(self) -> list[int]:
        """Return the atoms that are kept."""
        self.place = {i: k for k, i in enumerate(self.free)}
        share = self.sites.occupancy
        self.cost = [-_WORTH * float(share[i]) + _TIE * k for k, i in enumerate(self.free)]
        self.upper = [1.0] * len(self.free)
        self._collisions()
        self._neighbours()
        self._numbers()
        self._units()
        self._shapes()
        entries = [(r, column, value) for r, (row, _, _) in enumerate(self.rows) for column, value in row.items()]
        count = len(self.cost)
        r, c, v = zip(*entries, strict=True) if entries else ((0,), (0,), (0.0,))
        matrix = coo_array((v, (r, c)), shape=(max(len(self.rows), 1), count)).tocsr()
        low = [row[1] for row in self.rows] or [-np.inf]
        high = [row[2] for row in self.rows] or [np.inf]
        solution = milp(
            np.array(self.cost),
            constraints=LinearConstraint(matrix, low, high),
            bounds=Bounds(np.zeros(count), np.array(self.upper)),
            integrality=np.array([1] * len(self.free) + [0] * (count - len(self.free))),
            options={"time_limit": TIME_LIMIT, "mip_rel_gap": 1e-6},
        )
        if solution.x is None:
            return []
        return [i for k, i in enumerate(self.free) if solution.x[k] > 0.5]

    def _new(self, cost: float, upper: float = 1.0) -> int:
        self.cost.append(cost)
        self.upper.append(upper)
        return len(self.cost) - 1

    def _row(self, row: dict[int, float], low: float, high: float) -> None:
        self.rows.append((row, low, high))

    def _near(self, pairs: NDArray[np.int64]) -> list[tuple[int, int]]:
        """Pairs of the region with an atom that may be left out."""
        near = pairs.tolist()
        return [(i, j) for i, j in near if i in self.inside and (i in self.place or j in self.place)]

    def _collisions(self) -> None:
        for i, j in self._near(self.contacts.collision):
            if i in self.place and j in self.place:
                self._row({self.place[i]: 1.0, self.place[j]: 1.0}, 0.0, 1.0)
            else:  # an atom that is always there leaves no room
                self.upper[self.place.get(i, self.place.get(j, 0))] = 0.0

    def _neighbours(self) -> None:
        """Valences, hydrogens with exactly one neighbour, carbons with at least one where there may be one."""
        around: dict[int, list[int]] = defaultdict(list)
        for i, j in self.contacts.bond.tolist():
            if i in self.inside:
                around[i].append(j)
                around[j].append(i)
        for i in self.inside:
            symbol = self.sites.symbols[i]
            counted = around[i] if symbol != "H" else [j for j in around[i] if self.sites.symbols[j] != "H"]
            open_ones = [self.place[j] for j in counted if j in self.place]
            fixed = len(counted) - len(open_ones)
            self._at_most(i, open_ones, _MOST.get(symbol, 4) - fixed)
            heavy = [j for j in counted if self.sites.symbols[j] != "H"]
            needs_one = symbol == "H" or (symbol in _NEVER_ALONE and bool(heavy))
            if i in self.place and needs_one and all(j in self.place for j in heavy):
                row = {self.place[j]: -1.0 for j in heavy}
                row[self.place[i]] = 1.0
                self._row(row, -np.inf, 0.0)

    def _at_most(self, i: int, open_ones: list[int], most: int) -> None:
        if len(open_ones) <= most:
            return
        row = dict.fromkeys(open_ones, 1.0)
        if i not in self.place:
            self._row(row, 0.0, float(max(most, 0)))
            return
        slack = float(len(open_ones) - max(most, 0))
        row[self.place[i]] = slack
        self._row(row, 0.0, max(most, 0) + slack)

    def _numbers(self) -> None:
        wanted, hydrogens = numbers_wanted(self.sites, self.free)
        of_element: dict[str, list[int]] = defaultdict(list)
        for i in self.free:
            of_element[self.sites.symbols[i]].append(self.place[i])
        for symbol, places in of_element.items():
            aim = hydrogens if symbol == "H" else wanted[symbol]
            cost = _COST_HYDROGEN if symbol == "H" else _COST_HEAVY
            row = dict.fromkeys(places, 1.0)
            row[self._new(cost, np.inf)] = 1.0
            if symbol == "H" and self.saturate:
                cost = 0.0
                for place in places:
                    self.cost[place] -= _COST_BARE
            row[self._new(cost, np.inf)] = -1.0
            self._row(row, float(aim), float(aim))

    def _units(self) -> None:
        """Prefer whole disorder groups and whole copies by symmetry."""
        atoms_of: dict[tuple[str, int, int], list[int]] = defaultdict(list)
        units_of: dict[int, list[tuple[str, int, int]]] = {}
        for i in self.free:
            group, assembly = int(self.sites.group[i]), self.sites.assembly[i]
            units_of[i] = [(assembly, group, operation) for operation in self.sites.operations[i]]
            for unit in units_of[i]:
                atoms_of[unit].append(i)
        used: dict[tuple[str, int, int], int] = {}
        for unit in sorted(atoms_of, key=lambda u: (u[0], abs(u[1]), u[2])):
            alone = [i for i in atoms_of[unit] if len(units_of[i]) == 1]
            each = _COST_GROUP if unit[1] else _COST_COPY
            used[unit] = self._new(_COST_UNIT + each * len(alone) + _TIE * len(self.free) * len(used))
            for i in alone:
                self.cost[self.place[i]] -= each
        for i in self.free:
            row: dict[int, float] = {used[unit]: -1.0 for unit in units_of[i]}
            row[self.place[i]] = 1.0
            self._row(row, -np.inf, 0.0)

    def _shapes(self) -> None:
        """Make impossible contacts and three-membered rings cost."""
        for i, j in self._near(self.contacts.bad):
            self._together([i, j], _COST_CONTACT)
        heavy = [(i, j) for i, j in self.contacts.bond.tolist() if i in self.inside and "H" not in self._names(i, j)]
        around: dict[int, set[int]] = defaultdict(set)
        for i, j in heavy:
            around[i].add(j)
            around[j].add(i)
        triangles = [(i, j, k) for i, j in heavy for k in around[i] & around[j] if i < j < k]
        for triangle in triangles[:_MANY_TRIANGLES]:
            self._together(triangle, _COST_TRIANGLE)

    def _names(self, i: int, j: int) -> tuple[str, str]:
        return self.sites.symbols[i], self.sites.symbols[j]

    def _together(self, atoms: Sequence[int], cost: float) -> None:
        """Let atoms cost where all of them are kept."""
        row = {self.place[i]: 1.0 for i in atoms if i in self.place}
        if not row:
            return
        most = float(len(row) - 1)
        row[self._new(cost)] = -1.0
        self._row(row, -np.inf, most)
