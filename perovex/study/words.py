"""What a study has to say of the data: what was left out, why, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHOWN = 5

#: What a remark says of the crystals, rows or columns it names, and what the user can do.
REMARKS: Final = {
    "no value": ("rows have no value to learn", "fill them in, or leave them out"),
    "not a number": ("values of {target} are no numbers", "write the number alone"),
    "equal twice": ("crystals stand more than once with the same value, and count once", ""),
    "different twice": (
        "crystals stand more than once with different values and are left out",
        "give each one value",
    ),
    "no structure": ("rows have no structure", "name them as the files are named"),
    "several structures": ("rows fit several structures", "give each file its own name"),
    "no row": ("structures have no row in the table", "add their values"),
    "few crystals": (
        "only {known} crystals have a value of {target}: scores are rough, and intervals may be missing",
        "{wanted} or more of different groups (spacers)",
    ),
    "lacks a target": ("crystals lack a value of {target} and are left out there", ""),
    "no group": ("crystals have no group and count for themselves", ""),
    "no groups": ("no groups are known: every crystal counts as independent", "give --groups COLUMN"),
    "twins": ("crystals have the descriptors of another and are held out with it", ""),
    "not described": ("crystals could not be described", "the report says why"),
    "read with a remark": ("crystals were read with a remark", "see `perovex describe`"),
    "no classification": ("no classification: {why}", "{remedy}"),
}
#: Why a descriptor is not offered to the models.
NOT_OFFERED: Final = {
    "asked": "left out as asked",
    "modulus": "a modulus, not a descriptor",
    "not numbers": "not numbers",
    "inverse offered": "inverse_n_layers is offered instead (n is infinite for 3D networks)",
    "infinite": "infinite for {n_concerned} of {n_crystals} crystals",
    "undefined": "defined for {n_concerned} of {n_crystals} crystals",
    "constant": "constant",
}
#: Why a step of a study was not taken.
NO_LAYERS: Final = "the number of layers of the crystals is not known"
NOT_CLAIMED: Final = "the published claims are about moduli of crystals whose structure is known"


class NotOffered(NamedTuple):
    """Why a descriptor is not offered: a key of `NOT_OFFERED`, and of how many crystals it holds for how many."""

    why: str
    n_concerned: int = 0
    n_crystals: int = 0


def not_offered_in_words(refusal: NotOffered) -> str:
    """Say why a descriptor is not offered to the models.

    Examples
    --------
    >>> not_offered_in_words(NotOffered("undefined", 3, 10))
    'defined for 3 of 10 crystals'
    """
    return NOT_OFFERED[refusal.why].format(**refusal._asdict())


def cause_and_remedy(kind: str, values: Mapping[str, Any]) -> tuple[str, str]:
    """Return what a remark says of the things it names, and what to do.

    Parameters
    ----------
    kind : str
        Key of `REMARKS`.
    values : mapping
        What the words name besides.

    Examples
    --------
    >>> cause_and_remedy("not a number", {"target": "gap"})
    ('values of gap are no numbers', 'write the number alone')
    """
    cause, remedy = REMARKS[kind]
    return cause.format(**values), remedy.format(**values)


def remark_in_words(cause: str, names: tuple[str, ...], remedy: str) -> str:
    """Return a remark in one line, with the first few of the names.

    Examples
    --------
    >>> remark_in_words("crystals have no value", ("a", "b"), "add them to the table")
    '2 crystals have no value: a, b (add them to the table)'
    >>> remark_in_words("crystals have no value", ("a",), "")
    'crystals have no value: a'
    """
    listed = ", ".join(names[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    count = f"{len(names)} " if len(names) > 1 else ""
    head = f"{count}{cause}: {listed}{more}" if names else cause
    return f"{head} ({remedy})" if remedy else head
