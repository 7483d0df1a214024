"""Crystals and their mirror images: nature gives both the same moduli, a potential need not."""

from __future__ import annotations

import re
from itertools import combinations

import pandas as pd

from perovex.datasets.schema import MODULI

_SAME_CRYSTAL = 1e-3  # eV per atom; beyond, it is another packing
_COLUMNS = ("right", "left", "energy_meV_per_atom", *(f"{modulus}_percent" for modulus in MODULI))


def mirrored_smiles(smiles: str) -> str:
    """Return the canonical SMILES of the mirror image; unreadable text comes back as it is.

    Examples
    --------
    >>> mirrored_smiles("C[C@H]([NH3+])c1ccccc1") == mirrored_smiles(mirrored_smiles("C[C@@H]([NH3+])c1ccccc1"))
    True
    >>> mirrored_smiles("CCCC[NH3+]")
    'CCCC[NH3+]'
    """
    from rdkit import Chem

    turned = re.sub("@+", lambda match: "@" if match.group() == "@@" else "@@", smiles)
    mol = Chem.MolFromSmiles(turned)
    return smiles if mol is None else str(Chem.MolToSmiles(mol))


def enantiomer_differences(table: pd.DataFrame) -> pd.DataFrame:
    """Compare the labels of crystals that are mirror images of each other.

    Whatever separates them is error: of convergence, or of a potential that tells left from right (equivariant
    networks without parity do).

    Parameters
    ----------
    table : DataFrame
        Accepted labels of one potential, indexed by crystal, as in `ElasticData.table`.

    Returns
    -------
    pandas.DataFrame
        One row per pair: ``right`` and ``left`` (the crystals), the difference of their energies, and that of each
        modulus in percent of the mean of the two.

    Examples
    --------
    >>> from perovex.datasets import load_elastic
    >>> list(enantiomer_differences(load_elastic().table).columns[:3])
    ['right', 'left', 'energy_meV_per_atom']
    """
    own = {text: mirrored_smiles(mirrored_smiles(text)) for text in table["spacer_smiles"].unique()}
    chiral = table[[own[text] != mirrored_smiles(text) for text in table["spacer_smiles"]]]
    keys = ["formula", "n_atoms", "n_layers", "phase", "stacking"]
    rows = []
    for one, other in combinations(chiral.index, 2):
        a, b = chiral.loc[one], chiral.loc[other]
        if mirrored_smiles(a["spacer_smiles"]) != own[b["spacer_smiles"]] or any(a[k] != b[k] for k in keys):
            continue
        apart = abs(a["energy"] - b["energy"]) / a["n_atoms"]
        if apart > _SAME_CRYSTAL:
            continue
        row = {"right": one, "left": other, "energy_meV_per_atom": 1e3 * apart}
        rows.append(row | {f"{m}_percent": _percent(float(a[m]), float(b[m])) for m in MODULI})
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def _percent(one: float, other: float) -> float:
    return 100 * abs(one - other) / (0.5 * (one + other))
