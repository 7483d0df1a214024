"""Names of the organic cations: SMILES, common abbreviation, name."""

from __future__ import annotations

import pandas as pd

from perovex._bundled import data_root
from perovex.datasets.elastic import flat_smiles


def load_spacers() -> pd.DataFrame:
    """Load the table of cations.

    Returns
    -------
    DataFrame
        Indexed by canonical SMILES without stereochemistry; columns ``abbreviation`` and ``name``. An abbreviation
        follows common use where there is one.

    Examples
    --------
    >>> load_spacers().loc["CCCC[NH3+]", "abbreviation"]
    'BA'
    """
    table = pd.read_csv(data_root() / "spacers.csv")
    table["smiles"] = table["smiles"].map(flat_smiles)
    return table.set_index("smiles")


def spacer_abbreviation(smiles: str) -> str:
    """Return the abbreviation of a cation, or its SMILES where the table has none.

    Parameters
    ----------
    smiles : str
        Of the cation, stereo marks ignored.

    Examples
    --------
    >>> spacer_abbreviation("[NH3+]CCCC")
    'BA'
    """
    table = load_spacers()
    key = flat_smiles(smiles)
    return str(table.loc[key, "abbreviation"]) if key in table.index else smiles
