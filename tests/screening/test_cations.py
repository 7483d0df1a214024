"""What people write as a spacer is understood, or refused with a reason."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem
from rdkit.Chem.MolStandardize import rdMolStandardize

from perovex.errors import PerovexError, SmilesError
from perovex.screening.cations import compound_name, neutral_base, read_cation


@pytest.mark.parametrize(
    ("text", "smiles", "said"),
    [
        ("[NH3+]CCCC", "CCCC[NH3+]", ""),
        ("CCCCN", "CCCC[NH3+]", "neutral amine: its ammonium CCCC[NH3+] is meant"),
        ("NCCCCN", "[NH3+]CCCC[NH3+]", "neutral amine: its ammonium [NH3+]CCCC[NH3+] is meant"),
        ("CCCC[NH3+].[I-]", "CCCC[NH3+]", "salt: [I-] was taken off"),
        ("NCCc1ccccc1.Br", "[NH3+]CCc1ccccc1", "salt: Br was taken off"),
        ("[Cl-].[Cl-].[NH3+]CC[NH3+]", "[NH3+]CC[NH3+]", "salt: [Cl-] was taken off"),
        ("[2H]C([2H])([2H])C[NH3+]", "CC[NH3+]", ""),
    ],
)
def test_a_cation_an_amine_and_a_salt_are_the_cation(text: str, smiles: str, said: str) -> None:
    cation = read_cation(text)
    assert cation.smiles == smiles
    assert said in "; ".join(cation.notes)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("CCC(", "not a readable SMILES"),
        ("CCO", "neutral, and without an amine"),
        ("CC(=O)[O-]", "an anion"),
        ("[O-]C(=O)CC[NH3+]", "zwitterion"),
        ("[Cs+]", "Cs in a spacer"),
        ("[NH4+]", "no carbon"),
        ("C[S+](C)C", "not on nitrogen"),
        ("[NH3+]CC([NH3+])C[NH3+]", "a charge of +3"),
        ("CCC[NH3+].CCCC[NH3+]", "2 different molecules"),
        ("[Cl-].[Na+]", "Na in a spacer"),
        (f"{'C' * 70}[NH3+]", "71 atoms"),
    ],
)
def test_what_is_no_spacer_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(SmilesError, match=reason.replace("+", r"\+")):
        read_cation(text)


@pytest.mark.parametrize(
    "spellings",
    [
        ("C[C@H]([NH3+])c1ccccc1", "C[C@@H]([NH3+])c1ccccc1", "CC([NH3+])c1ccccc1"),
        ("Cc1c[nH]c[nH+]1", "Cc1c[nH+]c[nH]1"),
        ("[NH3+]C/C=C/c1ccccc1", "C(=C\\c1ccccc1)\\C[NH3+]"),
    ],
)
def test_enantiomers_tautomers_and_spellings_are_one_compound(spellings: tuple[str, ...]) -> None:
    assert len({read_cation(text).key for text in spellings}) == 1


@given(st.text(alphabet="CNOcn()[]+-=#123HBrIl.@/\\ ", max_size=25))
@settings(max_examples=150, deadline=None)
def test_no_text_does_more_than_a_typed_error(text: str) -> None:
    try:
        cation = read_cation(text)
    except PerovexError:
        return
    again = read_cation(cation.smiles)
    assert (again.smiles, again.key) == (cation.smiles, cation.key)
    assert Chem.GetFormalCharge(Chem.MolFromSmiles(cation.smiles)) in (1, 2)


@pytest.mark.parametrize(
    "smiles", ["CC[NH2+]CC(O)[NH3+]", "C[NH+](C)CS[NH3+]", "[NH3+]CSSC[NH3+]", "CC([NH3+])SCC[N+](C)(C)C"]
)
def test_saturated_molecules_have_one_tautomer(smiles: str) -> None:
    mol = Chem.MolFromSmiles(smiles)
    tautomer = rdMolStandardize.TautomerEnumerator().Canonicalize(neutral_base(mol))
    assert compound_name(mol) == f"{Chem.MolToSmiles(tautomer)} {Chem.GetFormalCharge(mol)}+"
