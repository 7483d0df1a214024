"""The symmetry operations of a CIF: as listed, completed, or taken from the named group; list and name compared."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gemmi
import numpy as np

from perovex.errors import StructureFileError, UnreasonableCellError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

#: Largest number of operations that a space group has in a conventional cell.
MOST_OPERATIONS = 192
#: How far (relative) an operation may stretch the cell: rounding, and pseudo-symmetric cells.
METRIC_TOLERANCE = 0.03
#: Of the listed operations: of ordinary and of magnetic groups, in old and new dictionaries.
_LIST_TAG = re.compile(r"_(space_group_symop|symmetry_equiv|space_group_symop_magn)[\w.]*xyz")
_NAME_TAGS = (
    *("_space_group_name_h-m_alt", "_space_group.name_h-m_alt", "_symmetry_space_group_name_h-m"),
    *("_symmetry.space_group_name_h-m", "_space_group_name_h-m", "_space_group_name_h-m_full"),
    *("_space_group.name_h-m_full", "_space_group_name_h-m_ref", "_space_group.name_h-m_ref"),
)
_HALL_TAGS = ("_space_group_name_hall", "_space_group.name_hall", "_symmetry_space_group_name_hall")
_NUMBER_TAGS = (
    *("_space_group_it_number", "_space_group.it_number", "_symmetry_int_tables_number"),
    *("_symmetry.int_tables_number", "_space_group_number"),
)
#: What databases append to a name for an origin or a set of axes, and how gemmi calls it.
_SETTINGS = {"S": "1", "O1": "1", "1": "1", "Z": "2", "O2": "2", "2": "2", "H": "H", "HR": "H", "R": "R", "RR": "R"}
_SUFFIX = re.compile(r"^(?P<name>.+?)(?:\s*:\s*|\s+)(?P<setting>O1|O2|HR|RR|[12SZHR])$", re.IGNORECASE)

Key = tuple[tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True)
class Operations:
    """Symmetry operations, fractional: ``x' = rotation x + translation``.

    Attributes
    ----------
    keys : tuple
        Rotation and translation of each, in gemmi's 24ths, the identity first.
    name : str
        Where they come from, for messages.
    """

    keys: tuple[Key, ...]
    name: str

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def rotations(self) -> NDArray[np.float64]:
        """Matrices, shape (m, 3, 3)."""
        return np.array([key[0] for key in self.keys], dtype=float).reshape(-1, 3, 3) / gemmi.Op.DEN

    @property
    def translations(self) -> NDArray[np.float64]:
        """Vectors, shape (m, 3)."""
        return np.array([key[1] for key in self.keys], dtype=float).reshape(-1, 3) / gemmi.Op.DEN

    def fits(self, lattice: NDArray[np.float64]) -> bool:
        """Tell whether every operation leaves the cell as it is, up to `METRIC_TOLERANCE`."""
        metric = lattice @ lattice.T
        lengths = np.sqrt(metric.diagonal())
        turned = np.einsum("mji,jk,mkl->mil", self.rotations, metric, self.rotations)
        return bool((np.abs(turned - metric) <= METRIC_TOLERANCE * np.outer(lengths, lengths)).all())


@dataclass(frozen=True)
class Expansion:
    """What a set of operations makes of the atoms of a file, for comparison.

    Attributes
    ----------
    count : int
        Atoms of the cell, coinciding ones of one element counted once.
    sound : bool
        No two different atoms come closer than any bond.
    as_formula : bool or None
        Whether the heavy atoms are in the proportions of the formula; None where the file states none.
    """

    count: int
    sound: bool
    as_formula: bool | None


def operations_of(
    block: Any, lattice: NDArray[np.float64], expand: Callable[[Operations], Expansion]
) -> tuple[Operations, list[str]]:
    """Choose the symmetry operations of a data block.

    Parameters
    ----------
    block : gemmi.cif.Block
        The data block.
    lattice : ndarray, shape (3, 3)
        Cell vectors as rows, Å.
    expand : callable
        Tries a set of operations on the atoms.

    Returns
    -------
    operations : Operations
    remarks : list of str
        What was completed or disagrees.

    Raises
    ------
    StructureFileError
        Operations are missing, not understood or contradict the cell or the formula.
    """
    items = dict(_items(block))
    _refuse_modulated(items)
    listed = _listed(items)
    named = _named(items, lattice)
    if listed is None:
        chosen, remarks = _from_name(items, named, expand)
    else:
        chosen, remarks = _compared(listed, named, expand)
    if not chosen.fits(lattice):
        raise UnreasonableCellError(
            f"the cell does not have the symmetry of its {len(chosen)} operations ({chosen.name})",
            remedy="correct the cell or the space group",
        )
    return chosen, remarks


def _items(block: Any) -> Iterator[tuple[str, list[str]]]:
    """Tags (lower case) and values of a data block."""
    for item in block:
        if item.pair is not None:
            yield item.pair[0].lower(), [gemmi.cif.as_string(item.pair[1])]
        elif item.loop is not None:
            for tag in item.loop.tags:
                if "symop" in tag.lower() or "symmetry" in tag.lower() or "space_group" in tag.lower():
                    column = block.find_loop(tag)
                    yield tag.lower(), [gemmi.cif.as_string(value) for value in column]


def _refuse_modulated(items: dict[str, list[str]]) -> None:
    dimension = items.get("_cell_modulation_dimension", ["0"])[0]
    if dimension not in {"0", "?", "."} or any("_ssg_operation" in tag for tag in items):
        raise StructureFileError(
            "an incommensurately modulated structure",
            remedy="describe it by a commensurate supercell",
        )


def _listed(items: dict[str, list[str]]) -> Operations | None:
    """Operations that the file lists, centrings multiplied in; None where it lists none."""
    plain: list[str] = []
    centring: list[str] = []
    for tag, values in items.items():
        if _LIST_TAG.fullmatch(tag) and "parent" not in tag:
            chosen = [v for v in values if v.strip() not in {"", "?", "."}]
            (centring if "centering" in tag else plain).extend(chosen)
    if not plain:
        return None
    keys = list(dict.fromkeys(_key(text) for text in plain))
    if centring:
        keys = list(dict.fromkeys(_product(shift, key) for shift in map(_key, centring) for key in keys))
    return Operations(_identity_first(keys), f"{len(keys)} listed")


def _key(text: str) -> Key:
    """Rotation and translation of a triplet; time reversal behind it, as magnetic groups write it, is left out."""
    bare = re.sub(r"\s|['\"]", "", text)
    bare = re.sub(r",[+-]?1$|,m[xyz,+-]*$", "", bare)
    try:
        operation = gemmi.Op(bare)
    except (ValueError, RuntimeError) as error:
        raise StructureFileError(
            f"the symmetry operation {text.strip()!r} is not understood", remedy="operations read like 'x, y+1/2, -z'"
        ) from error
    rotation = np.array(operation.rot)
    if abs(round(float(np.linalg.det(rotation / gemmi.Op.DEN)), 6)) != 1.0:
        raise StructureFileError(f"the symmetry operation {text.strip()!r} is no rotation of a lattice")
    return _as_key(rotation, np.array(operation.tran))


def _as_key(rotation: NDArray[np.int64], translation: NDArray[np.int64]) -> Key:
    turned = tuple(int(x) for x in rotation.ravel())
    return turned, tuple(int(x) % gemmi.Op.DEN for x in translation)


def _product(one: Key, other: Key) -> Key:
    """Return the operation that applies `other`, then `one`."""
    (r, t), (s, u) = one, other
    first, second = np.array(r).reshape(3, 3), np.array(s).reshape(3, 3)
    scale = gemmi.Op.DEN
    return _as_key(first @ second // scale, (first @ np.array(u)) // scale + np.array(t))


_IDENTITY: Key = _as_key(np.eye(3, dtype=np.int64) * gemmi.Op.DEN, np.zeros(3, dtype=np.int64))


def _identity_first(keys: Sequence[Key]) -> tuple[Key, ...]:
    return (_IDENTITY, *(key for key in keys if key != _IDENTITY))


def _closed(operations: Operations) -> Operations:
    """Add what follows from the operations, up to `MOST_OPERATIONS`."""
    keys = dict.fromkeys(operations.keys)
    waiting = list(keys)
    while waiting and len(keys) <= MOST_OPERATIONS:
        key = waiting.pop()
        products: list[Any] = []
        for other in keys:
            products += [_product(key, other), _product(other, key)]
        fresh = dict.fromkeys(product for product in products if product not in keys)
        keys |= fresh
        waiting += fresh
    return Operations(tuple(keys), operations.name)


def _first(items: dict[str, list[str]], tags: Sequence[str]) -> str:
    """Return the first value that says something."""
    values = (items[tag][0].strip() for tag in tags if items.get(tag))
    return next((v for v in values if v not in {"", "?", "."}), "")


def _named(items: dict[str, list[str]], lattice: NDArray[np.float64]) -> list[Operations]:
    """Operations of the group that the file names, by Hall symbol, name or number; several where origins compete."""
    hall = _first(items, _HALL_TAGS)
    if hall:
        try:
            group = gemmi.symops_from_hall(hall.replace("_", " "))
        except (ValueError, RuntimeError):
            group = None
        if group is not None:
            return [_of_group(group, hall)]
    groups = _by_name(_first(items, _NAME_TAGS))
    if not groups:
        number = _first(items, _NUMBER_TAGS)
        groups = _by_number(int(number)) if number.isdecimal() and len(number) < 4 else []
    candidates = [_of_group(group.operations(), group.xhm()) for group in groups]
    return [c for c in candidates if c.fits(lattice)] or candidates


def _of_group(group: Any, name: str) -> Operations:
    keys = [_as_key(np.array(op.rot), np.array(op.tran)) for op in group]
    return Operations(_identity_first(list(dict.fromkeys(keys))), name)


def _by_name(text: str) -> list[Any]:
    """Return the settings that a Hermann-Mauguin name may mean, the usual one first."""
    bare = re.sub(r"\(.*?\)", " ", text).replace("_", "").strip()
    match = _SUFFIX.match(bare)
    if match and not gemmi.find_spacegroup_by_name(bare):
        setting = _SETTINGS[match["setting"].upper()]
        precise = gemmi.find_spacegroup_by_name(f"{match['name']}:{setting}")
        if precise is not None:
            return [precise]
        bare = match["name"]
    group: Any = gemmi.find_spacegroup_by_name(bare) if bare else None
    if group is None:
        return []
    if match or ":" in bare:
        return [group]
    same = [s for s in gemmi.spacegroup_table() if s.number == group.number and s.hm == group.hm]
    return [group, *(s for s in same if s.xhm() != group.xhm())]


def _by_number(number: int) -> list[Any]:
    """Return the settings of a group known by its number only, the reference setting first."""
    if not 1 <= number <= 230:
        return []
    usual = gemmi.get_spacegroup_reference_setting(number)
    others = [s for s in gemmi.spacegroup_table() if s.number == number and s.xhm() != usual.xhm()]
    # other axes of the same group are told apart by the cell, other origins by the atoms
    return [usual, *(s for s in others if s.ext or number <= 15)]


def _from_name(
    items: dict[str, list[str]], named: list[Operations], expand: Callable[[Operations], Expansion]
) -> tuple[Operations, list[str]]:
    """Take the operations from the named group, for a file that lists none."""
    name, hall, number = _first(items, _NAME_TAGS), _first(items, _HALL_TAGS), _first(items, _NUMBER_TAGS)
    if not named:
        if re.sub(r"[\s_]", "", name + hall).upper() not in {"", "P1"} or number not in {"", "1", "0"}:
            raise StructureFileError(
                "the symmetry operations are missing or not understood",
                remedy="add _space_group_symop_operation_xyz or a standard space group name",
            )
        return Operations((_IDENTITY,), "no symmetry"), []
    chosen, tried = named[0], [expand(candidate) for candidate in named]
    for wanted in (lambda e: e.sound and e.as_formula, lambda e: e.sound and e.as_formula is None, lambda e: e.sound):
        fitting = [c for c, e in zip(named, tried, strict=True) if wanted(e)]
        if fitting:
            chosen = fitting[0]
            break
    if not (name or hall):
        return chosen, [f"symmetry by the number {number} of the group alone: taken as {chosen.name}"]
    if len(named) > 1 and chosen is not named[0]:
        return chosen, [f"of the settings of {name} the one that fits the atoms was taken, {chosen.name}"]
    return chosen, []


def _compared(
    listed: Operations, named: list[Operations], expand: Callable[[Operations], Expansion]
) -> tuple[Operations, list[str]]:
    """Compare the list of operations with the group that it generates and with the named one."""
    closed = _closed(listed)
    if len(closed) > MOST_OPERATIONS:
        raise StructureFileError("the listed symmetry operations form no space group", remedy="correct the list")
    group = next((n for n in named if set(closed.keys) <= set(n.keys)), None)
    if group is None or len(group) == len(closed):
        if len(closed) == len(listed):
            return listed, []
        return closed, [f"{len(listed)} symmetry operations are listed, the group that they generate has {len(closed)}"]
    said = f"{len(listed)} symmetry operations are listed, {group.name} has {len(group)}"
    by_list, by_name = expand(closed), expand(group)
    if by_list.count == by_name.count:
        return closed, []
    if by_name.sound and (by_name.as_formula or not by_list.as_formula):
        return group, [f"{said}: completed from the name of the group"]
    if by_list.sound and by_name.as_formula is not True:
        return closed, [f"{said}: taken as listed, the atoms do not follow the named group"]
    raise StructureFileError(said, remedy="complete the list or correct the name of the space group")
