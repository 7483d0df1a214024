"""A library of candidate cations, put together by rules: heads, linkers, tails and cores.

The rules are tables below, so that what is in the library can be read off them. Nothing is taken from a catalogue, and
nothing says that a cation can be bought; `synthetic_accessibility` is a proxy (Ertl and Schuffenhauer), no more.
"""

from __future__ import annotations

import sys
from itertools import combinations_with_replacement, product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from rdkit import Chem, RDConfig
from rdkit.rdBase import BlockLogs

from perovex._bundled import data_root
from perovex._progress import progress_bar
from perovex._words import joined
from perovex.datasets import load_elastic
from perovex.descriptors.molecule import ammonium_types, molecule_descriptors
from perovex.errors import DatasetError, PerovexError
from perovex.screening.cations import neutral_base, read_cation
from perovex.screening.formability import FORMABLE, KNOWN, judge

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Charged groups at the end of a chain, written so that the chain goes on to their right.
HEADS: Final = {
    "primary": ("[NH3+]",),
    "secondary": ("C[NH2+]", "CC[NH2+]"),
    "tertiary": ("C[NH+](C)",),
    "quaternary": ("C[N+](C)(C)",),
}
#: What stands between head and tail.
LINKERS: Final = (
    "", "C", "CC", "CCC", "CCCC", "CCCCC", "CCCCCC", "C(C)", "CC(C)", "C(C)C", "C(C)(C)", "CC(C)C", "C(CC)", "CCO",
    "CCOCC", "CCCO", "CC=C", "CCS",
)  # fmt: skip
#: Groups on aromatic rings.
GROUPS: Final = ("F", "Cl", "Br", "I", "C", "OC", "C(F)(F)F", "C#N", "O", "CC", "SC", "[N+](=O)[O-]")
_ALKYL = (
    "C", "CC", "CCC", "CCCC", "CCCCCC", "CCCCCCCC", "C(C)C", "CC(C)C", "C(C)(C)C", "C=C", "C#C", "CF", "CCl", "CBr",
    "CI", "CO", "COC", "CC#N", "C(=O)O", "C(=O)OC", "CSC", "C(F)F", "C(F)(F)F", "C(F)(F)C(F)(F)F",
    "C(F)(F)C(F)(F)C(F)(F)F", "C(F)(F)C(F)(F)C(F)(F)C(F)(F)F", "CC(F)(F)F", "CCC(F)(F)F",
)  # fmt: skip
_RINGS = (
    "C1CC1", "C1CCC1", "C1CCCC1", "C1CCCCC1", "C1CCCCCC1", "C1CCC(C)CC1", "C1CCC(F)CC1", "C1CCC(F)(F)CC1", "C1CC=CCC1",
    "C1CCOC1", "C1CCOCC1", "C1CC2CCC1C2", "C12CC3CC(CC(C3)C1)C2",
)  # fmt: skip
_HETERO = (
    "c1cccs1", "c1ccsc1", "c1ccco1", "c1ccc(-c2cccs2)s1", "c1ccc2ccccc2c1", "c1cccc2ccccc12", "c1ccc(-c2ccccc2)cc1",
    "c1c[nH]c2ccccc12", "c1ccc2c(c1)OCO2", "c1ccc2sccc2c1", "c1ccc(C)s1", "c1ccc(Br)s1", "c1ccc(Cl)s1",
)  # fmt: skip
#: Rings and chains that carry two linkers with a head each; ``*`` marks the second.
CORES: Final = (
    "", "C", "CC", "CCC", "CCCC", "CCCCCC", "C=C", "C#C", "CC(C)C", "C(C)(C)", "O", "COC", "OCCO", "S", "SS", "C(F)(F)",
    "C(F)(F)C(F)(F)", "C(F)(F)C(F)(F)C(F)(F)C(F)(F)", "C1CC1*", "C1CC(*)C1", "C1CCC(*)C1", "C1CCCC(*)C1", "C1CCC(*)CC1",
    "C1CC2CC(*)C1C2", "c1ccc(*)cc1", "c1cccc(*)c1", "c1ccccc1*", "c1ccc(*)c(F)c1", "c1ccc(*)c(C)c1", "c1ccc(*)c(Cl)c1",
    "c1cc(F)c(*)c(F)c1", "c1c(F)c(F)c(*)c(F)c1F", "c1cc(C)c(*)cc1C", "c1cc(OC)c(*)cc1OC", "c1ccc(-c2ccc(*)cc2)cc1",
    "c1ccc2cc(*)ccc2c1", "c1cccc2c(*)cccc12", "c1ccc(*)s1", "c1ccc(-c2ccc(*)s2)s1", "c1ccc(*)o1", "c1cc(*)cs1",
    "c1ccc(Oc2ccc(*)cc2)cc1", "c1ccc(C=Cc2ccc(*)cc2)cc1", "c1ccc(Cc2ccc(*)cc2)cc1", "c1ccc(C2CCC(*)CC2)cc1",
    "C1CCC(C2CCC(*)CC2)CC1", "c1ccc(C#Cc2ccc(*)cc2)cc1",
)  # fmt: skip
_DOUBLE_LINKERS = ("", "C", "CC", "CCC", "CCCC", "C(C)")
_AMINE_RINGS = (
    "[NH2+]1CC1", "[NH2+]1CCC1", "[NH2+]1CCCC1", "[NH2+]1CCCCC1", "[NH2+]1CCOCC1", "[NH2+]1CCSCC1", "[NH2+]1CCCCCC1",
)  # fmt: skip
_RING_SIDES = (
    "C",
    "CC",
    "F",
    "C(F)(F)F",
    "O",
    "OC",
    "c1ccccc1",
    "c1ccc(F)cc1",
    "Cc1ccccc1",
    "[NH3+]",
    "C[NH3+]",
    "CC[NH3+]",
)
#: Atoms without hydrogens of the largest cation of the library.
LARGEST: Final = 24


def phenyls() -> list[str]:
    """Return phenyl rings with up to two groups, and the fluorinated ones, as ends of a chain.

    Examples
    --------
    >>> len(phenyls()) > 150, "c1ccc(F)cc1" in phenyls()
    (True, True)
    """
    rings = ["c1ccccc1", "c1c(F)c(F)c(F)c(F)c1F", "c1cc(F)c(F)c(F)c1", "c1c(F)cccc1F", "c1cc(C(F)(F)F)cc(C(F)(F)F)c1"]
    for group in GROUPS:
        rings += [f"c1ccc({group})cc1", f"c1cccc({group})c1", f"c1ccccc1{group}"]
    for first, second in combinations_with_replacement(GROUPS, 2):
        rings += [f"c1ccc({first})c({second})c1", f"c1cc({first})cc({second})c1"]
    return rings


def assembled() -> Iterator[tuple[str, str]]:  # noqa: C901 - one loop for each rule
    """Put cations together, in a fixed order, with repeats and impossible ones.

    Yields
    ------
    smiles, family : str
        Family: ``chain``, ``ring``, ``aromatic``, ``heteroaromatic``, ``diammonium``, ``cyclic amine``.
    """
    tails = {"chain": _ALKYL, "ring": _RINGS, "aromatic": phenyls(), "heteroaromatic": _HETERO}
    heads = [head for group in HEADS.values() for head in group]
    for family, ends in tails.items():
        # of phenyls with two groups only the common heads and short linkers are made: there are too many else
        for end in ends:
            few = family == "aromatic" and end.count("(") >= 2
            tried = product(heads[:2], LINKERS[:10]) if few else product(heads, LINKERS)
            for head, linker in tried:
                yield f"{head}{linker}{end}", family
    for core in CORES:
        for first, second in combinations_with_replacement(heads, 2):
            for left, right in product(_DOUBLE_LINKERS, repeat=2):
                end = f"{right[::-1] if right != 'C(C)' else 'C(C)'}{_reversed_head(second)}"
                middle = core.replace("*", end) if "*" in core else f"{core}{end}"
                yield f"{first}{left}{middle}", "diammonium"
    for ring in _AMINE_RINGS:
        places = [i for i, letter in enumerate(ring) if letter == "C"]
        for side in _RING_SIDES:
            for place in places:
                at = place + (2 if ring[place + 1 : place + 2] == "1" else 1)
                yield f"{ring[:at]}({side}){ring[at:]}" if at < len(ring) else f"{ring}{side}", "cyclic amine"
        for side in ("C", "CC", "CCC", "CCO", "CCc1ccccc1", "Cc1ccccc1", "CC[NH3+]", "CCC[NH3+]", "CCCC[NH3+]"):
            yield f"[NH+]1({side}){ring[len('[NH2+]1') :]}", "cyclic amine"
    for first, second in combinations_with_replacement(("", "C", "CC", "CCC", "Cc1ccccc1"), 2):
        hydrogens = ["H2" if not side else "H" for side in (first, second)]
        sides = [f"({side})" if side else "" for side in (first, second)]
        yield f"[N{hydrogens[0]}+]1{sides[0]}CC[N{hydrogens[1]}+]{sides[1]}CC1", "cyclic amine"


def _reversed_head(head: str) -> str:
    """Write a head so that it ends a chain."""
    return {"[NH3+]": "[NH3+]", "C[NH2+]": "[NH2+]C", "CC[NH2+]": "[NH2+]CC", "C[NH+](C)": "[NH+](C)C",
            "C[N+](C)(C)": "[N+](C)(C)C"}[head]  # fmt: skip


def enumerate_cations(limit: int | None = None, *, progress: bool = False) -> pd.DataFrame:
    """Enumerate the library and say what is known of each cation.

    Parameters
    ----------
    limit : int, optional
        Stop after so many.
    progress : bool, default False
        Show a progress bar on standard error.

    Returns
    -------
    DataFrame
        ``smiles``, ``family``, ``charge``, ``head`` (the least substituted ammonium), ``aromatic``, ``fluorinated``,
        ``chiral``, ``heavy_atoms``, ``rotatable_bonds``, ``synthetic_accessibility`` (of the neutral base: 1 easy to 10
        hard, a proxy),
        ``in_data`` (crystals of it are among the labels), ``formability``, ``rules_broken``.

    Examples
    --------
    >>> few = enumerate_cations(20)
    >>> len(few), few["smiles"].is_unique, few["charge"].unique().tolist()
    (20, True, [1])
    """
    score = _accessibility()
    labelled = _labelled()
    rows: dict[str, dict[str, Any]] = {}
    with BlockLogs():
        for written, family in progress_bar(assembled(), desc="enumerate", unit="cation", shown=progress):
            row = _describe(written, family, rows, labelled, score)
            if row is not None:
                rows[row.pop("key")] = row
            if limit is not None and len(rows) >= limit:
                break
    return pd.DataFrame(list(rows.values()))


def _describe(
    written: str, family: str, rows: Mapping[str, Any], labelled: set[str], score: Any
) -> dict[str, Any] | None:
    """Describe one cation; None where it is impossible, too large or there already."""
    mol = Chem.MolFromSmiles(written)
    if mol is None or mol.GetNumAtoms() > LARGEST:
        return None
    try:
        cation = read_cation(written)
    except PerovexError:
        return None
    if cation.key in rows or cation.changes:
        return None
    values = molecule_descriptors(
        cation.smiles, ("charge", "aromatic_rings", "fluorine_count", "heavy_atoms", "rotatable_bonds")
    )
    types = ammonium_types(cation.smiles)
    verdict = judge(cation.smiles, cation.key)
    return {
        "key": cation.key,
        "smiles": cation.smiles,
        "family": family,
        "charge": int(values["charge"]),
        "head": next((name for name in HEADS if types[name]), "other"),
        "aromatic": values["aromatic_rings"] > 0,
        "fluorinated": values["fluorine_count"] > 0,
        "chiral": bool(Chem.FindMolChiralCenters(mol, includeUnassigned=True, useLegacyImplementation=True)),
        "heavy_atoms": int(values["heavy_atoms"]),
        "rotatable_bonds": int(values["rotatable_bonds"]),
        "synthetic_accessibility": round(score(neutral_base(mol)), 2),
        "in_data": cation.key in labelled,
        "formability": verdict.verdict,
        "rules_broken": joined(verdict.broken),
    }


def _labelled() -> set[str]:
    """Names of the cations that crystals were labelled of."""
    table = load_elastic().table
    spacers = table.loc[np.isfinite(table["n_layers"]), "spacer_smiles"].unique()
    organic = {part for smiles in spacers for part in str(smiles).split(".") if "C" in part and part != "[Cs+]"}
    return {read_cation(part).key for part in organic}


def _accessibility() -> Any:
    """Return the score of Ertl and Schuffenhauer (10.1186/1758-2946-1-8) that comes with RDKit."""
    folder = str(Path(RDConfig.RDContribDir) / "SA_Score")
    if folder not in sys.path:
        sys.path.append(folder)
    import sascorer  # type: ignore[import-not-found]

    return sascorer.calculateScore


def load_library() -> pd.DataFrame:
    """Load the library that comes with the package.

    Returns
    -------
    DataFrame
        As `enumerate_cations` gives it.

    Raises
    ------
    DatasetError
        This installation has none.

    Examples
    --------
    >>> library = load_library()
    >>> len(library) >= 20_000, bool(library["smiles"].is_unique)
    (True, True)
    """
    path = data_root() / "library" / "cations.parquet"
    if not path.is_file():
        raise DatasetError("no library of cations here", remedy="make one with `perovex spacers --make`", source=path)
    return pd.read_parquet(path)


def select(  # noqa: PLR0913 - columns of the library
    library: pd.DataFrame,
    *,
    charge: int | None = None,
    head: str | None = None,
    family: str | None = None,
    formable: bool = False,
    fluorinated: bool | None = None,
    chiral: bool | None = None,
    aromatic: bool | None = None,
    largest: int | None = None,
    new: bool = False,
) -> pd.DataFrame:
    """Select cations of a library.

    Parameters
    ----------
    library : DataFrame
    charge : {1, 2}, optional
    head : str, optional
        ``primary`` to ``quaternary``.
    family : str, optional
    formable : bool
        Only those known layered, or that break no rule.
    fluorinated, chiral, aromatic : bool, optional
    largest : int, optional
        Atoms without hydrogens.
    new : bool
        Only those that no crystal was labelled of, and that no known crystal has.

    Returns
    -------
    DataFrame

    Examples
    --------
    >>> library = load_library()
    >>> bool((select(library, charge=2, head="primary")["charge"] == 2).all())
    True
    """
    kept = pd.Series(data=True, index=library.index)
    wanted = {
        "charge": charge, "head": head, "family": family, "fluorinated": fluorinated, "chiral": chiral,
        "aromatic": aromatic,
    }  # fmt: skip
    for column, value in wanted.items():
        if value is not None:
            kept &= library[column] == value
    if formable:
        kept &= library["formability"].isin(FORMABLE)
    if largest is not None:
        kept &= library["heavy_atoms"] <= largest
    if new:
        kept &= ~library["in_data"] & ~library["formability"].isin(KNOWN)
    return library[kept]
