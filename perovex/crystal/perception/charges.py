"""Resonance and protonation: which of several sound states a conjugated cation has, by the charge of the crystal.

Some graphs have two good readings. 4,4'-Bipyridine with a hydrogen on each nitrogen is a neutral quinoid or an aromatic
dication; the valences of its atoms do not tell. The crystal does: its cations carry what its framework needs, and its
bonds are as long as their orders say.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from perovex.crystal.bonding.chemistry import charged_template, implied_template, stereo_smiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from perovex.crystal.bonding.chemistry import Template
    from perovex.crystal.perception.molecules import RawMolecule

#: Charges that are tried on one molecule.
CHARGES = (0, 1, 2, 3, 4)
#: Another state may fit the bond lengths this much worse, Å, and no more.
WORSE = 0.03
#: Cost of a proton that a file without hydrogens does not show.
_PER_PROTON = 0.001
#: Misfit, Å, of a molecule without a sound state.
_UNSOUND = 1.0
#: Kinds of molecule whose states are combined; a crystal with more is damaged.
_KINDS_AT_MOST = 4
#: Usual lengths, Å, by elements and bond order (1.5: aromatic); a single bond between unsaturated atoms is shorter.
_USUAL = {
    ("C", "C"): {1.0: 1.53, 1.5: 1.39, 2.0: 1.34, 3.0: 1.20},
    ("C", "N"): {1.0: 1.47, 1.5: 1.34, 2.0: 1.29, 3.0: 1.15},
    ("C", "O"): {1.0: 1.43, 1.5: 1.34, 2.0: 1.22},
    ("N", "N"): {1.0: 1.43, 1.5: 1.33, 2.0: 1.25},
    ("C", "S"): {1.0: 1.81, 1.5: 1.71, 2.0: 1.65},
}
_CONJUGATED = {("C", "C"): 1.46, ("C", "N"): 1.38, ("C", "O"): 1.36, ("N", "N"): 1.37, ("C", "S"): 1.75}


def settle_charges(molecules: Sequence[RawMolecule], needed: Sequence[int]) -> list[RawMolecule]:
    """Give molecules the state that balances the crystal, where what their graphs say does not.

    Parameters
    ----------
    molecules : sequence of RawMolecule
        All molecules and ions outside the octahedra.
    needed : sequence of int
        Total charges that would balance the framework, the usual one first.

    Returns
    -------
    list of RawMolecule
        The same ones where they balance already, or where no sound states do.
    """
    settled = list(molecules)
    total = sum(m.charge for m in settled)
    if total in needed:
        return settled
    kinds: dict[tuple[tuple[str, ...], bytes], list[int]] = defaultdict(list)
    for position, m in enumerate(settled):
        if len(m.symbols) > 1:
            kinds[m.symbols, m.bonds.tobytes()].append(position)
    options = {kind: _states(kind, [settled[p] for p in members]) for kind, members in kinds.items()}
    open_kinds = [kind for kind, states in options.items() if len(states) > 1]
    if not 0 < len(open_kinds) <= _KINDS_AT_MOST:
        return settled
    best: tuple[float, tuple[tuple[float, Template | None], ...]] = (np.inf, ())
    for trial in product(*(options[kind] for kind in open_kinds)):
        change = sum(
            len(kinds[kind]) * (state[1].charge - settled[kinds[kind][0]].charge)
            for kind, state in zip(open_kinds, trial, strict=True)
            if state[1] is not None
        )
        cost = sum(len(kinds[kind]) * state[0] for kind, state in zip(open_kinds, trial, strict=True))
        if total + change in needed and cost < best[0]:
            best = (cost, trial)
    # no balance to be had: still, a graph whose only sound state is a charged one has that
    chosen = list(best[1]) or [_alone(options[kind]) for kind in open_kinds]
    for kind, (_, state) in zip(open_kinds, chosen, strict=True):
        if state is not None:
            for position in kinds[kind]:
                settled[position] = _with_state(settled[position], state)
    return settled


def _states(kind: tuple[tuple[str, ...], bytes], members: Sequence[RawMolecule]) -> list[tuple[float, Template | None]]:
    """Sound states of one kind of molecule with their misfit to the bond lengths, Å; None is the present one."""
    symbols, bonds = kind
    if "H" not in symbols:
        return _protonated(kind, members)
    lengths = np.mean([_lengths(m) for m in members], axis=0)
    present = misfit(members[0].mol, symbols, members[0].bonds, lengths) if members[0].hydrogens_complete else np.inf
    states: list[tuple[float, Template | None]] = [(min(present, _UNSOUND), None)]
    for charge in CHARGES:
        if charge == members[0].charge and members[0].hydrogens_complete:
            continue
        state = charged_template(symbols, bonds, charge)
        if state is None:
            continue
        value = misfit(state.mol, symbols, members[0].bonds, lengths)
        if value <= present + WORSE:
            states.append((value, state))
    return states


def _protonated(
    kind: tuple[tuple[str, ...], bytes], members: Sequence[RawMolecule]
) -> list[tuple[float, Template | None]]:
    """States of a molecule without hydrogens: as it is, or with protons on more of its nitrogens."""
    symbols, bonds = kind
    lengths = np.mean([_lengths(m) for m in members], axis=0).round(3).tobytes()
    states: list[tuple[float, Template | None]] = [(0.0, None)]
    for protons in range(1, symbols.count("N") + 1):
        state = implied_template(symbols, bonds, lengths, protons)
        if state is None:
            break
        states.append((_PER_PROTON * protons, state))
    return states


def _alone(states: Sequence[tuple[float, Template | None]]) -> tuple[float, Template | None]:
    """Return the state of a molecule that the crystal does not decide on."""
    present, *others = states
    return min(others, key=_preference) if present[0] >= _UNSOUND else present


def _preference(state: tuple[float, Template | None]) -> tuple[int, float]:
    """Small charges first, then good bond lengths."""
    value, template = state
    return (0 if template is None else abs(template.charge), value)


def _lengths(molecule: RawMolecule) -> NDArray[np.float64]:
    ends = molecule.coordinates[molecule.bonds]
    return np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1)


def misfit(mol: object, symbols: Sequence[str], bonds: NDArray[np.int64], lengths: NDArray[np.float64]) -> float:
    """Root-mean-square deviation of the bonds between heavy atoms from their usual lengths.

    Parameters
    ----------
    mol : rdkit.Chem.Mol
        Molecule whose bond orders are judged, atoms in the order of `symbols`.
    symbols : sequence of str
        Elements.
    bonds : ndarray of int, shape (l, 2)
        Bonded pairs.
    lengths : ndarray, shape (l,)
        Å.

    Returns
    -------
    float
        Å; 0 where there is no such bond.
    """
    deviations = []
    for (a, b), length in zip(bonds.tolist(), lengths.tolist(), strict=True):
        pair = (min(symbols[a], symbols[b]), max(symbols[a], symbols[b]))
        bond = mol.GetBondBetweenAtoms(a, b)  # type: ignore[attr-defined]
        if pair not in _USUAL or bond is None:
            continue
        order = 1.5 if bond.GetIsAromatic() else bond.GetBondTypeAsDouble()
        usual = _USUAL[pair].get(order, _USUAL[pair][1.0])
        if order == 1.0 and bond.GetIsConjugated():
            usual = _CONJUGATED[pair]
        deviations.append(length - usual)
    return float(np.sqrt(np.mean(np.square(deviations)))) if deviations else 0.0


def _with_state(molecule: RawMolecule, state: Template) -> RawMolecule:
    smiles, mol = state.smiles, state.mol
    if state.stereo:
        smiles, mol = stereo_smiles(state, molecule.coordinates)
    return replace(
        molecule,
        smiles=smiles,
        charge=state.charge,
        ammonium=state.ammonium,
        hydrogens_complete=state.complete,
        mol=mol,
    )
