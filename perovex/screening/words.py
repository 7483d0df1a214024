"""What a screen has to say: of spacers as they were read, of rules, of what was left out, of rungs and of labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from perovex._numbers import short
from perovex._words import joined
from perovex.learn.bundle.words import new_kind_in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from perovex.learn.bundle.words import NewKind


class Change(NamedTuple):
    """What was changed of a spacer as it was written: a kind of `CHANGES`, and a SMILES."""

    kind: str
    smiles: str


class Rule(NamedTuple):
    """A rule of formability that is broken: a name of `RULES`, and what its words name."""

    name: str
    values: Mapping[str, Any] = {}


class KnownNetwork(NamedTuple):
    """What a known crystal of a cation is."""

    perovskite: str
    metal: str
    halide: str
    network: str
    source: str


class NewComposition(NamedTuple):
    """What no training crystal had of a composition: a mixture of halides, and kinds such as its n or cage."""

    mixed: bool
    kinds: tuple[NewKind, ...] = ()


CHANGES: Final = {
    "salt": "salt: {smiles} was taken off",
    "neutral amine": "neutral amine: its ammonium {smiles} is meant",
}
RULES: Final = {
    "proton": "no hydrogen on any charged nitrogen to hold on to the halides",
    "charge": "the charge is spread over an aromatic ring or an amidine: chains are the rule",
    "substitution": "tertiary ammonium: its nitrogen does not reach the pocket of the halides",
    "size": "{atoms} atoms without hydrogens: goes into the cage, not between layers",
    "cross-section": "cross-section {width:.1f} Å³ per bond, wider than known spacers ({limit:g})",
    "adjacent charges": "two charged nitrogens side by side",
    "geminal charges": "two charges on one carbon",
    "amidine charges": "two charges on one amidine or ring carbon",
    "diazine charges": "two charges in one ring of a diazine",
    "conjugated charges": "a second charge conjugated with a charged ring",
    "octahedral factor": "{metal} is small for six {halide}: octahedral factor {ratio:.2f} below {limit:g}",
    "large cage": "cage cation {cage} is too large: tolerance factor {factor:.2f}",
    "small cage": "cage cation {cage} is too small: tolerance factor {factor:.2f}",
    "unreadable": "{error}",
}
#: Rules about charges so near each other that a proton goes to the halide.
ACIDIC: Final = ("adjacent charges", "geminal charges", "amidine charges", "diazine charges", "conjugated charges")
#: What each rung takes.
RUNGS: Final = {
    "a": "molecule and composition",
    "b": "crystal built and described",
    "c": "minima searched and labelled",
}
#: Why compounds of several halides lie outside.
MIXED: Final = "mixed halides were never seen in training"
OUTSIDE: Final = "outside of what was learnt"
LABEL_ELSEWHERE: Final = "the label is left to another process"
_SEARCH_ELSEWHERE = "the search is left to another process"


def change_in_words(change: Change) -> str:
    """Say what was changed of a spacer.

    Examples
    --------
    >>> change_in_words(Change("salt", "[I-]"))
    'salt: [I-] was taken off'
    """
    return CHANGES[change.kind].format(smiles=change.smiles)


def rule_in_words(rule: Rule) -> str:
    """Say which rule is broken, and by how much.

    Examples
    --------
    >>> rule_in_words(Rule("size", {"atoms": 2}))
    '2 atoms without hydrogens: goes into the cage, not between layers'
    >>> rule_in_words(Rule("geminal charges"))
    'the dication can hardly exist beside halide: two charges on one carbon'
    """
    said = RULES[rule.name].format(**rule.values)
    return f"the dication can hardly exist beside halide: {said}" if rule.name in ACIDIC else said


def rules_in_words(rules: Iterable[Rule]) -> str:
    """Say which rules are broken; empty where none is.

    Examples
    --------
    >>> rules_in_words([Rule("proton"), Rule("adjacent charges")])
    'no hydrogen on any charged nitrogen to hold on to the halides; the dication can hardly exist beside halide: two
    charged nitrogens side by side'
    """
    return joined(map(rule_in_words, rules))


def changes_in_words(changes: Iterable[Change]) -> str:
    """Say what was changed of a spacer; empty where nothing was."""
    return joined(map(change_in_words, changes))


def networks_in_words(networks: Iterable[KnownNetwork]) -> str:
    """Say what the known crystals of a cation are; empty where none is known."""
    return joined(map(known_in_words, networks))


def outside_in_words(new: NewComposition | None, reason: str) -> str:
    """Say why a compound lies outside what was learnt; empty where it lies inside.

    Parameters
    ----------
    new : NewComposition, optional
        What no training crystal had.
    reason : str
        What the applicability domain says.

    Examples
    --------
    >>> outside_in_words(NewComposition(mixed=True), "charge = 4")
    'mixed halides were never seen in training; charge = 4'
    """
    if new is None:
        return reason
    of_mixture = MIXED if new.mixed else ""
    return joined([of_mixture, *map(new_kind_in_words, new.kinds), reason])


def known_in_words(known: KnownNetwork) -> str:
    """Say what a known crystal is.

    Examples
    --------
    >>> known_in_words(KnownNetwork("layered", "Pb", "I", "(100) layers", "a paper"))
    'Pb I: (100) layers (a paper)'
    """
    return f"{known.metal} {known.halide}: {known.network} ({known.source})"


def rates_in_words(rates: pd.DataFrame) -> str:
    """Say how often the rules are right.

    Parameters
    ----------
    rates : DataFrame
        As `perovex.screening.formability.rates` counts.
    """
    layered, others = rates.loc["layered"], rates.loc["otherwise"]
    return (
        f"rules of formability: {layered['right']:.0f} of {layered['spacers']:.0f} spacers of known layered perovskites"
        f" break none, {others['right']:.0f} of {others['spacers']:.0f} cations known to give others break one; "
        "the rules were written with these crystals known, and failures are seldom published, so both shares flatter"
    )


def repeat(row: int) -> str:
    """Say that a spacer is one that stood in an earlier row."""
    return f"repeats row {row}: the same compound"


def left_out(compositions: Sequence[tuple[str, str, float]], reason: str) -> str:
    """Say why a spacer is not ranked, for some compositions or, where none are given, for all.

    Examples
    --------
    >>> left_out([("Pb", "I", 3)], OUTSIDE)
    'PbI n=3: outside of what was learnt'
    """
    named = ", ".join(f"{metal}{halide} n={n:g}" for metal, halide, n in compositions)
    return f"{named}: {reason}" if named else reason


def nearest_known(crystals: Iterable[tuple[str, str, float]]) -> str:
    """Name known crystals with their spacers and distances.

    Examples
    --------
    >>> nearest_known([("BA2PbI4", "CCCC[NH3+]", 0.0)])
    'BA2PbI4 (CCCC[NH3+], 0.00)'
    """
    return joined(f"{name} ({spacer}, {distance:.2f})" for name, spacer, distance in crystals)


def built_rung(relative: str) -> str:
    """Say what a crystal of rung (b) was built from.

    Examples
    --------
    >>> built_rung("BA2PbI4"), built_rung("")
    ('b from BA2PbI4', 'b from nothing')
    """
    return f"b from {relative or 'nothing'}"


def rung_in_words(letter: str, accuracy: Mapping[str, Any] | None) -> str:
    """Say how good a rung was on held-out spacers.

    Parameters
    ----------
    letter : {"a", "b", "c"}
    accuracy : mapping or None
        Of one target, see `perovex.screening.rungs.accuracy_of`; None where it was not measured.
    """
    if not accuracy:
        return f"rung ({letter}), {RUNGS[letter]}: its accuracy was not measured"
    error, baseline, share = accuracy["MAE"], accuracy["mean MAE"], accuracy["R2"]
    return (
        f"rung ({letter}), {RUNGS[letter]}: mean absolute error {_spread(error, ' GPa')} on {accuracy['n_groups']} "
        f"held-out spacers (always the mean: {short(baseline[0], 3)}), R2 {_spread(share)}"
    )


def _spread(value: Sequence[float], unit: str = "") -> str:
    return f"{short(value[0], 2)}{unit} [{short(value[1], 2)}, {short(value[2], 2)}]"


def accuracy_in_words(accuracy: Mapping[str, Any]) -> list[str]:
    """Say how good a rung was on like spacers and within one composition, and what its intervals hold.

    Parameters
    ----------
    accuracy : mapping
        As `rung_in_words` takes it; empty where nothing was measured.
    """
    if not accuracy:
        return []
    like, like_lower, like_upper = accuracy["like spacers R2"]
    within, within_lower, within_upper = accuracy["within"]
    held, held_lower, held_upper = accuracy["coverage"]
    of_like = f"clusters of like spacers held out together: R2 {like:.2f} [{like_lower:.2f}, {like_upper:.2f}]"
    ranked = (
        f"spacers of one halide and n are ranked with Spearman correlation {within:.2f} [{within_lower:.2f}, "
        f"{within_upper:.2f}] ({accuracy['within compounds']} compounds)"
    )
    of_intervals = (
        f"intervals asked to hold {accuracy['coverage asked']:.0%} held {held:.0%} [{held_lower:.0%}, {held_upper:.0%}]"
    )
    return [of_like, ranked, of_intervals]


def which_rung_ranks(measured: Mapping[str, Any] | None) -> str:
    """Say which of rungs (a) and (b) ranks, and why.

    Parameters
    ----------
    measured : mapping, optional
        As `perovex.screening.comparison.compare_rungs` tells of one target.

    Examples
    --------
    >>> which_rung_ranks({"best": "a", "b - a": [0.2, 0.1, 0.3]})
    'rung (a) ranks: building crystals (rung b) changes the mean absolute error by +0.20 GPa [+0.10, +0.30]'
    """
    if not measured:
        return "rung (a) ranks: rung (b) was not compared with it for these models"
    said = (
        f"rung ({measured['best']}) ranks: building crystals (rung b) changes the mean absolute error by "
        f"{_difference(measured)}"
    )
    like = measured.get("like spacers")
    if not like:
        return said
    outside = f"what was built and lies outside the domain is ranked by ({like['best']})"
    return f"{said}, on clusters of like spacers by {_difference(like)}; {outside}"


def _difference(measured: Mapping[str, Any]) -> str:
    value, lower, upper = measured["b - a"]
    return f"{value:+.2f} GPa [{lower:+.2f}, {upper:+.2f}]"


def search_start(relative: str) -> str:
    """Say what a search for minima began with.

    Examples
    --------
    >>> search_start("BA2PbI4"), search_start("")
    ('made from BA2PbI4', 'built from nothing')
    """
    return f"made from {relative}" if relative else "built from nothing"


def no_minimum(reasons: Iterable[str]) -> str:
    """Say why no candidate of a compound became a minimum of it; without reasons none was tried here."""
    return joined(reasons) or _SEARCH_ELSEWHERE


def no_moduli(moduli: str) -> str:
    """Say that a label lacks the moduli that were asked for."""
    return f"the label has no {moduli} moduli"


def labelled_in_words(potential: str, target: str, *, n_labelled: int, n_hits: int, n_held: int) -> str:
    """Say how many hits were labelled, and for how many the intervals of rung (a) held.

    Parameters
    ----------
    potential, target : str
    n_labelled, n_hits, n_held : int
        Hits with a label, hits that were to be labelled, and labels within the interval.
    """
    said = f"rung (c), minima searched and labelled by {potential}: {n_labelled} of {n_hits} hits"
    if not n_labelled:
        return said
    return f"{said}; intervals of rung (a) for {target} held {n_held} of {n_labelled} labels"
