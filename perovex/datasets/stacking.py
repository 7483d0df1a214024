"""Names of stacking and family in tables of labels; releases up to 0.5 gave the family by the shift of the slabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

#: What releases up to 0.5 called a stacking.
FORMER_NAMES = {"RP": "staggered", "DJ": "eclipsed", "intermediate": "intermediate"}


def stacking_of(former: str) -> str:
    """Return the stacking that a phase of a release up to 0.5 stands for; empty where it says none (ACI, 3D).

    Examples
    --------
    >>> stacking_of("DJ"), stacking_of("ACI")
    ('eclipsed', '')
    """
    return FORMER_NAMES.get(former, "")


def family_of(spacer_smiles: str) -> str:
    """Return the family of a layered crystal by the charges of its spacers: RP, DJ, mixed or unknown.

    Parameters
    ----------
    spacer_smiles : str
        Distinct spacers, joined by dots.

    Examples
    --------
    >>> family_of("CCCC[NH3+]"), family_of("[NH3+]CCC[NH3+]"), family_of("")
    ('RP', 'DJ', 'unknown')
    """
    from rdkit import Chem

    if not spacer_smiles:
        return "unknown"
    charges = set()
    for smiles in spacer_smiles.split("."):
        mol = Chem.MolFromSmiles(smiles)
        if mol is None:
            return "unknown"
        charges.add(min(Chem.GetFormalCharge(mol), 2))
    if len(charges) > 1:
        return "mixed"
    return "RP" if charges == {1} else "DJ"


def with_stacking(labels: pd.DataFrame) -> pd.DataFrame:
    """Return a table of labels whose phases name families and whose stackings have a column of their own.

    Parameters
    ----------
    labels : DataFrame
        With ``phase``, ``spacer_smiles`` and perhaps ``parent_phase``; one that has ``stacking`` is returned as it is.
    """
    if "stacking" in labels or "phase" not in labels:
        return labels
    table = labels.copy()
    table.insert(list(table.columns).index("phase") + 1, "stacking", table["phase"].map(stacking_of))
    shifted = table["phase"].isin(FORMER_NAMES)
    table.loc[shifted, "phase"] = table.loc[shifted, "spacer_smiles"].map(family_of)
    if "parent_phase" in table:
        table["parent_phase"] = table["parent_phase"].map(stacking_of)
        table = table.rename(columns={"parent_phase": "parent_stacking"})
    return table
