"""Light damage: crystals that are still readable files, but no longer quite the crystals they were.

Damage to bytes mostly ends in the reader. Here atoms, elements, cells, symmetry, occupancies and labels are changed
instead, and a sound file is written of what came out: it is perception that has to cope with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pymatgen.core import Structure

from perovex.crystal import read
from perovex.crystal.examples import cubic, layered

if TYPE_CHECKING:
    import random

ELEMENTS = ["H", "C", "N", "O", "F", "S", "Cl", "Br", "I", "Cs", "Ge", "Sn", "Pb", "Bi", "Cu", "Ag", "Na", "He", "U"]
OPERATIONS = ["-x,-y,-z", "x+1/2,y+1/2,z", "-x,y,-z", "x,-y+1/2,z+1/2", "y,x,z", "-y,x-y,z", "x,y,z+1/4"]
LABELS = ["Pb1", "'C 1'", '"N1\'"', "X", "H1A", "I(1)", "Cl1", "_a", "?", ".", "D3", "OW"]


@dataclass
class Draft:
    """A crystal that can be wrong: rows of the cell (Å), elements, fractional coordinates, and what a CIF adds."""

    cell: np.ndarray
    symbols: list[str]
    frac: np.ndarray
    occupancy: np.ndarray
    operations: list[str] = field(default_factory=lambda: ["x,y,z"])
    labels: dict[int, str] = field(default_factory=dict)
    groups: dict[int, str] = field(default_factory=dict)
    uncertain: bool = False

    @classmethod
    def of(cls, structure: Structure) -> Draft:
        symbols = [site.specie.symbol for site in structure]
        return cls(structure.lattice.matrix.copy(), symbols, structure.frac_coords.copy(), np.ones(len(symbols)))

    def keep(self, rows: np.ndarray) -> None:
        """Keep these atoms, in this order; an atom may be kept twice."""
        self.symbols = [self.symbols[i] for i in rows]
        self.frac, self.occupancy = self.frac[rows], self.occupancy[rows]
        self.labels, self.groups = {}, {}

    def near(self, rng: random.Random, radius: float) -> np.ndarray:
        """Atoms within a distance of one of them."""
        apart = self.frac - self.frac[rng.randrange(len(self.frac))]
        return np.linalg.norm((apart - np.round(apart)) @ self.cell, axis=1) < radius


def _jitter(draft: Draft, rng: random.Random) -> None:
    noise = np.random.default_rng(rng.getrandbits(32)).normal(size=draft.frac.shape)
    draft.frac = draft.frac + rng.choice([0.01, 0.05, 0.15, 0.5]) * noise @ np.linalg.inv(draft.cell)


def _drop(draft: Draft, rng: random.Random) -> None:
    gone = rng.sample(range(len(draft.symbols)), min(rng.randint(1, 3), len(draft.symbols) - 1))
    draft.keep(np.delete(np.arange(len(draft.symbols)), gone))


def _drop_element(draft: Draft, rng: random.Random) -> None:
    one = rng.choice(draft.symbols)
    rest = np.array([i for i, s in enumerate(draft.symbols) if s != one], dtype=int)
    if len(rest):
        draft.keep(rest)


def _drop_region(draft: Draft, rng: random.Random) -> None:
    outside = np.flatnonzero(~draft.near(rng, rng.choice([2.0, 4.0])))
    if len(outside):
        draft.keep(outside)


def _duplicate(draft: Draft, rng: random.Random) -> None:
    i = rng.randrange(len(draft.symbols))
    draft.keep(np.append(np.arange(len(draft.symbols)), i))
    move = np.array([rng.gauss(0, 1) for _ in range(3)]) * rng.choice([0.3, 1.0, 2.0])
    draft.frac[-1] += move @ np.linalg.inv(draft.cell)


def _swap(draft: Draft, rng: random.Random) -> None:
    i, j = rng.randrange(len(draft.symbols)), rng.randrange(len(draft.symbols))
    draft.symbols[i], draft.symbols[j] = draft.symbols[j], draft.symbols[i]


def _transmute(draft: Draft, rng: random.Random) -> None:
    draft.symbols[rng.randrange(len(draft.symbols))] = rng.choice(ELEMENTS)


def _transmute_all(draft: Draft, rng: random.Random) -> None:
    old, new = rng.choice(draft.symbols), rng.choice(ELEMENTS)
    draft.symbols = [new if s == old else s for s in draft.symbols]


def _scale(draft: Draft, rng: random.Random) -> None:
    draft.cell = draft.cell * rng.choice([0.9, 0.96, 1.04, 1.1, 1.3, 2.0])


def _shear(draft: Draft, rng: random.Random) -> None:
    strain = np.array([[rng.gauss(0, rng.choice([0.03, 0.1, 0.4])) for _ in range(3)] for _ in range(3)])
    draft.cell = draft.cell @ (np.eye(3) + strain)


def _other_cell(draft: Draft, rng: random.Random) -> None:
    step = np.eye(3, dtype=int)
    step[rng.randrange(3), rng.randrange(3)] = rng.choice([1, 2, -1])
    if abs(np.linalg.det(step)) > 0.5:
        draft.keep(np.arange(len(draft.symbols)))
        changed = Structure(draft.cell, draft.symbols, draft.frac).make_supercell(step, in_place=False)
        draft.occupancy = np.ones(len(changed))
        draft.cell, draft.frac = changed.lattice.matrix.copy(), changed.frac_coords.copy()
        draft.symbols = [site.specie.symbol for site in changed]


def _slide(draft: Draft, rng: random.Random) -> None:
    """Move one side of a plane: slabs part, molecules break."""
    axis = rng.randrange(3)
    draft.frac[draft.frac[:, axis] % 1 > rng.random()] += [rng.uniform(-0.3, 0.3) for _ in range(3)]


def _scatter(draft: Draft, rng: random.Random) -> None:
    draft.frac += np.random.default_rng(rng.getrandbits(32)).integers(-3, 4, draft.frac.shape)


def _flatten(draft: Draft, rng: random.Random) -> None:
    draft.frac[:, rng.randrange(3)] = rng.choice([0.0, 0.5])


def _symmetry(draft: Draft, rng: random.Random) -> None:
    draft.operations.append(rng.choice(OPERATIONS))


def _occupancy(draft: Draft, rng: random.Random) -> None:
    """Two alternatives for some atoms, or a part of an atom alone."""
    chosen = np.flatnonzero(draft.near(rng, rng.choice([0.1, 1.8])))
    share = rng.choice([0.5, 0.7, 0.99, 0.3])
    count = len(draft.symbols)
    if rng.random() < 0.7:
        draft.keep(np.append(np.arange(count), chosen))
        draft.frac[count:] += [rng.gauss(0, 0.05) for _ in range(3)]
        draft.occupancy[count:] = 1 - share
        if rng.random() < 0.5:
            draft.groups = {**{int(i): "1" for i in chosen}, **{count + i: "2" for i in range(len(chosen))}}
    draft.occupancy[chosen] = share


def _label(draft: Draft, rng: random.Random) -> None:
    for _ in range(rng.randint(1, 6)):
        draft.labels[rng.randrange(len(draft.symbols))] = rng.choice(LABELS)


def _uncertain(draft: Draft, _rng: random.Random) -> None:
    draft.uncertain = True


INJURIES = [
    *(_jitter, _drop, _drop_element, _drop_region, _duplicate, _swap, _transmute, _transmute_all, _scale, _shear),
    *(_other_cell, _slide, _scatter, _flatten, _symmetry, _occupancy, _label, _uncertain),
]
#: What only a CIF can say.
_OF_A_CIF = {_symmetry, _occupancy, _label, _uncertain}


def _cif(draft: Draft) -> str:
    lengths = np.linalg.norm(draft.cell, axis=1)
    unit = draft.cell / lengths[:, None]
    angles = [np.degrees(np.arccos(np.clip(unit[i] @ unit[j], -1, 1))) for i, j in ((1, 2), (0, 2), (0, 1))]
    mark = "(3)" if draft.uncertain else ""
    lines = ["data_crystal"]
    lines += [f"_cell_length_{k} {v:.5f}{mark}" for k, v in zip("abc", lengths, strict=True)]
    lines += [f"_cell_angle_{k} {v:.4f}{mark}" for k, v in zip(("alpha", "beta", "gamma"), angles, strict=True)]
    lines += ["loop_", "_space_group_symop_operation_xyz", *(f"'{op}'" for op in draft.operations), "loop_"]
    lines += [f"_atom_site_{k}" for k in ("label", "type_symbol", "fract_x", "fract_y", "fract_z", "occupancy")]
    lines.append("_atom_site_disorder_group")
    for i, symbol in enumerate(draft.symbols):
        xyz = " ".join(f"{v:.6f}{mark}" for v in draft.frac[i])
        label = draft.labels.get(i, f"{symbol}{i + 1}")
        lines.append(f"{label} {symbol} {xyz} {draft.occupancy[i]:g} {draft.groups.get(i, '.')}")
    return "\n".join(lines) + "\n"


def _poscar(draft: Draft) -> str:
    rows = ["crystal", "1.0", *(" ".join(f"{v:.8f}" for v in row) for row in draft.cell)]
    rows += [" ".join(draft.symbols), " ".join("1" for _ in draft.symbols), "Direct"]
    return "\n".join([*rows, *(" ".join(f"{v:.8f}" for v in row) for row in draft.frac)]) + "\n"


def _extxyz(draft: Draft) -> str:
    cell = " ".join(f"{v:.8f}" for v in draft.cell.ravel())
    head = [str(len(draft.symbols)), f'Lattice="{cell}" Properties=species:S:1:pos:R:3 pbc="T T T"']
    rows = zip(draft.symbols, draft.frac @ draft.cell, strict=True)
    return "\n".join([*head, *(f"{s} {x:.8f} {y:.8f} {z:.8f}" for s, (x, y, z) in rows)]) + "\n"


WRITERS = {".cif": _cif, ".vasp": _poscar, ".extxyz": _extxyz}


def _crystals() -> list[Structure]:
    relaxed = sorted((Path(__file__).parents[1] / "data" / "crystals").glob("*.extxyz"))
    generated = [cubic(cage="MA"), layered(1, spacer="MA"), layered(2, (0, 0), spacer="NH4", cage="MA")]
    return [*generated, *(read(path) for path in relaxed)]


CRYSTALS = _crystals()


def injured(rng: random.Random) -> tuple[str, bytes]:
    """Ending and content of a file that holds a crystal with one to three injuries."""
    draft = Draft.of(rng.choice(CRYSTALS))
    chosen = [rng.choice(INJURIES) for _ in range(rng.choice([1, 1, 2, 3]))]
    for injury in chosen:
        injury(draft, rng)
    suffix = ".cif" if _OF_A_CIF.intersection(chosen) else rng.choice(sorted(WRITERS))
    return suffix, WRITERS[suffix](draft).encode()
