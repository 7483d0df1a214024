"""Will a cation give a layered perovskite: known crystals, rules, and how often the rules are right.

The known crystals are too few and too one-sided for a classifier (unmade compounds are not published), so that rules
are used: each names what speaks against layers. None of them is a law; `rates` says how often they were right.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from rdkit import Chem
from scipy.stats import beta

from perovex._bundled import data_root
from perovex.building.cation import CAGE_SMILES
from perovex.building.halides import read_halides
from perovex.crystal.radii import METAL_RADII
from perovex.descriptors.ammonium import ammonium_atoms
from perovex.descriptors.composition import cage_radius, tolerance_factor
from perovex.descriptors.molecule import molecule_descriptors
from perovex.descriptors.smiles import molecule_graph
from perovex.errors import SmilesError
from perovex.screening.cations import compound_name
from perovex.screening.features import MOLECULE
from perovex.screening.words import KnownNetwork, Rule, known_in_words, rates_in_words, rule_in_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Six anions around a metal touch each other below this ratio of radii: sqrt(2) - 1, geometry.
OCTAHEDRAL_LIMIT: Final = 0.414
#: Tolerance factors between which cage cations are found in perovskites (doi:10.1039/C4SC02211D).
TOLERANCE: Final = (0.8, 1.0)
#: Largest cross-section of the spacers of known (100) layers, Å³ per bond (1-(1-naphthyl)ethylammonium: 24.1).
CROSS_SECTION: Final = 24.2
#: Atoms without hydrogens up to which a cation goes into or between cages instead of spacing layers.
SMALLEST: Final = 3
_LAYERS, _OTHERWISE, _NONE_BROKEN = "known layered", "known otherwise", "no rule broken"
BROKEN: Final = "rule broken"
#: Verdicts of known crystals, which come before rules.
KNOWN: Final = (_LAYERS, _OTHERWISE)
#: Verdicts that a hit may have.
FORMABLE: Final = (_LAYERS, _NONE_BROKEN)
_LAYERED = ("layered", "layered (110)")
_WIDTH = "cross-section"
_SATURATED = ("primary", "secondary", "tertiary")

# Two charges so near each other that one of the protons goes to the halide: what is flagged, and as what.
_ACIDIC = tuple(
    (Chem.MolFromSmarts(smarts), name)
    for smarts, name in (
        ("[#7+]~[#7+]", "adjacent charges"),
        ("[#7+]-[CX4]-[#7+]", "geminal charges"),
        ("[#7+]~[#6X3]~[#7+]", "amidine charges"),
        ("[n+]1aa[n+]aa1", "diazine charges"),
        ("[n+]1a[n+]aaa1", "diazine charges"),
        ("[n+]1aaa([N+])aa1", "conjugated charges"),
        ("[n+]1a([N+])aaaa1", "conjugated charges"),
    )
)
# Bonds between the charged nitrogens of these, at most.
_ACIDIC_REACH: Final = 4


@dataclass(frozen=True)
class Formability:
    """What speaks for and against layers of a cation.

    Attributes
    ----------
    verdict : {"known layered", "known otherwise", "no rule broken", "rule broken"}
        Known crystals come before rules.
    rules : tuple of Rule
        Rules that are broken.
    networks : tuple of KnownNetwork
        Of known crystals of the cation.
    acidic : str
        Name of the rule by which its dication can hardly exist beside halide; empty else.
    """

    verdict: str
    rules: tuple[Rule, ...] = ()
    networks: tuple[KnownNetwork, ...] = ()
    acidic: str = ""

    @property
    def broken(self) -> tuple[str, ...]:
        """Rules that are broken, in words."""
        return tuple(map(rule_in_words, self.rules))

    @property
    def known(self) -> tuple[str, ...]:
        """Networks of known crystals of the cation with their sources, in words."""
        return tuple(map(known_in_words, self.networks))


def cross_section(smiles: str) -> float:
    """Return the volume of a cation over its length from the head: how much room it takes in the plane of the layer.

    Parameters
    ----------
    smiles : str

    Returns
    -------
    float
        Van der Waals volume over the atoms on the path from the farther head to the far end, Å³.

    Examples
    --------
    >>> round(cross_section("CCCC[NH3+]"), 1), round(cross_section("[NH3+]C1CCCCCCC1"), 1)
    (18.0, 24.5)
    """
    values = molecule_descriptors(smiles, MOLECULE)  # those that rung (a) asks for anyway
    return values["cation_volume"] / (values["eccentricity_head"] + 1.0)


def rules_broken(smiles: str) -> list[Rule]:
    """Find the rules about the cation alone that it breaks.

    Parameters
    ----------
    smiles : str
        Cation, charges written out.

    Raises
    ------
    SmilesError
        It cannot be read.

    Examples
    --------
    >>> rules_broken("CCCC[NH3+]")
    []
    >>> rules_broken("C[N+](C)(C)C")[0].name
    'proton'
    """
    graph = molecule_graph(smiles)
    values = molecule_descriptors(smiles, MOLECULE)
    types = {name: values[f"ammonium_{name}_count"] for name in _SATURATED}
    broken: list[Rule] = []
    if not any(graph.hydrogens[i] > 0 for i in ammonium_atoms(smiles)):
        broken.append(Rule("proton"))
    elif not any(types[name] for name in _SATURATED):
        broken.append(Rule("charge"))
    elif not types["primary"] and not types["secondary"]:
        broken.append(Rule("substitution"))
    if len(graph.numbers) <= SMALLEST:
        broken.append(Rule("size", {"atoms": len(graph.numbers)}))
    width = cross_section(smiles)
    if width > CROSS_SECTION:
        broken.append(Rule(_WIDTH, {"width": width, "limit": CROSS_SECTION}))
    return broken


def acidity(smiles: str) -> str:
    """Name the rule by which a dication can hardly exist beside halide; empty where nothing speaks against it.

    Parameters
    ----------
    smiles : str

    Examples
    --------
    >>> acidity("[NH3+]CC[NH3+]"), acidity("c1c[nH+]cc[nH+]1")
    ('', 'diazine charges')
    """
    graph = molecule_graph(smiles)
    if sum(graph.charges) < 2:
        return ""
    charged = [i for i, (z, q) in enumerate(zip(graph.numbers, graph.charges, strict=True)) if z == 7 and q > 0]
    if all(graph.distances[i, j] > _ACIDIC_REACH for i, j in combinations(charged, 2)):
        return ""
    return next((name for pattern, name in _ACIDIC if graph.mol.HasSubstructMatch(pattern)), "")


def composition_rules(metal: str, halide: str, n: int = 1, cage: str = "MA") -> list[Rule]:
    """Find the rules about metal, halide and cage that a composition breaks.

    Parameters
    ----------
    metal : str
        Element with a known radius.
    halide : str
        Element, or a mixture, whose mean radius counts.
    n : int
    cage : str
        Key of `perovex.building.cation.CAGE_SMILES`; counts for n above one.

    Examples
    --------
    >>> composition_rules("Pb", "I"), [rule.name for rule in composition_rules("Pb", "Cl", 2, "GA")]
    ([], ['large cage'])
    """
    broken: list[Rule] = []
    radius = read_halides(halide).radius(n)
    ratio = METAL_RADII[metal] / radius
    if ratio < OCTAHEDRAL_LIMIT:
        values = {"metal": metal, "halide": halide, "ratio": ratio, "limit": OCTAHEDRAL_LIMIT}
        broken.append(Rule("octahedral factor", values))
    if n > 1:
        factor = tolerance_factor(cage_radius(CAGE_SMILES[cage]), METAL_RADII[metal], radius)
        if factor > TOLERANCE[1] + 0.05:
            broken.append(Rule("large cage", {"cage": cage, "factor": factor}))
        elif factor < TOLERANCE[0]:
            broken.append(Rule("small cage", {"cage": cage, "factor": factor}))
    return broken


def judge(smiles: str, key: str | None = None) -> Formability:
    """Judge a cation by known crystals, then by rules.

    Parameters
    ----------
    smiles : str
        Cation.
    key : str, optional
        Its `perovex.screening.cations.Cation.key`, if it was read already.

    Returns
    -------
    Formability

    Raises
    ------
    SmilesError
        It cannot be read.

    Examples
    --------
    >>> judge("CCCC[NH3+]").verdict, judge("[NH3+]C1CCCCCCC1").verdict
    ('known layered', 'known otherwise')
    >>> judge("CCC[N+](C)(C)C").verdict
    'rule broken'
    """
    name = key if key is not None else compound_name(molecule_graph(smiles).mol)
    known = known_networks().get(name, ())
    broken, acidic = rules_broken(smiles), acidity(smiles)
    if acidic:
        broken.append(Rule(acidic))
    if known:
        layered = any(network.perovskite in _LAYERED for network in known)
        verdict = _LAYERS if layered else _OTHERWISE
    else:
        verdict = BROKEN if broken else _NONE_BROKEN
    return Formability(verdict, tuple(broken), known, acidic)


def load_known() -> pd.DataFrame:
    """Load the known crystals: cation, metal, halide, network, whether it is a layered perovskite, source.

    Examples
    --------
    >>> sorted(set(load_known()["perovskite"]))
    ['3D', 'layered', 'layered (110)', 'none']
    """
    return pd.read_csv(data_root() / "reference" / "formability.csv")


@lru_cache(maxsize=1)
def known_networks() -> Mapping[str, tuple[KnownNetwork, ...]]:
    """Return by cation (see `perovex.screening.cations.compound_name`) what its crystals are."""
    table: dict[str, tuple[KnownNetwork, ...]] = {}
    for row in load_known().itertuples(index=False):
        name = compound_name(Chem.MolFromSmiles(row.smiles))
        network = KnownNetwork(*map(str, (row.perovskite, row.metal, row.halide, row.network, row.source)))
        table[name] = (*table.get(name, ()), network)
    return table


def rates() -> pd.DataFrame:
    """Count how often the rules about the cation were right on spacers of known crystals.

    The cross-section is judged by the largest of the other layered spacers, so that no cation sets its own limit.
    Cations that give both layers and something else, or (110) layers, count on neither side.

    Returns
    -------
    DataFrame
        Rows ``layered`` and ``otherwise``: ``spacers``, ``right`` (no rule broken, or one broken), ``share``,
        ``lower``, ``upper`` (95 %, Clopper and Pearson).

    Examples
    --------
    >>> bool(rates().loc["layered", "spacers"] > 30)
    True
    """
    known = load_known()
    names = [compound_name(Chem.MolFromSmiles(smiles)) for smiles in known["smiles"]]
    kinds: dict[str, set[str]] = {}
    written: dict[str, str] = {}
    for name, smiles, kind in zip(names, known["smiles"], known["perovskite"], strict=True):
        kinds.setdefault(name, set()).add(str(kind))
        written.setdefault(name, str(smiles))
    layered = [written[name] for name, formed in kinds.items() if formed == {"layered"}]
    others = [written[name] for name, formed in kinds.items() if formed.isdisjoint(_LAYERED)]
    widths = {name: cross_section(name) for name in layered}
    lines = {}
    for label, names in (("layered", layered), ("otherwise", others)):
        right = 0
        for name in names:
            limit = max(width for other, width in widths.items() if other != name) + 0.1
            others_broken = {rule.name for rule in rules_broken(name)} - {_WIDTH}
            broken = bool(others_broken) or cross_section(name) > limit
            right += broken if label == "otherwise" else not broken
        lines[label] = _share(right, len(names))
    return pd.DataFrame.from_dict(lines, orient="index")


def _share(right: int, count: int) -> dict[str, Any]:
    lower = float(beta.ppf(0.025, right, count - right + 1)) if right else 0.0
    upper = float(beta.ppf(0.975, right + 1, count - right)) if right < count else 1.0
    return {"spacers": count, "right": right, "share": right / count, "lower": lower, "upper": upper}


@lru_cache(maxsize=1)
def statement() -> str:
    """Say how often the rules are right."""
    return rates_in_words(rates())


def judge_many(spacers: Sequence[str], keys: Sequence[str]) -> list[Formability]:
    """Judge many cations; one that cannot be read breaks a rule.

    Parameters
    ----------
    spacers, keys : sequence of str
        SMILES and names of the compounds.

    Returns
    -------
    list of Formability
    """
    judged = []
    for smiles, key in zip(spacers, keys, strict=True):
        try:
            judged.append(judge(smiles, key))
        except SmilesError as error:
            judged.append(Formability(BROKEN, (Rule("unreadable", {"error": str(error)}),)))
    return judged
