"""Which nitrogens of a molecule carry the positive charge."""

from __future__ import annotations

from functools import lru_cache

from rdkit import Chem

from perovex.descriptors.smiles import CACHED_MOLECULES, MoleculeGraph, molecule_graph

# From the most to the least basic: the first pattern that matches a neutral amine says where the proton goes.
_HEADS = tuple(
    (Chem.MolFromSmarts(smarts), members)
    for smarts, members in (
        ("[NX3;H0,H1,H2]C(=[NX2])[NX3;H0,H1,H2]", (0, 2, 3)),  # guanidine
        ("[NX3;H0,H1,H2][CX3;!$(C=O)]=[NX2;!$(N~[!#6;!#1])]", (0, 2)),  # amidine
        ("[NX3;!$(N[C,S,P]=[O,S,N]);!$(N-[#7,#8]);!$(N-[c,n]);!$(N-C=C);!$(NC#N)]", (0,)),  # aliphatic amine
        ("[NX3;!$(N[C,S,P]=[O,S,N]);!$(N-[#7,#8])]", (0,)),  # aniline, enamine
        ("[nX2,NX2;!$(N~[#7,#8])]", (0,)),  # pyridine, imine
        ("[NX3,nX3,nX2,NX2,NX1]", (0,)),  # whatever nitrogen is left
    )
)


def _charged_nitrogens(graph: MoleculeGraph) -> list[int]:
    """Nitrogens whose positive charge is not balanced next door (nitro, N-oxide, azide)."""
    cations = [i for i, (z, q) in enumerate(zip(graph.numbers, graph.charges, strict=True)) if z == 7 and q > 0]
    if min(graph.charges) >= 0:
        return cations
    return [
        index
        for index in cations
        if all(atom.GetFormalCharge() >= 0 for atom in graph.mol.GetAtomWithIdx(index).GetNeighbors())
    ]


def _resonance_partners(graph: MoleculeGraph, head: int) -> list[int]:
    """Nitrogens that share the charge of an amidinium, guanidinium or imidazolium nitrogen."""
    if graph.is_saturated_ammonium(head):
        return []
    atom = graph.mol.GetAtomWithIdx(head)
    partners = []
    for bond in atom.GetBonds():
        carbon = bond.GetOtherAtom(atom)
        if carbon.GetAtomicNum() != 6 or bond.GetBondTypeAsDouble() == 1.0:
            continue
        for other in carbon.GetNeighbors():
            hydrogens = other.GetTotalNumHs() or other.GetDegree() == 3
            if other.GetAtomicNum() == 7 and other.GetFormalCharge() == 0 and hydrogens:
                partners.append(other.GetIdx())
    return partners


@lru_cache(maxsize=CACHED_MOLECULES)
def ammonium_atoms(smiles: str) -> tuple[int, ...]:
    """Find the nitrogens that carry the positive charge.

    Of a cation these are its charged nitrogens, and for amidinium, guanidinium and imidazolium all nitrogens
    that share the charge. Of a neutral amine they are the most basic ones: guanidine, amidine, aliphatic
    amine, aniline, pyridine, in this order.

    Parameters
    ----------
    smiles : str
        Cation or neutral amine.

    Returns
    -------
    tuple of int
        Atom indices, ascending; empty without nitrogen.

    Raises
    ------
    SmilesError
        The string cannot be read.

    Examples
    --------
    >>> from perovex.descriptors.ammonium import ammonium_atoms
    >>> ammonium_atoms("[NH3+]CCc1ccccc1"), ammonium_atoms("NCCc1ccccn1"), ammonium_atoms("NC=[NH2+]")
    ((0,), (0,), (0, 2))
    """
    graph = molecule_graph(smiles)
    charged = _charged_nitrogens(graph)
    if charged:
        return tuple(sorted({j for i in charged for j in (i, *_resonance_partners(graph, i))}))
    for pattern, members in _HEADS:
        matches = graph.mol.GetSubstructMatches(pattern)
        if matches:
            return tuple(sorted({match[m] for match in matches for m in members}))
    return ()
